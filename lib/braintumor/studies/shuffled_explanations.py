"""What is left of an explanation when the network's weights are shuffled."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from braintumor.evaluation import sanity, simple_maps
from braintumor.evaluation.localization import score_maps, summarize
from braintumor.modeling import light, shuffling
from braintumor.modeling.contract import read_contract
from braintumor.modeling.gradcam import compute_heats
from braintumor.studies.explained_slices import Explained, Lesions

SLICES = 240  # evenly chosen; each stage runs the network over them once per draw
DRAWS = 3  # shufflings per stage


class Stage(NamedTuple):
    """What is shuffled.

    Attributes:
        kind: "cascading" (the head and everything down to there) or "independent".
        shuffled: name of the deepest part.
        convolutions: how many, counted from the output.
    """

    kind: str
    shuffled: str
    convolutions: int


# DenseNet121 has 120 convolutions; counted from its output, 32 in the last dense block,
# then a transition and 48 in the block before.
STAGES = (
    Stage("cascading", "head", 0),
    Stage("cascading", "last_block", 32),
    Stage("cascading", "last_two_blocks", 81),
    Stage("cascading", "all", 120),
    Stage("independent", "last_block", 32),
    Stage("independent", "last_two_blocks", 81),
)


def measure(
    folder: Path, explained: Explained, lesions: Lesions, *, seed: int
) -> pd.DataFrame:
    """Compare heat before and after shuffling, for the class that was predicted before.

    Args:
        folder: of the artifact.
        explained: what it gives with its own weights.
        lesions: the slices.
        seed: of the shuffling.

    Returns:
        One row per stage and measure (`rank_correlation`, `same_peak` and the pointing
        score afterwards) with value, interval, n; beside them what two slices of one
        class have in common (`other_slice`) and an edge detector, which ignores the
        weights (`edges`).
    """
    graph = (light.locate_light(read_contract(folder)) / light.BASE).read_bytes()
    rows = np.linspace(0, len(lesions.rows) - 1, min(SLICES, len(lesions.rows)))
    rows = np.unique(rows.astype(int))
    before = explained.heats("predicted")[rows]
    masks, distances = lesions.masks[rows], lesions.distances[rows]
    found = {}
    for stage in STAGES:
        after = _shuffled_heats(stage, graph, explained, rows, seed)
        draws = [_compare(before, heats, masks, distances) for heats in after]
        found[stage] = sum(draws) / len(draws)
    edges = simple_maps.edge_strength(lesions.images[rows])
    coarse = simple_maps.average_cells(edges, explained.cells)
    found[Stage("reference", "edges", 0)] = _compare(coarse, coarse, masks, distances)
    other = _other_heats(before, explained.predicted[rows], lesions.groups[rows])
    found[Stage("reference", "other_slice", 0)] = _compare(
        before, other, masks, distances
    )
    names = [*Stage._fields, "measure"]
    table = pd.concat(found, axis="columns", names=names)
    return summarize(table, lesions.groups[rows]).assign(draws=DRAWS)


def _shuffled_heats(
    stage: Stage, graph: bytes, explained: Explained, rows: np.ndarray, seed: int
) -> Iterator[np.ndarray]:
    """Yield the heat (n, h, w) of every draw of a stage."""
    labels = explained.predicted[rows]
    for draw in range(seed, seed + DRAWS):
        head, features = explained.head, explained.features[rows]
        if stage.kind == "cascading":
            head = shuffling.shuffle_head(head, seed=draw)
        if stage.convolutions:
            changed = shuffling.shuffle_convolutions(
                graph, last=stage.convolutions, seed=draw
            )
            model = light.LightModel(changed, head)
            features = model.features(explained.pixels[rows])
        yield compute_heats(head, features, labels)


def _compare(
    before: np.ndarray, after: np.ndarray, masks: np.ndarray, distances: np.ndarray
) -> pd.DataFrame:
    """Return what two maps of each slice have in common, one row per slice."""
    return pd.DataFrame(
        {
            "rank_correlation": sanity.rank_agreement(before, after),
            "same_peak": sanity.peaks_stay(before, after).astype(float),
            "pointing": score_maps(after, masks, distances)["pointing"],
        }
    )


def _other_heats(
    heats: np.ndarray, kinds: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Return for each slice the heat of the next one of its kind in another group."""
    count = len(heats)
    chosen = np.arange(count)
    for position in range(count):
        later = (position + np.arange(1, count)) % count
        fits = (kinds[later] == kinds[position]) & (groups[later] != groups[position])
        chosen[position] = later[fits.argmax()]
    return heats[chosen]
