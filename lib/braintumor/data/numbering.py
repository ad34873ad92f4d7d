"""Slices matched to the numbered files of Cheng's set, whose order hides patients.

Nickparvar's tumours come in part from that set, without its patient numbers. Slices of
one patient mostly have neighbouring file numbers there, so a run of neighbours that
share their class and look alike may stand in for a patient.
"""

from math import isqrt

import numpy as np
import pandas as pd

from braintumor.data.twins import BLOCK, DECIMALS, ORIENTATIONS, orient

# Patients of each class in Cheng's set (https://doi.org/10.6084/m9.figshare.1512427),
# and slices of the largest one: from a list that users of its MATLAB files published;
# its sums are those of the slices, the patients themselves were not counted anew.
PATIENTS = {"glioma": 89, "meningioma": 82, "pituitary": 62}
LARGEST_PATIENT = 38


def match_numbers(
    thumbs: np.ndarray, numbered: np.ndarray, numbers: np.ndarray
) -> pd.DataFrame:
    """Find the numbered slice that each slice is most like, under any flip or turn.

    Args:
        thumbs: (n, side²) float32 from `twins.thumbnails`: the slices that ask.
        numbered: (m, side²) likewise: the numbered slices, at least two.
        numbers: (m,) int file numbers.

    Returns:
        One row per slice that asks: `number`, `similarity` (−1 to 1), `orientation`
        (lays the slice on the numbered one), `upright` (the best similarity without a
        turn) and `second` (similarity of the next best number).

    Raises:
        ValueError: fewer than two slices have a number.
    """
    if len(numbered) < 2:
        raise ValueError(f"{len(numbered)} numbered slices: pass two or more.")
    blocks = range(0, len(thumbs), BLOCK)
    parts = [_match_block(thumbs[b : b + BLOCK], numbered, numbers) for b in blocks]
    return pd.concat(parts, ignore_index=True).round(DECIMALS)


def _match_block(
    thumbs: np.ndarray, numbered: np.ndarray, numbers: np.ndarray
) -> pd.DataFrame:
    side = isqrt(thumbs.shape[1])
    best = thumbs @ numbered.T
    upright = best.max(axis=1)
    turn = np.zeros(best.shape, np.int8)
    for which, name in enumerate(ORIENTATIONS):
        turned = orient(thumbs.reshape(-1, side, side), name)
        product = turned.reshape(thumbs.shape) @ numbered.T
        better = product > best
        best[better], turn[better] = product[better], which
    each, place = np.arange(len(best)), best.argmax(axis=1)
    names = np.array(list(ORIENTATIONS), dtype=object)
    found = {
        "number": numbers[place],
        "similarity": best[each, place].astype(float),
        "orientation": names[turn[each, place]],
        "upright": upright.astype(float),
    }
    best[each, place] = -1
    return pd.DataFrame(found | {"second": best.max(axis=1).astype(float)})


def compare_neighbours(thumbs: np.ndarray) -> np.ndarray:
    """Correlate every slice with the one behind it.

    Args:
        thumbs: (n, side²) float32 from `twins.thumbnails`, in order of their number.

    Returns:
        (n − 1,) float, −1 to 1.
    """
    return np.einsum("ij,ij->i", thumbs[:-1], thumbs[1:]).astype(float)


def cut_runs(
    alike: np.ndarray, labels: np.ndarray, *, runs: int, largest: int
) -> np.ndarray:
    """Cut a numbering into a known number of runs, where neighbours differ most.

    A run never holds two classes. As long as one is too long, the longest is cut at
    its weakest place; after that the weakest place of all is cut, until there are
    enough.

    Args:
        alike: (n − 1,) float from `compare_neighbours`.
        labels: (n,) class names, in the same order.
        runs: how many there shall be, such as the published number of patients.
        largest: slices that no run may exceed.

    Returns:
        (n,) int64, from 0, rising with the numbering.

    Raises:
        ValueError: there can be no such runs; says how many there would be, or how
            long one.
    """
    ends = labels[1:] != labels[:-1]
    if not ends.sum() < runs <= len(labels):
        raise ValueError(
            f"runs={runs}: these {len(labels)} slices make {ends.sum() + 1} to "
            f"{len(labels)} runs."
        )
    number, sizes = _number_runs(ends)
    while len(sizes) < runs:
        free = ~ends
        if sizes.max() > largest:
            free &= number[:-1] == sizes.argmax()
        ends[np.where(free, alike, np.inf).argmin()] = True
        number, sizes = _number_runs(ends)
    if sizes.max() > largest:
        raise ValueError(
            f"runs={runs}: one of them still has {sizes.max()} slices. Ask for more "
            f"runs, or allow more than largest={largest}."
        )
    return number


def _number_runs(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the run of each slice (n,), and the slices of each run."""
    number = np.concatenate([[0], np.cumsum(ends)]).astype(np.int64)
    return number, np.bincount(number)
