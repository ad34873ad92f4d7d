"""The scores of every explanation of every slice, and their averages."""

import cv2
import numpy as np
import pandas as pd

from braintumor.evaluation import simple_maps
from braintumor.evaluation.localization import score_maps, summarize
from braintumor.studies.explained_slices import Explained, Lesions


def score_exposures(explained: Explained, lesions: Lesions) -> pd.DataFrame:
    """Score the slices of each exposure by themselves; see `score_slices`."""
    parts = []
    for _, places in lesions.rows.groupby("exposure").indices.items():
        table = score_slices(explained.select(places), lesions.select(places))
        parts.append(table.set_axis(places))
    return pd.concat(parts).sort_index()


def score_slices(explained: Explained, lesions: Lesions) -> pd.DataFrame:
    """Score every explanation of every slice.

    Returns:
        One row per slice; columns (explanation, target, score).
    """
    masks, distances = lesions.masks, lesions.distances
    found = {}
    for target in ("predicted", "true"):
        heats = explained.heats(target)
        drawn = draw_as_demo(heats, explained.recipe.side)
        found["grad_cam", target] = score_maps(heats, masks, distances)
        found["grad_cam_as_drawn", target] = score_maps(drawn, masks, distances)
        found["other_slices", target] = simple_maps.score_other_slices(
            heats, getattr(explained, target), lesions.groups, masks, distances
        )
    simple = simple_maps.score_simple_maps(
        lesions.images, masks, distances, cells=explained.cells
    )
    found |= {(name, "none"): table for name, table in simple.items()}
    names = ["explanation", "target", "score"]
    return pd.concat(found, axis="columns", names=names).sort_index(axis="columns")


def draw_as_demo(heats: np.ndarray, side: int) -> np.ndarray:
    """Spread heat (n, h, w) the way that the demos show it, (n, side, side)."""
    wide = [cv2.resize(h, (side, side), interpolation=cv2.INTER_CUBIC) for h in heats]
    return np.maximum(np.stack(wide), 0)


def summarize_subsets(
    scores: pd.DataFrame, chosen: dict[str, np.ndarray], groups: np.ndarray
) -> pd.DataFrame:
    """Average scores in each subset, with intervals over groups."""
    parts = {
        name: summarize(scores[rows], groups[rows]) for name, rows in chosen.items()
    }
    table = pd.concat(parts, names=["subset"])
    return table.reset_index("subset").reset_index(drop=True)


def subtract(scores: pd.DataFrame) -> pd.DataFrame:
    """Return how much higher Grad-CAM (predicted class) scores than all else."""
    own = scores["grad_cam", "predicted"]
    kept = [column[:2] != ("grad_cam", "predicted") for column in scores.columns]
    others = scores.loc[:, kept]
    return own[others.columns.get_level_values("score")].to_numpy() - others
