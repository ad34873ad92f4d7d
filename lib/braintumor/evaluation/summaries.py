"""Scores, rates and errors of slices, each with its 95 % interval, ready for a table.

Every summary is a mapping of `value`, `low`, `high`, `n` (slices) and mostly `groups`.
"""

from collections.abc import Callable, Hashable, Mapping

import numpy as np

from braintumor.evaluation import statistics
from braintumor.evaluation.calibration import BINS
from braintumor.evaluation.metrics import honest_interval
from braintumor.evaluation.reliability import (
    place_in_bins,
    top_answers,
    weigh_calibration_error,
)

DRAWS = 500  # of right and wrong answers that a calibrated model would give
# Scores that only noise can raise: their resamples lie above them.
BINNED = ("error", "adaptive_error", "error_before")

Scores = Mapping[Hashable, np.ndarray]
Summary = dict[str, float]


def summarize(
    scores: Callable[[np.ndarray], Scores],
    group_ids: np.ndarray,
    *,
    replicates: int = 1000,
    seed: int = 7,
) -> dict[Hashable, Summary]:
    """Return each score of the slices with its interval over groups.

    A resample adds to every bin's gap the noise that the sample already had, so the
    calibration errors of resamples lie above the error that they are drawn from. The
    percentiles of `BINNED` scores are moved by the difference of their median to the
    score, and so tell how much an error from this many slices varies.

    Args:
        scores: takes weights (rows, n) and returns name -> (rows,) float; a score is
            binned where its name, or a part of it, is.
        group_ids: (n,) the group of each slice.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        name -> summary.

    Source: Efron and Tibshirani, An introduction to the bootstrap (1993), chapter 10.
    """
    drawn: dict[Hashable, list[np.ndarray]] = {}

    def keep(weights: np.ndarray) -> Scores:
        found = scores(weights)
        for name, values in found.items():
            drawn.setdefault(name, []).append(values)
        return found

    points = scores(np.ones((1, len(group_ids))))
    intervals = statistics.bootstrap_groups(
        keep, group_ids, replicates=replicates, seed=seed
    )
    evidence = {"n": len(group_ids), "groups": len(np.unique(group_ids))}
    summary = {}
    for name, point in points.items():
        value, bounds = float(point[0]), (intervals[name].low, intervals[name].high)
        if _is_binned(name):
            bounds = _centre(value, bounds, np.concatenate(drawn[name]))
        summary[name] = {
            "value": value,
            "low": bounds[0],
            "high": bounds[1],
            **evidence,
        }
    return summary


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


def summarize_rate(
    happened: np.ndarray,
    group_ids: np.ndarray,
    *,
    replicates: int = 1000,
    seed: int = 7,
) -> dict[str, float]:
    """Return the share of slices to which something happened, with its interval.

    The interval is a bootstrap over groups; where the share is exactly 0 or 1 it is
    Clopper-Pearson's with the groups as trials; below two groups there is none.

    Args:
        happened: (n,) bool, of the slices that it can happen to; n may be 0.
        group_ids: (n,) the group of each.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        `value`, `low`, `high` (0 to 1, NaN where there is none), `n` and `groups`.
    """
    groups = len(np.unique(group_ids))
    if not len(happened):
        return {"value": np.nan, "low": np.nan, "high": np.nan, "n": 0, "groups": 0}
    value = float(np.mean(happened))
    bootstrapped = statistics.bootstrap_groups(
        lambda weights: {"share": weights @ happened / weights.sum(axis=1)},
        group_ids,
        replicates=replicates,
        seed=seed,
    )["share"]
    interval = honest_interval(value, groups, bootstrapped)
    bounds = {"low": interval.low, "high": interval.high}
    return {"value": value, **bounds, "n": len(happened), "groups": groups}


def summarize_bins(
    probabilities: np.ndarray,
    labels: np.ndarray,
    group_ids: np.ndarray,
    *,
    bins: int = BINS,
    adaptive: bool = False,
    seed: int = 7,
) -> list[dict[str, float]]:
    """Return the points of a reliability diagram.

    Args:
        probabilities: (n, classes); rows sum to 1.
        labels: (n,) int class positions.
        group_ids: (n,) the group of each slice.
        bins: number of bins.
        adaptive: bins of equal mass instead of equal width.
        seed: of the bootstraps.

    Returns:
        One summary of the share of right answers per bin that holds a slice, with
        `bin` (its number) and `confidence` (mean top probability).
    """
    top, right = top_answers(probabilities, labels)
    place = place_in_bins(top, np.ones((1, len(top))), bins=bins, adaptive=adaptive)[0]
    return [
        {
            "bin": int(number),
            "confidence": float(top[place == number].mean()),
            **summarize_rate(
                right[place == number], group_ids[place == number], seed=seed
            ),
        }
        for number in np.unique(place)
    ]


def _is_binned(name: Hashable) -> bool:
    parts = name if isinstance(name, tuple) else (name,)
    return not set(BINNED).isdisjoint(parts)


def _centre(
    value: float, bounds: tuple[float, float], drawn: np.ndarray
) -> tuple[float, float]:
    """Move bounds by what the median of the resamples is off; no error is negative."""
    low, high = np.array(bounds) + value - np.nanmedian(drawn)
    if np.nanmin(drawn) >= 0:
        low = max(low, 0.0)
    return float(low), float(high)
