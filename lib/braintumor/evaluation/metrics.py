"""Metrics of one predictions table in one view, each with its interval."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from braintumor.evaluation import statistics
from braintumor.evaluation.scores import (
    NO_TUMOR,
    Outcome,
    read_outcome,
    score,
    weighted_confusion,
)

COLUMNS = ("metric", "value", "low", "high", "n", "groups", "dropped")


def evaluate(
    predictions: pd.DataFrame,
    *,
    classes: Sequence[str],
    view: str,
    replicates: int = 1000,
    seed: int = 7,
) -> pd.DataFrame:
    """Score a model's predictions in one view, with 95 % intervals.

    Intervals are percentiles of a bootstrap over groups. Where a score is exactly 0 or
    1 every replicate repeats it and the bootstrap would claim certainty, so the
    Clopper-Pearson interval stands there, with groups, not slices, as trials: the
    groups that the metric looks at, for a macro average and AUC those of the rarest
    class. (An area of 1 means that even one pair of slices per group, all pairs
    disjoint, was always in order: as many trials as the rarer side has groups.)
    A score resting on fewer than two groups gets no interval, unless it is 0 or 1.

    Args:
        predictions: table of `predictions.tabulate`.
        classes: class names, in order; must hold "no_tumor".
        view: "as_shipped", "deduplicated" or "group_disjoint".
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        One row per metric (accuracy, macro_f1, auc, sensitivity, specificity,
        recall_<class>): `metric`, `value`, `low`, `high` (0 to 1, NaN where there is
        none), `n` and `groups` (slices and groups that the metric looks at: those of
        the class for a recall, of any tumour for sensitivity), `dropped` (replicates
        without a value).

    Raises:
        ValueError: the table, a class or the view is not as it must be.
    """
    outcome = read_outcome(predictions, classes, view)
    if not len(outcome.labels):
        names = score(outcome, np.ones((1, 0)))
        empty = (np.nan, np.nan, np.nan, 0, 0, 0)
        return pd.DataFrame([(name, *empty) for name in names], columns=COLUMNS)
    points = score(outcome, np.ones((1, len(outcome.labels))))
    intervals = statistics.bootstrap_groups(
        lambda weights: score(outcome, weights),
        outcome.group_ids,
        replicates=replicates,
        seed=seed,
    )
    rows = []
    for name, point in points.items():
        n, groups, trials = _evidence(outcome, name)
        value = float(point[0])
        interval = honest_interval(value, trials, intervals[name])
        bounds = (interval.low, interval.high)
        rows.append((name, value, *bounds, n, groups, interval.dropped))
    return pd.DataFrame(rows, columns=COLUMNS)


def confusion_table(
    predictions: pd.DataFrame, classes: Sequence[str], view: str
) -> pd.DataFrame:
    """Count slices by true and predicted class.

    Returns:
        classes² rows in class order: `label`, `predicted`, `count`.
    """
    outcome = read_outcome(predictions, classes, view)
    return count_answers(outcome.labels, outcome.predicted, classes)


def count_answers(
    labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Count slices by true and predicted class, from class positions (n,) int.

    Returns:
        classes² rows in class order: `label`, `predicted`, `count`.
    """
    weights = np.ones((1, len(labels)))
    counts = weighted_confusion(labels, predicted, weights, len(classes))
    index = pd.MultiIndex.from_product([classes, classes], names=["label", "predicted"])
    flat = counts.reshape(-1).astype(np.int64)
    return pd.Series(flat, index=index, name="count").reset_index()


def _looked_at(outcome: Outcome, metric: str) -> np.ndarray:
    """Mark (n,) the slices that make the denominator of `metric`."""
    names = np.asarray(outcome.classes)[outcome.labels]
    if metric == "sensitivity":
        return names != NO_TUMOR
    if metric == "specificity":
        return names == NO_TUMOR
    if metric.startswith("recall_"):
        return names == metric.removeprefix("recall_")
    return np.ones(len(names), bool)


def _evidence(outcome: Outcome, metric: str) -> tuple[int, int, int]:
    """Return slices, groups, and the groups that an exact interval may count."""
    mask = _looked_at(outcome, metric)
    groups = len(np.unique(outcome.group_ids[mask]))
    trials = groups
    if metric in ("macro_f1", "auc"):
        trials = min(
            len(np.unique(outcome.group_ids[outcome.labels == i]))
            for i in range(len(outcome.classes))
        )
    return int(mask.sum()), groups, trials


def honest_interval(
    value: float, trials: int, bootstrapped: statistics.Interval
) -> statistics.Interval:
    """Replace an interval that claims more than its groups can tell."""
    dropped = bootstrapped.dropped
    if np.isnan(value):
        return statistics.Interval(np.nan, np.nan, dropped)
    if value in (0.0, 1.0):
        exact = statistics.exact_interval(int(value) * trials, trials)
        return statistics.Interval(exact.low, exact.high, dropped)
    if trials < 2:
        return statistics.Interval(np.nan, np.nan, dropped)
    return bootstrapped
