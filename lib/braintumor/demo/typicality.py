"""How far something lies from what was seen: ranks, subspaces, one linear rule.

Each is fitted with scikit-learn and kept as plain arrays, so that judging needs numpy
alone.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

KNOTS = 201  # quantiles kept of each fact
EDGE = 0.002  # ranks beyond it count as it; distance outside the range is added
FURTHEST = 5.0  # standard deviations outside the range that count


@dataclass(frozen=True)
class Ranks:
    """Turns facts into normal scores: how unusual each is, whatever its unit.

    Attributes:
        quantiles: (KNOTS, k) of the fitted facts.
        spread: (k,) their standard deviations.
    """

    quantiles: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, facts: np.ndarray) -> "Ranks":
        """Learn the range of each column of `facts` (n, k)."""
        quantiles = np.quantile(facts, np.linspace(0, 1, KNOTS), axis=0)
        return cls(quantiles, facts.std(axis=0) + 1e-6)

    def scores(self, facts: np.ndarray) -> np.ndarray:
        """Return normal scores of facts (n, k); 0 is the middle, ±3 is rare."""
        share = np.linspace(0, 1, KNOTS)
        ranks = np.empty(facts.shape)
        for column, knots in enumerate(self.quantiles.T):
            values = facts[:, column]  # both ways, so that ties get their middle rank
            above = np.interp(values, knots, share)
            below = 1 - np.interp(-values, -knots[::-1], share)
            ranks[:, column] = (above + below) / 2
        high = (facts - self.quantiles[-1]) / self.spread
        low = (self.quantiles[0] - facts) / self.spread
        beyond = np.clip(high, 0, FURTHEST) - np.clip(low, 0, FURTHEST)
        return _normal_scores(np.clip(ranks, EDGE, 1 - EDGE)) + beyond


# Interpolated, because scipy.stats is slow to import: off by less than 0.001.
_SHARES = np.linspace(EDGE, 1 - EDGE, 4001)
_SCORES = np.array([NormalDist().inv_cdf(share) for share in _SHARES])


def _normal_scores(shares: np.ndarray) -> np.ndarray:
    return np.interp(shares, _SHARES, _SCORES)


@dataclass(frozen=True)
class Subspace:
    """The directions in which what was seen varies, and how much.

    Attributes:
        mean: (k,) center.
        basis: (d, k) orthonormal directions.
        precision: (d, d) inverse covariance inside, shrunk.
    """

    mean: np.ndarray
    basis: np.ndarray
    precision: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, directions: int) -> "Subspace":
        """Learn from `values` (n, k); at most `directions` are kept."""
        from sklearn.covariance import LedoitWolf
        from sklearn.decomposition import PCA

        mean = values.mean(axis=0)
        count = min(directions, *values.shape)
        basis = PCA(count, svd_solver="covariance_eigh").fit(values).components_
        inside = (values - mean) @ basis.T
        shrunk = LedoitWolf(assume_centered=True).fit(inside)
        return cls(mean, basis, shrunk.precision_)

    def coordinates(self, values: np.ndarray) -> np.ndarray:
        """Return where `values` (n, k) lie inside, (n, d)."""
        return (values - self.mean) @ self.basis.T

    def distances(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return two distances of `values` (n, k), each (n,).

        The first is Mahalanobis' inside the subspace, the second Euclid's to it.
        """
        inside = self.coordinates(values)
        rest = values - self.mean - inside @ self.basis
        mahalanobis = np.sqrt(np.einsum("nd,de,ne->n", inside, self.precision, inside))
        return mahalanobis, np.linalg.norm(rest, axis=1)


@dataclass(frozen=True)
class Rule:
    """A linear rule over values and their squares; higher means stranger.

    Attributes:
        weights: (2k,) of values, then of squares.
        offset: () constant.
    """

    weights: np.ndarray
    offset: np.ndarray

    @classmethod
    def fit(cls, known: np.ndarray, strange: np.ndarray) -> "Rule":
        """Learn to tell `strange` (m, k) from `known` (n, k)."""
        from sklearn.linear_model import LogisticRegression

        values = np.vstack([known, strange])
        values = np.hstack([values, values**2])
        mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
        labels = np.repeat([0, 1], [len(known), len(strange)])
        model = LogisticRegression(C=0.1, max_iter=1000)
        model.fit((values - mean) / scale, labels)
        weights = model.coef_[0] / scale
        return cls(weights, np.array(model.intercept_[0] - weights @ mean))

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Return the score of values (n, k), (n,)."""
        return np.hstack([values, values**2]) @ self.weights + self.offset
