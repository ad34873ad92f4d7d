"""Scores of an explanation: does its heat lie where the lesion is?

Maps and lesions are arrays that cover the same picture, whatever their resolution; a
place is a fraction of the side, so a map of 3 × 3 cells meets a lesion of 128 × 128
pixels.
"""

import cv2
import numpy as np
import pandas as pd
from scipy import ndimage

from braintumor.evaluation import statistics

# The customary 15 pixels, on slices of 512: Zhang et al., Top-down neural attention by
# excitation backprop (2018), who score pictures of about that size.
TOLERANCE = 15 / 512
SCORES = ("pointing", "pointing_tolerant", "energy")


def draw_boxes(boxes: np.ndarray, side: int) -> np.ndarray:
    """Return boxes as masks.

    Args:
        boxes: (n, 4) float: x and y of the centre, width and height, as fractions.
        side: pixels of the square masks.

    Returns:
        (n, side, side) bool: the pixels whose middle lies inside; one at the least.

    Raises:
        ValueError: a box leaves the picture or has no area.
    """
    centres, sizes = boxes[:, :2], boxes[:, 2:]
    slack = 0.011  # tables of boxes are rounded to a hundredth of the side
    outside = (np.abs(centres - 0.5) + sizes / 2 > 0.5 + slack).any(axis=1)
    bad = np.flatnonzero(outside | (sizes <= 0).any(axis=1) | ~np.isfinite(sizes[:, 0]))
    if len(bad):
        raise ValueError(
            f"Box {bad[0]} is {boxes[bad[0]].tolist()}: give centre, width and height "
            "as fractions of a picture that holds it."
        )
    middles = (np.arange(side) + 0.5) / side
    # Half a pixel is the least reach, so that no lesion falls between the pixels.
    reach = np.maximum(sizes / 2, 0.5 / side)[..., None]
    inside = np.abs(middles - centres[..., None]) <= reach
    return inside[:, 1, :, None] & inside[:, 0, None, :]


def measure_distances(lesions: np.ndarray) -> np.ndarray:
    """Return how far every pixel is from the lesion.

    Args:
        lesions: (n, side, side) bool, none of them empty.

    Returns:
        (n, side, side) float32, as fractions of the side; 0 inside.

    Raises:
        ValueError: a slice has no lesion.
    """
    empty = np.flatnonzero(~lesions.any(axis=(1, 2)))
    if len(empty):
        raise ValueError(f"Slice {empty[0]} has no lesion: leave it out.")
    far = [ndimage.distance_transform_edt(~lesion) for lesion in lesions]
    return (np.stack(far) / lesions.shape[1]).astype(np.float32)


def find_peaks(maps: np.ndarray) -> np.ndarray:
    """Return the middle of the hottest cell of each map.

    Spread bilinearly over the slice, a map is hottest there; nearer to the border it
    would be as hot, and the first such pixel would be a corner of the picture.

    Args:
        maps: (n, h, w) float, ≥ 0.

    Returns:
        (n, 2) float: row and column as fractions; NaN where a map is 0 everywhere.
    """
    height, width = maps.shape[1:]
    flat = maps.reshape(len(maps), -1)
    rows, columns = np.divmod(flat.argmax(axis=1), width)
    peaks = np.stack([(rows + 0.5) / height, (columns + 0.5) / width], axis=1)
    return np.where(flat.any(axis=1)[:, None], peaks, np.nan)


def distances_at(distances: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Return how far each peak is from its own slice's lesion.

    Args:
        distances: (n, side, side) from `measure_distances`.
        peaks: (n, 2) from `find_peaks`.

    Returns:
        (n,) fractions of the side; infinite where a map has no peak.
    """
    rows, columns = _pixels(peaks, distances.shape[1])
    found = distances[np.arange(len(peaks)), rows, columns]
    return np.where(np.isnan(peaks[:, 0]), np.inf, found)


def distances_of_cells(distances: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Return how far the middle of every cell is from the lesion, (n, h, w)."""
    side = distances.shape[1]
    rows, columns = (((np.arange(c) + 0.5) / c * side).astype(int) for c in cells)
    return distances[:, rows[:, None], columns]


def spread(maps: np.ndarray, side: int) -> np.ndarray:
    """Spread coarse maps (n, h, w) bilinearly over slices, (n, side, side) float32."""
    wide = [cv2.resize(one.astype(np.float32), (side, side)) for one in maps]
    return np.stack(wide)


def energy_inside(maps: np.ndarray, lesions: np.ndarray) -> np.ndarray:
    """Return the share of each map that lies inside its lesion.

    Args:
        maps: (n, side, side) float, ≥ 0.
        lesions: (n, side, side) bool.

    Returns:
        (n,) 0 to 1; 0 where the map is 0 everywhere: it shows nothing.

    Source: the energy-based pointing game of Wang et al., Score-CAM (2020).
    """
    inside = np.einsum("nij,nij->n", maps, lesions, dtype=float)
    whole = maps.sum(axis=(1, 2), dtype=float)
    return np.divide(inside, whole, out=np.zeros(len(maps)), where=whole > 0)


def score_maps(
    maps: np.ndarray, lesions: np.ndarray, distances: np.ndarray
) -> pd.DataFrame:
    """Score one map per slice.

    Args:
        maps: (n, h, w) float, ≥ 0, of any resolution.
        lesions: (n, side, side) bool.
        distances: (n, side, side) of those lesions, from `measure_distances`.

    Returns:
        One row per slice with `SCORES`, 0 to 1. A map without any heat misses.
    """
    far = distances_at(distances, find_peaks(maps))
    energy = energy_inside(spread(maps, lesions.shape[1]), lesions)
    return as_scores(far == 0, far <= TOLERANCE, energy)


def score_points(peaks: np.ndarray, distances: np.ndarray) -> pd.DataFrame:
    """Score one place (row, column) per slice, (n, 2); a place has no energy (NaN)."""
    far = distances_at(distances, peaks)
    return as_scores(far == 0, far <= TOLERANCE, np.full(len(far), np.nan))


def as_scores(
    pointing: np.ndarray, tolerant: np.ndarray, energy: np.ndarray
) -> pd.DataFrame:
    """Return the three scores (n,) as one table of floats."""
    values = (pointing, tolerant, energy)
    return pd.DataFrame(dict(zip(SCORES, values, strict=True)), dtype=float)


def summarize(scores: pd.DataFrame, group_ids: np.ndarray) -> pd.DataFrame:
    """Average the columns of a table over slices, with intervals over groups.

    Args:
        scores: (n slices, columns) float; NaN where a slice has no such score.
        group_ids: (n,) the group of each slice.

    Returns:
        One row per column: its labels, then `value`, `low`, `high` (95 %), `n` slices
        with a score and their `groups`; columns without any score are left out.

    Raises:
        ValueError: there is no slice.
    """
    scores = scores.dropna(axis="columns", how="all")
    defined = scores.notna().to_numpy(float)
    filled = scores.fillna(0).to_numpy()

    def average(weights: np.ndarray) -> dict[int, np.ndarray]:
        with np.errstate(invalid="ignore"):
            return dict(enumerate(((weights @ filled) / (weights @ defined)).T))

    intervals = statistics.bootstrap_groups(average, group_ids)
    table = scores.columns.to_frame(index=False)
    table["value"] = scores.mean().to_numpy()
    table["low"] = [intervals[i].low for i in range(len(table))]
    table["high"] = [intervals[i].high for i in range(len(table))]
    table["n"] = defined.sum(axis=0).astype(int)
    table["groups"] = [len(np.unique(group_ids[one > 0])) for one in defined.T]
    return table


def _pixels(peaks: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel (row, column) of each place; the first one where it is NaN."""
    places = np.minimum((np.nan_to_num(peaks) * side).astype(int), side - 1)
    return places[:, 0], places[:, 1]
