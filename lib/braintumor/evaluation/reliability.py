"""How far probabilities are from shares of right answers, under many weightings.

Every score takes weights (rows, n), so that a bootstrap over groups is one call.
"""

from collections.abc import Callable, Hashable, Mapping

import numpy as np
import pandas as pd

from braintumor.evaluation import statistics
from braintumor.evaluation.abstention import weigh_risk_area
from braintumor.evaluation.calibration import BINS

DRAWS = 500  # of right and wrong answers that a calibrated model would give
SMALLEST = 1e-12  # a probability of 0 would make one slice outweigh all others

Scores = Mapping[Hashable, np.ndarray]


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


def summarize_chance(
    top: np.ndarray, *, adaptive: bool = False, draws: int = DRAWS, seed: int = 7
) -> dict[str, float]:
    """Return the error that a calibrated model would show by chance.

    Finite bins have gaps even where every probability is true, so an error is to be
    read beside this one. Slices are drawn one by one; those of one group agree more.

    Args:
        top: (n,) probability of the answer, 0 to 1.
        adaptive: bins of equal mass instead of equal width.
        draws: of n right or wrong answers each.
        seed: of the draws.

    Returns:
        `value` (mean of the draws), `low` and `high` (their central 95 %) and `n`.

    Source: Vaicenavicius et al., Evaluating model calibration in classification
    (2019): consistency resampling.
    """
    right = np.random.default_rng(seed).random((draws, len(top))) < top
    weights = np.ones((draws, len(top)))
    errors = weigh_calibration_error(top, right, weights, adaptive=adaptive)
    interval = statistics.percentile_interval(errors)
    bounds = {"low": interval.low, "high": interval.high}
    return {"value": float(errors.mean()), **bounds, "n": len(top)}


def tabulate_bins(
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    bins: int = BINS,
    adaptive: bool = False,
) -> pd.DataFrame:
    """Return the points of a reliability diagram.

    Args:
        probabilities: (n, classes); rows sum to 1.
        labels: (n,) int class positions.
        bins: number of bins.
        adaptive: bins of equal mass instead of equal width.

    Returns:
        One row per bin that holds a slice: `bin`, `confidence` (mean top probability),
        `accuracy` (share of right answers), `n`.
    """
    top, right = top_answers(probabilities, labels)
    place = place_in_bins(top, np.ones((1, len(top))), bins=bins, adaptive=adaptive)[0]
    frame = pd.DataFrame({"bin": place, "confidence": top, "accuracy": right * 1.0})
    grouped = frame.groupby("bin")
    return grouped.mean().assign(n=grouped.size()).reset_index()


def summarize(
    scores: Callable[[np.ndarray], Scores],
    group_ids: np.ndarray,
    *,
    replicates: int = 1000,
    seed: int = 7,
) -> dict[Hashable, dict[str, float]]:
    """Return each score of the slices with its 95 % interval over groups.

    Args:
        scores: takes weights (rows, n) and returns name -> (rows,) float.
        group_ids: (n,) the group of each slice.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        name -> `value`, `low`, `high`, `n` (slices) and `groups`.
    """
    points = scores(np.ones((1, len(group_ids))))
    intervals = statistics.bootstrap_groups(
        scores, group_ids, replicates=replicates, seed=seed
    )
    evidence = {"n": len(group_ids), "groups": len(np.unique(group_ids))}
    return {
        name: {
            "value": float(point[0]),
            "low": intervals[name].low,
            "high": intervals[name].high,
            **evidence,
        }
        for name, point in points.items()
    }
