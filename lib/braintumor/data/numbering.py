"""Slices matched to the numbered files of Cheng's set, whose order hides patients.

Nickparvar's tumours come in part from that set, without its patient numbers. Slices of
one patient mostly have neighbouring file numbers there, so a run of neighbours that
share their class and look alike may stand in for a patient.
"""

from math import isqrt

import numpy as np
import pandas as pd

from braintumor.data.twins import BLOCK, DECIMALS, ORIENTATIONS, orient

# Patients of each class in Cheng's set, and slices of the largest one, counted from the
# PID field of its MATLAB files: https://doi.org/10.6084/m9.figshare.1512427
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


def cut_runs(alike: np.ndarray, labels: np.ndarray, *, similarity: float) -> np.ndarray:
    """Number the runs of neighbours that share their class and look alike.

    Args:
        alike: (n − 1,) float from `compare_neighbours`.
        labels: (n,) class names, in the same order.
        similarity: two neighbours that are no more alike than this part a run.

    Returns:
        (n,) int64, from 0, rising with the numbering.
    """
    ends = (labels[1:] != labels[:-1]) | (alike <= similarity)
    return np.concatenate([[0], np.cumsum(ends)]).astype(np.int64)


def fit_similarity(alike: np.ndarray, labels: np.ndarray, *, runs: int) -> float:
    """Return the similarity at which `cut_runs` finds a known number of runs.

    Args:
        alike: (n − 1,) float from `compare_neighbours`.
        labels: (n,) class names, in the same order.
        runs: how many runs there shall be, such as the published number of patients.

    Raises:
        ValueError: no similarity gives that many runs; says how many there can be.
    """
    same = alike[labels[1:] == labels[:-1]]
    fewest = 1 + len(alike) - len(same)
    if not fewest <= runs <= 1 + len(alike):
        raise ValueError(
            f"runs={runs}: these {len(labels)} slices make {fewest} to "
            f"{1 + len(alike)} runs."
        )
    if runs == fewest:
        return -1.0
    return float(np.sort(same)[runs - fewest - 1])
