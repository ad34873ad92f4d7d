"""How strange a slice may be: a limit from slices of groups that a fit never saw.

A slice that has a twin among the fitted ones scores too well, and a patient with forty
slices would count forty times. So every group is left out once, and every group counts
as one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

FOLDS = 5
RARE = 0.99  # of the groups lie below the score that counts as one


def iterate_folds(group_ids: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield FOLDS pairs of rows, fitted and left out; no group is in both.

    Args:
        group_ids: (n,).

    Raises:
        ValueError: there are fewer groups than folds.
    """
    from sklearn.model_selection import GroupKFold

    yield from GroupKFold(FOLDS).split(group_ids, groups=group_ids)


@dataclass(frozen=True)
class Limit:
    """Makes one number of several tests, and says how large it may be.

    Attributes:
        middle: (k,) of each test, the score that half of the groups lie below.
        scale: (k,) from there to the score that RARE of them lie below.
        largest: () strangeness that passes.
    """

    middle: np.ndarray
    scale: np.ndarray
    largest: np.ndarray

    @classmethod
    def fit(
        cls, scores: np.ndarray, group_ids: np.ndarray, *, refused: float
    ) -> "Limit":
        """Choose the limit that refuses a share of the groups.

        Args:
            scores: (n, k) how strange each slice is by each test, when left out.
            group_ids: (n,); each group has the same weight, whatever its size.
            refused: share of the groups, 0 to 1.
        """
        _, groups, sizes = np.unique(group_ids, return_inverse=True, return_counts=True)
        weights = 1 / sizes[groups] / len(sizes)
        middle, high = (_quantile(scores, weights, share) for share in (0.5, RARE))
        limit = cls(middle, np.maximum(high - middle, 1e-6), np.array(np.inf))
        strange = limit.strangeness(scores)[:, None]
        return cls(middle, limit.scale, _quantile(strange, weights, 1 - refused)[0])

    def strangeness(self, scores: np.ndarray) -> np.ndarray:
        """Return the length of all that is unusual in scores (n, k), (n,) ≥ 0.

        A picture that is somewhat odd in every way is as strange as one that is very
        odd in a single way; being more ordinary than most makes up for nothing.
        """
        unusual = np.maximum((scores - self.middle) / self.scale, 0)
        return np.linalg.norm(unusual, axis=1)


def _quantile(scores: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """Return for each column the smallest score with `share` up to it, (k,)."""
    found = []
    for column in scores.T:
        order = np.argsort(column)
        place = np.searchsorted(np.cumsum(weights[order]), share - 1e-9)
        found.append(column[order][min(place, len(order) - 1)])
    return np.array(found)
