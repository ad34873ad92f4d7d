"""What each sin is worth, with its interval, and what all of them reach together."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from braintumor.evaluation import statistics
from braintumor.evaluation.sins import choosing, dealing
from braintumor.evaluation.sins.cases import Outcome, Slices, deal_coins

Sin = Callable[[Slices, int], Outcome]

REPEATS = 5  # seeds over which the random splits are averaged
OF_DEALING: tuple[Sin, ...] = (
    dealing.split_slices_not_patients,
    dealing.augment_before_splitting,
    dealing.merge_and_split_again,
    dealing.leave_repeats_in,
)
OF_CHOOSING: tuple[Sin, ...] = (
    choosing.choose_epoch_on_test,
    choosing.report_luckiest_run,
    choosing.select_pixels_on_everything,
    choosing.normalize_on_everything,
    choosing.shuffle_the_report,
)
SINS = OF_DEALING + OF_CHOOSING


def measure(
    sin: Sin, slices: Slices, *, seed: int, repeats: int = REPEATS, replicates: int
) -> dict[str, Any]:
    """Measure one sin.

    The answers to a slice are averaged over several random splits; the bootstrap then
    draws groups. So the interval tells how much the figure would move with other
    patients, and chance in the split hardly adds to it.

    Args:
        sin: one of SINS, or another function of the same kind.
        slices: to sin with.
        seed: first of the seeds of the splits, and that of the bootstrap.
        repeats: how many seeds.
        replicates: bootstrap samples.

    Returns:
        `sin`; `honest`, `sinful` (accuracy, 0 to 1) and `price` (their difference),
        each with `…_low` and `…_high`, the ends of its 95 % interval; `n` slices asked,
        their `groups`, and `repeats`.
    """
    outcomes = [sin(slices, seed + number) for number in range(repeats)]
    honest, sinful = np.mean(outcomes, axis=0)
    asked = ~np.isnan(honest)
    return {"sin": sin.__name__} | score(
        {"honest": honest[asked], "sinful": sinful[asked]},
        slices.groups[asked],
        seed=seed,
        repeats=repeats,
        replicates=replicates,
    )


def score(
    right: dict[str, np.ndarray],
    groups: np.ndarray,
    *,
    seed: int,
    repeats: int,
    replicates: int,
) -> dict[str, Any]:
    """Return the means of two ways, and their difference, with intervals over groups.

    Args:
        right: "honest" and "sinful" -> (n,) float, how often each slice came out right.
        groups: (n,) group of each slice.
        seed: of the bootstrap.
        repeats: seeds that were averaged, to be told.
        replicates: bootstrap samples.
    """
    values = right | {"price": right["sinful"] - right["honest"]}

    def weigh(weights: np.ndarray) -> dict[str, np.ndarray]:
        total = weights.sum(axis=1)
        return {name: weights @ each / total for name, each in values.items()}

    intervals = statistics.bootstrap_groups(
        weigh, groups, replicates=replicates, seed=seed
    )
    row, number = {}, len(np.unique(groups))
    for name, each in values.items():
        mean, interval = float(each.mean()), intervals[name]
        if name != "price" and mean in (0.0, 1.0):  # every replicate repeats it
            interval = statistics.exact_interval(round(mean * number), number)
        row |= {name: mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return row | {"n": len(groups), "groups": number, "repeats": repeats}


def list_prices(
    slices: Slices,
    *,
    seed: int,
    repeats: int = REPEATS,
    replicates: int,
    sins: Iterable[Sin] = SINS,
) -> pd.DataFrame:
    """Measure several sins: one row per sin, columns as `measure` returns them."""
    chosen = {"seed": seed, "repeats": repeats, "replicates": replicates}
    return pd.DataFrame([measure(sin, slices, **chosen) for sin in sins])


def on_coins(sin: Sin) -> Sin:
    """Return the same sin, committed on classes that a coin gave to every group."""

    def toss(slices: Slices, seed: int) -> Outcome:
        return sin(deal_coins(slices, seed), seed)

    toss.__name__ = sin.__name__
    return toss
