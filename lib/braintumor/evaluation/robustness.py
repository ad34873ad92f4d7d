"""What becomes of answers when slices change: shares and means with intervals."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from braintumor.evaluation import statistics

REPLICATES = 1000
# Metrics that are right-or-wrong shares; the others have a sign or a size.
SHARES = ("accuracy", "answered", "answered_accuracy", "missed_tumors")
SHARES += ("false_alarms", "changed")


def average(
    columns: Mapping[str, np.ndarray],
    group_ids: np.ndarray,
    *,
    replicates: int = REPLICATES,
    seed: int = 7,
) -> pd.DataFrame:
    """Average one number per slice, with a 95 % interval over groups.

    Args:
        columns: metric -> (n,) float; NaN leaves a slice out of this metric.
        group_ids: (n,) the group of each slice.
        replicates: of the bootstrap.
        seed: of its draws.

    Returns:
        One row per metric: `metric`, `value`, `low`, `high`, and `n` and `groups` of
        the slices that counted. Without any, the values are missing. A share of none or
        of all has the exact interval of as many slices as there are groups: a bootstrap
        cannot draw what it has not seen.

    Raises:
        ValueError: there is no slice.
    """
    values = {name: np.asarray(column, float) for name, column in columns.items()}
    counted = {name: ~np.isnan(column) for name, column in values.items()}

    def resample(weights: np.ndarray) -> dict[str, np.ndarray]:
        with np.errstate(invalid="ignore"):
            return {
                name: weights @ np.nan_to_num(column) / (weights @ counted[name])
                for name, column in values.items()
            }

    intervals = statistics.bootstrap_groups(
        resample, group_ids, replicates=replicates, seed=seed
    )
    rows = []
    for name, column in values.items():
        inside, interval = counted[name], intervals[name]
        groups = len(np.unique(group_ids[inside]))
        value = column[inside].mean() if inside.any() else np.nan
        if name in SHARES and value in (0, 1):
            interval = statistics.exact_interval(int(value) * groups, groups)
        rows.append(
            {
                "metric": name,
                "value": value,
                "low": interval.low,
                "high": interval.high,
                "n": int(inside.sum()),
                "groups": groups,
            }
        )
    return pd.DataFrame(rows)


def describe_answers(
    probabilities: np.ndarray, labels: np.ndarray, *, threshold: float, no_tumor: int
) -> dict[str, np.ndarray]:
    """Return what there is to average of answers, one number per slice.

    Args:
        probabilities: (n, classes), calibrated.
        labels: (n,) int class positions.
        threshold: the model abstains where its largest probability is below.
        no_tumor: position of that class.

    Returns:
        `accuracy`, `confidence` (largest probability), `overconfidence` (confidence
        minus accuracy), `answered`; `answered_accuracy` among the answered slices,
        `missed_tumors` among tumours, `false_alarms` among the others: each (n,) float
        with NaN where a slice does not count.
    """
    top = probabilities.max(axis=1)
    first = probabilities.argmax(axis=1)
    right = (first == labels).astype(float)
    answered = top >= threshold
    tumor = labels != no_tumor
    return {
        "accuracy": right,
        "confidence": top,
        "overconfidence": top - right,
        "answered": answered.astype(float),
        "answered_accuracy": np.where(answered, right, np.nan),
        "missed_tumors": np.where(tumor, first == no_tumor, np.nan),
        "false_alarms": np.where(tumor, np.nan, first != no_tumor),
    }


def describe_changes(
    before: np.ndarray, after: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what there is to average of changed answers, one number per slice.

    Args:
        before: (n, classes) probabilities for the slices as they are.
        after: (n, classes) for the same slices, changed.
        labels: (n,) int class positions.

    Returns:
        `changed` (another class comes first), `confidence_change` (of the largest
        probability) with its size `confidence_moved`, and `accuracy_change`: each (n,)
        float.

    Raises:
        ValueError: the two are not answers to the same slices.
    """
    if before.shape != after.shape:
        raise ValueError(
            f"before is {before.shape} and after {after.shape}: pass answers to the "
            "same slices."
        )
    moved = after.max(axis=1) - before.max(axis=1)
    first, then = before.argmax(axis=1), after.argmax(axis=1)
    return {
        "changed": (first != then).astype(float),
        "confidence_change": moved,
        "confidence_moved": np.abs(moved),
        "accuracy_change": (then == labels).astype(float) - (first == labels),
    }
