"""A second search for repeats: slices of which one is a part of the other.

The first search (`twins`) lays whole slices on each other, so a strong crop escapes
it. Here every window of one slice is laid on the whole other slice, under every flip
and turn: some hundred comparisons per pair, too dear for all pairs of a set, and cheap
for the slices of a test.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from tqdm import tqdm

from braintumor.data.twins import DECIMALS, ORIENTATIONS, SIDE, orient

SOURCE_SIDE = 64  # of the thumbnails that windows are cut from, pixels
KEPT = (0.95, 0.9, 0.85, 0.8)  # shares of each side that a window leaves
PLACES = (0.0, 0.5, 1.0)  # of a window along each side: first edge, middle, last edge


def find_crops(
    thumbs: np.ndarray, asked: np.ndarray, among: np.ndarray, *, similarity: float
) -> pd.DataFrame:
    """Find pairs of which one slice, cut and enlarged, nearly is the other.

    Args:
        thumbs: (n, 64 * 64) float32 from `twins.thumbnails(…, side=SOURCE_SIDE)`.
        asked: (m,) row positions of slices that look for a partner; the m × k
            correlations of one window are held at once.
        among: (k,) row positions of slices to choose from.
        similarity: correlation that a pair must exceed, −1 to 1.

    Returns:
        One row per pair, sorted: `asked`, `among` (row positions), `similarity` (the
        best over windows, flips and turns), `kept` (share of each side in that window)
        and `cropped` ("asked" or "among": the slice that shows less).

    Raises:
        ValueError: the thumbnails have another side.
    """
    if thumbs.shape[1] != SOURCE_SIDE**2:
        raise ValueError(
            f"thumbs have {thumbs.shape[1]} values per slice, not {SOURCE_SIDE**2}: "
            f"pass twins.thumbnails(manifest, root, side={SOURCE_SIDE})."
        )
    images = thumbs.reshape(-1, SOURCE_SIDE, SOURCE_SIDE)
    asking, others = images[np.asarray(asked)], images[np.asarray(among)]
    asking_whole, others_whole = shrink(asking), shrink(others)
    parts = []
    for kept, top, left in tqdm(list(_list_windows()), "crops", unit="window"):
        asking_cut, others_cut = (
            shrink(part, kept, top, left) for part in (asking, others)
        )
        for cropped, first, second in (
            ("asked", asking_whole, others_cut),
            ("among", asking_cut, others_whole),
        ):
            found = _match(first, second, similarity)
            parts.append(found.assign(kept=kept, cropped=cropped))
    pairs = pd.concat(parts, ignore_index=True)
    pairs["asked"] = np.asarray(asked)[pairs["asked"]]
    pairs["among"] = np.asarray(among)[pairs["among"]]
    order = ["asked", "among", "similarity", "kept"]
    pairs = pairs[pairs["asked"] != pairs["among"]].sort_values(
        order, ascending=[True, True, False, False]
    )
    return pairs.drop_duplicates(["asked", "among"], ignore_index=True)


def shrink(
    images: np.ndarray, kept: float = 1.0, top: float = 0.0, left: float = 0.0
) -> np.ndarray:
    """Average a window of every slice to a thumbnail whose dot product correlates.

    Args:
        images: (n, side, side) float.
        kept: share of each side in the window, (0, 1].
        top: where the window lies, 0 (first row) to 1 (last row).
        left: likewise along the columns.

    Returns:
        (n, SIDE * SIDE) float32, rows mean-free and of unit length; a window of one
        grey level gives zeros.
    """
    side = images.shape[-1]
    down = _average(side, kept, top)
    across = down if left == top else _average(side, kept, left)
    small = (down @ images @ across.T).reshape(len(images), SIDE * SIDE)
    small = small - small.mean(axis=1, keepdims=True)
    length = np.linalg.norm(small, axis=1, keepdims=True)
    blank = length < 1e-6
    return np.where(blank, 0, small / np.where(blank, 1, length)).astype(np.float32)


def _average(side: int, kept: float, place: float) -> np.ndarray:
    """Return the weights (SIDE, side) that average a stretch of a line's pixels."""
    edges = place * (1 - kept) * side + np.linspace(0, kept * side, SIDE + 1)
    pixels = np.arange(side)
    shares = np.clip(edges[1:, None] - pixels, 0, 1) - np.clip(
        edges[:-1, None] - pixels, 0, 1
    )
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def _list_windows() -> Iterator[tuple[float, float, float]]:
    """Yield (kept share, top, left) of every window that is tried."""
    for kept in KEPT:
        for top in PLACES:
            for left in PLACES:
                yield kept, top, left


def _match(first: np.ndarray, second: np.ndarray, similarity: float) -> pd.DataFrame:
    """Return `asked`, `among` and `similarity` of pairs alike under any turn."""
    best = np.full((len(first), len(second)), -1.0, np.float32)
    for name in ORIENTATIONS:
        turned = orient(first.reshape(-1, SIDE, SIDE), name).reshape(len(first), -1)
        np.maximum(best, turned @ second.T, out=best)
    asked, among = np.nonzero(best > similarity)
    value = best[asked, among].astype(float).round(DECIMALS)
    return pd.DataFrame({"asked": asked, "among": among, "similarity": value})
