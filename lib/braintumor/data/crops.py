"""A second search for repeats: slices of which one is a part of the other.

The first search (`twins`) lays whole slices on each other, so a crop escapes it. Here
windows of one slice are laid on the other, coarsely; then the few best partners of each
slice are brought into place to fractions of a pixel. Too dear for all pairs of a set,
and cheap for the slices of a test.
"""

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from braintumor.data.twins import DECIMALS, ORIENTATIONS, orient

SIDE = 64  # of the thumbnails that are compared, pixels
COARSE = 16  # pixels: forgives what lies between two windows
KEPT = (1.0, 0.95, 0.9, 0.85, 0.8)  # shares of each side that a window leaves
PLACES = (0.0, 0.5, 1.0)  # of a window along each side: first edge, middle, last edge
PARTNERS = 5  # of each slice, that are brought into place
STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)


def find_crops(
    thumbs: np.ndarray, asked: np.ndarray, among: np.ndarray, *, similarity: float
) -> pd.DataFrame:
    """Find pairs of which one slice, cut and enlarged, nearly is the other.

    Args:
        thumbs: (n, 64 * 64) float32 from `twins.thumbnails(…, side=SIDE)`.
        asked: (m,) row positions of slices that look for a partner; the m × k coarse
            correlations are held at once.
        among: (k,) row positions of slices to choose from; a slice never finds itself.
        similarity: correlation that a pair must exceed where the two overlap, −1 to 1.

    Returns:
        One row per pair, sorted: `asked`, `among` (row positions) and `similarity`, at
        most `PARTNERS` for each slice that asks.

    Raises:
        ValueError: the thumbnails have another side.
    """
    if thumbs.shape[1] != SIDE**2:
        raise ValueError(
            f"thumbs have {thumbs.shape[1]} values per slice, not {SIDE**2}: pass "
            f"twins.thumbnails(manifest, root, side={SIDE})."
        )
    asked, among = np.asarray(asked), np.asarray(among)
    images = thumbs.reshape(-1, SIDE, SIDE)
    best, how = _compare_coarsely(images[asked], images[among])
    best[asked[:, None] == among[None]] = -2
    ways = _list_ways()
    rows = []
    for row, place in enumerate(tqdm(asked, "crops", unit="slice")):
        for column in np.argsort(-best[row], kind="stable")[:PARTNERS]:
            if place != among[column]:
                way = ways[how[row, column]]
                value = _align(images[place], images[among[column]], *way)
                rows.append((place, among[column], round(value, DECIMALS)))
    kinds = {"asked": np.int64, "among": np.int64, "similarity": float}
    pairs = pd.DataFrame(rows, columns=[*kinds]).astype(kinds)
    pairs = pairs[pairs["similarity"] > similarity]
    return pairs.sort_values(["asked", "among"], ignore_index=True)


def _compare_coarsely(
    asking: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best correlation (m, k) over all ways, and which way it was."""
    best = np.full((len(asking), len(others)), -1.0, np.float32)
    how = np.zeros(best.shape, np.int16)
    cuts = {window: shrink(others, *window) for window in list_windows()}
    turned = {name: orient(asking, name) for name in ORIENTATIONS}
    for number, (name, window, cropped) in enumerate(_list_ways()):
        if cropped == "asked":
            product = shrink(turned[name]) @ cuts[window].T
        else:
            product = shrink(turned[name], *window) @ cuts[1.0, 0.0, 0.0].T
        better = product > best
        best[better], how[better] = product[better], number
    return best, how


def _align(
    asking: np.ndarray,
    other: np.ndarray,
    orientation: str,
    window: tuple[float, float, float],
    cropped: str,
) -> float:
    """Return the correlation of two slices once one is brought into place.

    Source: Evangelidis and Psarakis, "Parametric image alignment using enhanced
    correlation coefficient maximization", IEEE TPAMI 30 (2008), in OpenCV.
    """
    part, whole = orient(asking, orientation), other
    if cropped == "among":
        part, whole = whole, part
    kept, top, left = window
    start = [[kept, 0, left * (1 - kept) * SIDE], [0, kept, top * (1 - kept) * SIDE]]
    start = np.array(start, np.float32)
    try:
        value, _ = cv2.findTransformECC(
            part, whole, start, cv2.MOTION_AFFINE, STEPS, None, 3
        )
    except cv2.error:  # nothing to hold on to: the two are not alike
        return -1.0
    return float(value)


def list_windows() -> list[tuple[float, float, float]]:
    """Return (kept share, top, left) of every window that is tried."""
    windows = []
    for kept in KEPT:
        places = PLACES if kept < 1 else (0.0,)
        windows += [(kept, top, left) for top in places for left in places]
    return windows


def _list_ways() -> list[tuple[str, tuple[float, float, float], str]]:
    """Return every orientation × window × slice that shows less."""
    return [
        (name, window, cropped)
        for name in ORIENTATIONS
        for window in list_windows()
        for cropped in ("asked", "among")
    ]


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
        (n, COARSE * COARSE) float32, rows mean-free and of unit length; a window of
        one grey level gives zeros.
    """
    side = images.shape[-1]
    down, across = _average(side, kept, top), _average(side, kept, left)
    small = (down @ images @ across.T).reshape(len(images), COARSE * COARSE)
    small = small - small.mean(axis=1, keepdims=True)
    length = np.linalg.norm(small, axis=1, keepdims=True)
    blank = length < 1e-6
    return np.where(blank, 0, small / np.where(blank, 1, length)).astype(np.float32)


def _average(side: int, kept: float, place: float) -> np.ndarray:
    """Return the weights (COARSE, side) that average a stretch of a line's pixels."""
    edges = place * (1 - kept) * side + np.linspace(0, kept * side, COARSE + 1)
    pixels = np.arange(side)
    upper, lower = edges[1:, None] - pixels, edges[:-1, None] - pixels
    shares = np.clip(upper, 0, 1) - np.clip(lower, 0, 1)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
