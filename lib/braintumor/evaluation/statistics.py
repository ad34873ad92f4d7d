"""Intervals that respect groups: slices of one patient are no independent evidence."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95  # two-sided
BLOCK = 4_000_000  # weights held at once: 32 MB of float64

Scores = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Interval:
    """A two-sided interval of one score.

    Attributes:
        low: lower bound, in the units of the score; NaN where there is none.
        high: upper bound, likewise.
        dropped: replicates without a value (say, no slice of some class was drawn).
    """

    low: float
    high: float
    dropped: int = 0


def draw_multiplicities(
    groups: int, *, replicates: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield how often each group is drawn, one row per bootstrap replicate.

    Args:
        groups: number of groups, at least 1.
        replicates: rows in total.
        seed: same seed and same number of groups, same rows.

    Yields:
        blocks (rows, groups) int64; each row sums to `groups`.
    """
    generator = np.random.default_rng(seed)
    shares = np.full(groups, 1 / groups)
    rows = max(1, min(replicates, BLOCK // groups))
    for start in range(0, replicates, rows):
        size = min(rows, replicates - start)
        yield generator.multinomial(groups, shares, size=size)


def percentile_interval(values: np.ndarray, *, level: float = LEVEL) -> Interval:
    """Return the central `level` share of the replicates that have a value.

    Args:
        values: (replicates,) float; NaN marks a replicate without a value.
        level: share of the replicates inside the interval, 0 to 1.
    """
    defined = values[~np.isnan(values)]
    dropped = len(values) - len(defined)
    if not len(defined):
        return Interval(np.nan, np.nan, dropped)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), dropped)


def exact_interval(successes: int, trials: int, *, level: float = LEVEL) -> Interval:
    """Return the Clopper-Pearson interval of a proportion.

    Args:
        successes: 0 to `trials`.
        trials: independent trials; with none there is no interval (NaN).
        level: confidence, 0 to 1.
    """
    if trials < 1:
        return Interval(np.nan, np.nan)
    bounds = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
    return Interval(float(bounds.low), float(bounds.high))


def bootstrap_groups(
    scores: Callable[[np.ndarray], Scores],
    group_ids: np.ndarray,
    *,
    replicates: int = 1000,
    seed: int = 7,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """Bootstrap scores over whole groups.

    Each replicate draws as many groups as there are, with replacement, and takes all
    slices of a drawn group, once per draw. Where every group has one slice this is the
    ordinary bootstrap. With few groups (below about 20) percentile intervals are known
    to be somewhat too short; the number of groups stands beside every interval.

    Args:
        scores: takes weights (rows, n), how often each slice counts in each replicate,
            and returns score name -> (rows,) float, NaN where undefined.
        group_ids: (n,) the group of each slice.
        replicates: number of bootstrap replicates.
        seed: for the draws; the order of the slices has no influence.
        level: confidence, 0 to 1.

    Returns:
        score name -> percentile interval.

    Raises:
        ValueError: there is no slice, or no replicate is asked for.
    """
    if not len(group_ids):
        raise ValueError("No slice to resample: pass at least one.")
    if replicates < 1:
        raise ValueError(f"replicates={replicates}: ask for at least one.")
    unique, codes = np.unique(np.asarray(group_ids), return_inverse=True)
    values: dict[str, list[np.ndarray]] = {}
    for block in draw_multiplicities(len(unique), replicates=replicates, seed=seed):
        rows = max(1, BLOCK // len(codes))
        for start in range(0, len(block), rows):
            weights = block[start : start + rows, codes].astype(float)
            for name, score in scores(weights).items():
                values.setdefault(name, []).append(score)
    return {
        name: percentile_interval(np.concatenate(parts), level=level)
        for name, parts in values.items()
    }
