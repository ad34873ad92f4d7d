"""How far probabilities are from shares of right answers, under many weightings.

Every score takes weights (rows, n), so that a bootstrap over groups is one call.
"""

import numpy as np

from braintumor.evaluation.abstention import weigh_risk_area
from braintumor.evaluation.calibration import BINS

SMALLEST = 1e-12  # a probability of 0 would make one slice outweigh all others


def place_in_bins(
    top: np.ndarray, weights: np.ndarray, *, bins: int = BINS, adaptive: bool = False
) -> np.ndarray:
    """Return the bin (rows, n) int, 0 to bins − 1, of every slice.

    Args:
        top: (n,) probability of the answer, 0 to 1.
        weights: (rows, n) how often each slice counts.
        bins: number of bins.
        adaptive: bins of equal mass, cut anew for each weighting, instead of bins of
            equal width.
    """
    if not adaptive:
        place = np.minimum((top * bins).astype(int), bins - 1)
        return np.broadcast_to(place, weights.shape)
    order = np.argsort(top, kind="stable")
    ordered = weights[:, order]
    mass = np.cumsum(ordered, axis=1)
    share = (mass - ordered / 2) / mass[:, -1:]
    place = np.empty(weights.shape, int)
    place[:, order] = np.minimum((share * bins).astype(int), bins - 1)
    return place


def weigh_calibration_error(
    top: np.ndarray,
    right: np.ndarray,
    weights: np.ndarray,
    *,
    bins: int = BINS,
    adaptive: bool = False,
) -> np.ndarray:
    """Return the expected calibration error (rows,), 0 to 1, of each weighting.

    Args:
        top: (n,) probability of the answer, 0 to 1.
        right: (n,) or (rows, n), whether the answer is right.
        weights: (rows, n) how often each slice counts.
        bins: number of bins.
        adaptive: bins of equal mass instead of equal width.

    Source: Naeini et al., Obtaining well calibrated probabilities using Bayesian
    binning (2015); bins of equal mass: Nixon et al., Measuring calibration in deep
    learning (2019).
    """
    place = place_in_bins(top, weights, bins=bins, adaptive=adaptive)
    cells = place + bins * np.arange(len(weights))[:, None]
    gaps = weights * (top - right)
    sums = np.bincount(cells.ravel(), gaps.ravel(), minlength=bins * len(weights))
    return np.abs(sums.reshape(-1, bins)).sum(axis=1) / weights.sum(axis=1)


def score_calibration(
    probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute every score of calibration under several weightings of the slices.

    Args:
        probabilities: (n, classes); rows sum to 1.
        labels: (n,) int class positions.
        weights: (rows, n) how often each slice counts.

    Returns:
        name -> (rows,) float: `accuracy` and `risk_area` (0 to 1), `error` and
        `adaptive_error` (15 bins of equal width or mass, 0 to 1), `brier` (0 to 2)
        and `log_loss` (nats).

    Source: Brier, Verification of forecasts expressed in terms of probability (1950):
    squared distance to the true class, summed over classes.
    """
    top, right = top_answers(probabilities, labels)
    truth = np.eye(probabilities.shape[1])[labels]
    true = probabilities[np.arange(len(labels)), labels]
    each = {
        "accuracy": right,
        "brier": ((probabilities - truth) ** 2).sum(axis=1),
        "log_loss": -np.log(np.maximum(true, SMALLEST)),
    }
    total = weights.sum(axis=1)
    return {
        **{name: weights @ values / total for name, values in each.items()},
        "error": weigh_calibration_error(top, right, weights),
        "adaptive_error": weigh_calibration_error(top, right, weights, adaptive=True),
        "risk_area": weigh_risk_area(top, right, weights),
    }


def top_answers(
    probabilities: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the top probability (n,) and whether it is of the true class (n,) bool."""
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
