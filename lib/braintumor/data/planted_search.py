"""Do the searches for repeats find repeats that were planted? Told one by one."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import crops, images, planting, twins

PER_KIND = 10
PER_CROP = 20
CROPS = (0.98, 0.95, 0.92, 0.88, 0.85, 0.8, 0.75)  # shares of each side that are left


def search_planted(
    slices: pd.DataFrame,
    root: Path,
    groups: np.ndarray,
    similarity: float,
    *,
    seed: int,
    per_kind: int = PER_KIND,
    per_crop: int = PER_CROP,
) -> pd.DataFrame:
    """Plant repeats among slices, and tell of each whether two searches find it.

    "whole" is the search that makes the project's groups, at its own similarity;
    "crops" adds the one that looks for slices cut from one another.

    Args:
        slices: n rows of a manifest; needs `path`.
        root: folder that paths are relative to.
        groups: (n,) what belongs together.
        similarity: of the second search.
        seed: of every random choice.
        per_kind: repeats of each of `planting.KINDS`.
        per_crop: repeats of each share in `CROPS`.

    Returns:
        One row per search and repeat: `search`, `kind`, `kept`, `found` (bool: paired
        with its original), `strangers` (slices of other groups that it is paired with).

    Raises:
        ValueError: there are fewer groups than repeats of one kind.
    """
    kinds = [*np.repeat(planting.KINDS, per_kind), *["crop"] * per_crop * len(CROPS)]
    kept = [planting.KEPT] * per_kind * len(planting.KINDS)
    kept += [*np.repeat(CROPS, per_crop)]
    plan = planting.plan_repeats(groups, kinds, kept, seed=seed)
    originals = [
        images.decode_slice(root / slices["path"].iloc[row]) for row in plan["original"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        written = planting.write_repeats(plan, originals, Path(folder), seed=seed)
        coarse, fine = (
            np.concatenate(
                [
                    twins.thumbnails(slices, root, side=side),
                    twins.thumbnails(written, Path(folder), side=side),
                ]
            )
            for side in (twins.SIDE, crops.SIDE)
        )
    whole = pair_whole(coarse, len(slices))
    cut = pair_crops(fine, len(slices), similarity)
    pairs = {"whole": whole, "crops": pd.concat([whole, cut]).drop_duplicates()}
    judged = [judge(found, plan, groups).assign(search=s) for s, found in pairs.items()]
    return pd.concat(judged, ignore_index=True)


def pair_whole(thumbs: np.ndarray, count: int) -> pd.DataFrame:
    """Pair repeats with slices by the search that makes the project's groups.

    Args:
        thumbs: (n + m, 32²) float32, those of the m repeats last.
        count: n.

    Returns:
        `repeat` (0 to m − 1) and `slice` (0 to n − 1), one row per pair.
    """
    pairs = twins.find_twins(thumbs)
    pairs = pairs[(pairs["left"] < count) & (pairs["right"] >= count)]
    return pd.DataFrame({"repeat": pairs["right"] - count, "slice": pairs["left"]})


def pair_crops(thumbs: np.ndarray, count: int, similarity: float) -> pd.DataFrame:
    """Pair repeats with slices by the search that brings parts into place.

    Args:
        thumbs: (n + m, 64²) float32, those of the m repeats last.
        count: n.
        similarity: correlation that a pair must exceed, −1 to 1.

    Returns:
        `repeat` (0 to m − 1) and `slice` (0 to n − 1), one row per pair.
    """
    repeats = np.arange(count, len(thumbs))
    pairs = crops.find_crops(thumbs, repeats, np.arange(count), similarity=similarity)
    return pd.DataFrame({"repeat": pairs["asked"] - count, "slice": pairs["among"]})


def judge(pairs: pd.DataFrame, plan: pd.DataFrame, groups: np.ndarray) -> pd.DataFrame:
    """Tell of each planted repeat whether it was found, and who else was.

    Args:
        pairs: `repeat` (row of the plan) and `slice` (row of a slice).
        plan: m rows of `planting.plan_repeats`.
        groups: (n,) what belongs together among the slices.

    Returns:
        m rows: `kind`, `kept`, `found` (bool) and `strangers` (int).
    """
    repeats, slices = pairs["repeat"].to_numpy(), pairs["slice"].to_numpy()
    originals = plan["original"].to_numpy()[repeats]
    strange = repeats[groups[slices] != groups[originals]]
    return plan[["kind", "kept"]].assign(
        found=np.isin(np.arange(len(plan)), repeats[slices == originals]),
        strangers=np.bincount(strange, minlength=len(plan)),
    )
