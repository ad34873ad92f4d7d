"""How many test slices it takes to tell two programs apart.

Two programs that answer the same slices differ only where one is right and the other
wrong. The share of such slices, and how they bunch in groups, decide how large a test
must be; both are measured, the rest is arithmetic.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, stats

from braintumor.evaluation import statistics
from braintumor.evaluation.comparison import Pairing

POWER = 0.8
POINTS = (0.5, 1.0, 2.0, 3.0)  # differences of accuracy, in percentage points
NEED_COLUMNS = (
    *("points", "discordant", "discordant_low", "discordant_high", "design_effect"),
    *("slices", "slices_low", "slices_high", "groups", "n", "n_groups", "detectable"),
)


def slices_needed(
    difference: float,
    discordant: float,
    *,
    power: float = POWER,
    level: float = statistics.LEVEL,
) -> float:
    """Return how many independent slices McNemar's test needs.

    Args:
        difference: of the two accuracies that is to be noticed, 0 to 1, not 0.
        discordant: share of slices on which just one of the two is right, 0 to 1; at
            least the difference, or it is raised to it.
        power: chance to notice it, 0 to 1.
        level: 1 minus the two-sided risk of a false alarm, 0 to 1.

    Raises:
        ValueError: the difference is 0.

    Source: Connor, Sample size for testing differences in proportions for the
    paired-sample design (1987).
    """
    if not difference:
        raise ValueError("difference=0 can never be noticed: ask for a larger one.")
    discordant = max(discordant, abs(difference))
    alarm, miss = stats.norm.ppf((1 + level) / 2), stats.norm.ppf(power)
    spread = np.sqrt(discordant - difference**2)
    return float(((alarm * np.sqrt(discordant) + miss * spread) / difference) ** 2)


def detectable_difference(
    slices: float, discordant: float, *, power: float = POWER
) -> float:
    """Return the smallest difference that so many independent slices would show.

    Args:
        slices: number of slices, divided by the design effect.
        discordant: share of slices on which just one is right, 0 to 1.
        power: chance to notice it, 0 to 1.

    Returns:
        difference of accuracies, 0 to 1; NaN where even the largest is too small.
    """

    def excess(difference: float) -> float:
        return slices_needed(difference, discordant, power=power) - slices

    if excess(1.0) > 0:
        return np.nan
    return float(optimize.brentq(excess, 1e-9, 1.0))


def design_effect(differences: np.ndarray, group_ids: np.ndarray) -> float:
    """Return how much groups widen the variance of a mean difference.

    Args:
        differences: (n,) float, of two programs on each slice.
        group_ids: (n,) group of each slice.

    Returns:
        Variance of the mean with whole groups as units, over that with single slices
        as units; 1 where every slice is a group, NaN where nothing varies.

    Source: Kish, Survey sampling (1965); the variance is the linearised one of a ratio.
    """
    rest = differences - differences.mean()
    single = (rest**2).sum()
    _, codes = np.unique(group_ids, return_inverse=True)
    grouped = (np.bincount(codes, rest) ** 2).sum()
    return float(grouped / single) if single else np.nan


def tabulate_needs(
    pairing: Pairing,
    *,
    points: Sequence[float] = POINTS,
    replicates: int = 1000,
    seed: int = 7,
) -> pd.DataFrame:
    """Say how large a test must be for several differences.

    Args:
        pairing: who is right on the slices of one view, at least one slice.
        points: differences of accuracy, in percentage points.
        replicates: of the bootstrap of the discordant share.
        seed: of the bootstrap.

    Returns:
        One row per difference (`NEED_COLUMNS`): the discordant share (0 to 1) and its
        95 % interval over groups; the design effect, never taken below 1; `slices`
        needed at 80 % power, at the share and at both ends of its interval, and
        `groups` at as many slices per group as here; what this view has (`n`,
        `n_groups`), and the difference in points that it can detect.
    """
    n, groups = len(pairing.first), len(np.unique(pairing.group_ids))
    unequal = (pairing.first != pairing.second).astype(float)
    interval = statistics.bootstrap_groups(
        lambda weights: {"discordant": weights @ unequal / weights.sum(axis=1)},
        pairing.group_ids,
        replicates=replicates,
        seed=seed,
    )["discordant"]
    shares = (float(unequal.mean()), interval.low, interval.high)
    measured = design_effect(pairing.differences, pairing.group_ids)
    effect = float(np.fmax(measured, 1.0))
    detectable = 100 * detectable_difference(n / effect, shares[0])
    rows = []
    for point in points:
        needs = [effect * slices_needed(point / 100, share) for share in shares]
        slices, low, high = (int(np.ceil(need)) for need in needs)
        needed_groups = int(np.ceil(slices * groups / n))
        sizes = (slices, low, high, needed_groups, n, groups)
        rows.append((point, *shares, effect, *sizes, detectable))
    return pd.DataFrame(rows, columns=NEED_COLUMNS)
