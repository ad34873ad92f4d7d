"""How strange a slice may be: limits from slices of groups that a fit never saw.

A slice that has a twin among the fitted ones scores too well, and a patient with forty
slices would count forty times. So every group is left out once, and every group counts
as one.
"""

from collections.abc import Iterator

import numpy as np

FOLDS = 5


def iterate_folds(group_ids: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield FOLDS pairs of rows, fitted and left out; no group is in both.

    Args:
        group_ids: (n,).

    Raises:
        ValueError: there are fewer groups than folds.
    """
    from sklearn.model_selection import GroupKFold

    yield from GroupKFold(FOLDS).split(group_ids, groups=group_ids)


def choose_limits(
    scores: np.ndarray, group_ids: np.ndarray, *, refused: float
) -> np.ndarray:
    """Return limits, alike for all tests, that together refuse a share of the groups.

    Args:
        scores: (n, k) how strange each slice is by each test, when left out.
        group_ids: (n,); each group has the same weight, whatever its size.
        refused: share to be refused by at least one test, 0 to 1.

    Returns:
        (k,) largest scores that pass: a quantile of each test, the same one for all.
    """
    _, positions, sizes = np.unique(group_ids, return_inverse=True, return_counts=True)
    weights = 1 / sizes[positions] / len(sizes)
    ranks = np.stack([_rank(column, weights) for column in scores.T], axis=1)
    strangest = ranks.max(axis=1)
    order = np.argsort(strangest)
    within = np.cumsum(weights[order]) <= 1 - refused + 1e-9
    level = strangest[order][within][-1] if within.any() else 0.0
    passing = np.where(ranks <= level, scores, -np.inf)
    return passing.max(axis=0)


def _rank(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of what is at most as large, (n,), 0 to 1."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    last = np.searchsorted(values[order], values, side="right") - 1
    return total[last]
