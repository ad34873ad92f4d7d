"""Where heat lies in slices, and where the lesion: what a figure of failures shows."""

import numpy as np
import pandas as pd

from braintumor.evaluation import localization, simple_maps
from braintumor.evaluation.localization import find_peaks, summarize
from braintumor.studies.explained_slices import Explained, Lesions

REACHES = np.round(np.arange(0, 0.41, 0.02), 2)  # fractions of the side
STEP = 0.5  # of an offset's bin, in half boxes
FARTHEST = 6.0  # half boxes; what lies farther counts in the last bin


def measure_reach(explained: Explained, lesions: Lesions) -> pd.DataFrame:
    """Return the share of peaks within each distance of the lesion."""
    distances, count = lesions.distances, len(lesions.rows)
    peaks = {
        "grad_cam": find_peaks(explained.heats("predicted")),
        "picture_centre": np.full((count, 2), 0.5),
        "edges": find_peaks(simple_maps.edge_strength(lesions.images)),
    }
    far = {
        name: localization.distances_at(distances, places)
        for name, places in peaks.items()
    }
    cells = localization.distances_of_cells(distances, explained.cells)
    far["best_cell"] = cells.min(axis=(1, 2))
    heads = simple_maps.find_heads(lesions.images)
    within = {
        (name, reach): (gap <= reach).astype(float)
        for name, gap in far.items()
        for reach in REACHES
    }
    for reach in REACHES:
        near = localization.energy_inside(heads, distances <= reach)
        within["random_point", reach] = near
    table = pd.DataFrame(within)
    table.columns.names = ["explanation", "reach"]
    return summarize(table, lesions.groups)


def count_cells(explained: Explained, lesions: Lesions) -> pd.DataFrame:
    """Count, for each cell of the heat, lesions' middles and hottest places."""
    height, width = explained.cells
    middles = simple_maps.find_middles(lesions.masks)
    peaks = find_peaks(explained.heats("predicted"))
    hit = localization.distances_at(lesions.distances, peaks) == 0
    rows = []
    for label, members in lesions.rows.groupby("label").indices.items():
        for row, column in np.ndindex(height, width):
            counts = {
                name: _inside(places[members], row, column, (height, width))
                for name, places in (("lesions", middles), ("peaks", peaks))
            }
            hits = int((counts["peaks"] & hit[members]).sum())
            sums = {name: int(found.sum()) for name, found in counts.items()}
            rows.append({"label": label, "row": row, "column": column, **sums})
            rows[-1]["hits"] = hits
    return pd.DataFrame(rows)


def count_offsets(explained: Explained, lesions: Lesions) -> pd.DataFrame:
    """Count where the hottest place lies, seen from the lesion's box.

    Returns:
        `x` and `y`: middle of a bin, in half boxes to the right of and below the box's
        middle, so that the box reaches from −1 to 1; `slices` in it. Empty bins and
        slices without heat are left out.
    """
    rows, columns = (lesions.masks.any(axis=axis) for axis in (2, 1))
    peaks = find_peaks(explained.heats("predicted"))
    offsets = [
        (peaks[:, axis] - middle) / half
        for axis, (middle, half) in enumerate(map(_extent, (rows, columns)))
    ]
    shown = ~np.isnan(peaks[:, 0])
    down, across = (np.clip(one[shown], -FARTHEST, FARTHEST) for one in offsets)
    edges = np.arange(-FARTHEST, FARTHEST + STEP, STEP)
    counts, _, _ = np.histogram2d(down, across, bins=[edges, edges])
    filled = np.argwhere(counts > 0)
    middles = (edges[:-1] + edges[1:]) / 2
    return pd.DataFrame(
        {
            "x": middles[filled[:, 1]],
            "y": middles[filled[:, 0]],
            "slices": counts[counts > 0].astype(int),
        }
    )


def _extent(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return middle and half length (n,) of the run in each line (n, side) bool."""
    side = line.shape[1]
    first, last = line.argmax(axis=1), side - line[:, ::-1].argmax(axis=1)
    return (first + last) / 2 / side, (last - first) / 2 / side


def _inside(
    places: np.ndarray, row: int, column: int, cells: tuple[int, int]
) -> np.ndarray:
    """Return whether each place (n, 2) lies in a cell, (n,) bool; NaN in none."""
    return (np.floor(places * cells) == (row, column)).all(axis=1)
