"""What an explanation must beat: maps that know no network, and bounds.

All were fixed before any slice with a box was scored, but for heat spread evenly over
the picture, which was added to read the low energy of the heat.
"""

import numpy as np
import pandas as pd
from scipy import ndimage

from braintumor.evaluation.localization import (
    TOLERANCE,
    as_scores,
    distances_of_cells,
    energy_inside,
    find_peaks,
    score_maps,
    score_points,
    spread,
)

DARK = 0.1  # of a slice's bright grey level: below lies air
BRIGHT = 99  # percentile of a slice's grey levels


def find_heads(images: np.ndarray) -> np.ndarray:
    """Return where the head is.

    Args:
        images: (n, side, side) uint8.

    Returns:
        (n, side, side) bool: brighter than a tenth of the slice's bright level, holes
        filled, the largest part; everything where a slice has no such part.
    """
    return np.stack([_find_head(image) for image in images])


def find_middles(masks: np.ndarray) -> np.ndarray:
    """Return the centre of gravity of each mask, (n, 2): row, column as fractions."""
    middles = [ndimage.center_of_mass(mask) for mask in masks]
    return (np.array(middles) + 0.5) / masks.shape[1:]


def edge_strength(images: np.ndarray) -> np.ndarray:
    """Return the gradient's magnitude (Sobel), (n, side, side) float32, ≥ 0."""
    grey = images.astype(np.float32)
    return np.hypot(ndimage.sobel(grey, axis=1), ndimage.sobel(grey, axis=2))


def average_cells(maps: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Average maps (n, side, side) over a grid of cells, (n, h, w) float32.

    Pixels that the grid cannot share out evenly go to the cell of their middle.
    """
    down, across = cells
    _, height, width = maps.shape
    rows = np.eye(down, dtype=np.float32)[np.arange(height) * down // height]
    columns = np.eye(across, dtype=np.float32)[np.arange(width) * across // width]
    rows, columns = rows / rows.sum(axis=0), columns / columns.sum(axis=0)
    return np.einsum("nij,ia,jb->nab", maps.astype(np.float32), rows, columns)


def score_simple_maps(
    images: np.ndarray,
    lesions: np.ndarray,
    distances: np.ndarray,
    *,
    cells: tuple[int, int],
) -> dict[str, pd.DataFrame]:
    """Score everything that needs no network.

    Args:
        images: (n, side, side) uint8.
        lesions: (n, side, side) bool.
        distances: (n, side, side) of the lesions.
        cells: height and width of the heat that these are compared with.

    Returns:
        Name -> one row per slice: the middle of the picture and of the head, edges and
        brightness at full resolution and at the heat's, a random point of the head (its
        exact expectation), heat spread evenly over the picture, air included, and, as
        bound, the cell that is best for each slice.
    """
    count = len(images)
    heads = find_heads(images)
    edges, grey = edge_strength(images), images.astype(np.float32)
    return {
        "picture_centre": score_points(np.full((count, 2), 0.5), distances),
        "head_centre": score_points(find_middles(heads), distances),
        "random_point": score_random_point(heads, lesions, distances),
        "edges": score_maps(edges, lesions, distances),
        "edges_in_cells": score_maps(average_cells(edges, cells), lesions, distances),
        "brightness": score_maps(grey, lesions, distances),
        "brightness_in_cells": score_maps(
            average_cells(grey, cells), lesions, distances
        ),
        "even_heat": as_scores(
            *[np.full(count, np.nan)] * 2, lesions.mean(axis=(1, 2))
        ),
        "best_cell": score_best_cell(lesions, distances, cells),
    }


def score_random_point(
    heads: np.ndarray, lesions: np.ndarray, distances: np.ndarray
) -> pd.DataFrame:
    """Return what a point drawn evenly from the head scores on average.

    The energy is the lesion's share of the head: that of heat spread evenly.
    """
    inside = energy_inside(heads, distances == 0)
    tolerant = energy_inside(heads, distances <= TOLERANCE)
    return as_scores(inside, tolerant, energy_inside(heads, lesions))


def score_best_cell(
    lesions: np.ndarray, distances: np.ndarray, cells: tuple[int, int]
) -> pd.DataFrame:
    """Return the most that a map of so few cells can score, slice by slice.

    For pointing: whether the middle of any cell lies in the lesion. For energy: all
    heat in the one cell with the largest share inside; a map is a mixture of such
    cells, so that none has more.
    """
    far = distances_of_cells(distances, cells).min(axis=(1, 2))
    single = np.eye(cells[0] * cells[1]).reshape(-1, *cells)
    bumps = spread(single, lesions.shape[1])
    bumps = bumps.reshape(len(bumps), -1)
    inside = lesions.reshape(len(lesions), -1).astype(np.float32) @ bumps.T
    energy = (inside / bumps.sum(axis=1)).max(axis=1)
    return as_scores(far == 0, far <= TOLERANCE, energy)


def score_other_slices(
    maps: np.ndarray,
    kinds: np.ndarray,
    group_ids: np.ndarray,
    lesions: np.ndarray,
    distances: np.ndarray,
) -> pd.DataFrame:
    """Score each lesion with the maps of other slices, on average over all of them.

    A map that tells no more than where such lesions usually are scores the same on
    another slice of its kind.

    Args:
        maps: (n, h, w) float, ≥ 0.
        kinds: (n,) only maps of the same kind are exchanged.
        group_ids: (n,) no map of the same group is.
        lesions: (n, side, side) bool.
        distances: (n, side, side) of the lesions.

    Returns:
        One row per slice with `SCORES`; NaN where there is no other slice.
    """
    side = lesions.shape[1]
    wide = spread(maps, side).reshape(len(maps), -1)
    whole = wide.sum(axis=1, keepdims=True)
    wide = np.divide(wide, whole, out=np.zeros_like(wide), where=whole > 0)
    others = (kinds[:, None] == kinds) & (group_ids[:, None] != group_ids)
    peaks = find_peaks(maps)
    rows, columns = (np.nan_to_num(peaks) * side).astype(int).T
    far = distances[:, rows, columns]
    far[:, np.isnan(peaks[:, 0])] = np.inf
    energy = lesions.reshape(len(maps), -1).astype(np.float32) @ wide.T
    count = others.sum(axis=1)
    averages = [
        np.divide(
            (value * others).sum(axis=1),
            count,
            out=np.full(len(maps), np.nan),
            where=count > 0,
        )
        for value in (far == 0, far <= TOLERANCE, energy)
    ]
    return as_scores(*averages)


def _find_head(image: np.ndarray) -> np.ndarray:
    bright = ndimage.binary_fill_holes(image > DARK * np.percentile(image, BRIGHT))
    parts, count = ndimage.label(bright)
    if not count:
        return np.ones(image.shape, bool)
    return parts == 1 + np.bincount(parts.ravel())[1:].argmax()
