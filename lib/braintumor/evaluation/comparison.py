"""Two programs on the same slices: who is right where the other is wrong."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from braintumor.evaluation import statistics
from braintumor.evaluation.predictions import class_names
from braintumor.evaluation.scores import Outcome, read_outcome, score

METRICS = ("accuracy", "macro_f1", "auc", "sensitivity", "specificity")
DIFFERENCE_COLUMNS = ("metric", "difference", "low", "high", "n", "groups", "dropped")


@dataclass(frozen=True)
class Pairing:
    """Which of two programs is right on each slice of a view's test.

    Attributes:
        first: (n,) bool, the first program is right.
        second: (n,) bool, likewise.
        group_ids: (n,) group of each slice.
    """

    first: np.ndarray
    second: np.ndarray
    group_ids: np.ndarray

    @property
    def differences(self) -> np.ndarray:
        """(n,) float: 1 only the first is right, −1 only the second, else 0."""
        return self.first.astype(float) - self.second


def read_pair(
    first: pd.DataFrame, second: pd.DataFrame, view: str
) -> tuple[Outcome, Outcome]:
    """Return the outcomes of two programs on the same slices, in the same order.

    Args:
        first: predictions table.
        second: predictions table of the same slices.
        view: whose test is looked at.

    Raises:
        ValueError: the tables do not hold the same slices, labels and groups.
    """
    keys = ["slice_id", "label", "group_id", view]
    one, two = (
        table.sort_values("slice_id", ignore_index=True) for table in (first, second)
    )
    if class_names(one) != class_names(two) or not one[keys].equals(two[keys]):
        raise ValueError(
            "The two predictions tables are not of the same slices, labels, groups and "
            "classes: compare models of one task and one run."
        )
    classes = class_names(one)
    return read_outcome(one, classes, view), read_outcome(two, classes, view)


def pair(first: Outcome, second: Outcome) -> Pairing:
    """Return which of two programs is right on each slice; see `read_pair`."""
    return Pairing(
        first.predicted == first.labels,
        second.predicted == second.labels,
        first.group_ids,
    )


def exact_mcnemar(pairing: Pairing) -> dict[str, float]:
    """Test whether one program is right more often where only one is.

    Under no difference each discordant slice is a fair coin; the two-sided p is that of
    the exact binomial test. It takes slices for independent, which slices of one group
    are not: where groups are large, the bootstrap of `compare_scores` is the one to
    believe.

    Returns:
        counts `both`, `first_only`, `second_only`, `neither`, and `p` (1 where the two
        are never discordant).

    Source: McNemar, Note on the sampling error of the difference between correlated
    proportions or percentages (1947).
    """
    first, second = pairing.first, pairing.second
    only = int((first & ~second).sum()), int((second & ~first).sum())
    p = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    return {
        "both": int((first & second).sum()),
        "first_only": only[0],
        "second_only": only[1],
        "neither": int((~first & ~second).sum()),
        "p": float(p),
    }


def compare_scores(
    first: Outcome, second: Outcome, *, replicates: int = 1000, seed: int = 7
) -> pd.DataFrame:
    """Bootstrap the difference of every metric over groups, both on the same draws.

    Where no replicate differs from the rest, the bootstrap would claim certainty; the
    interval is then as wide as the Clopper-Pearson bound of "never, in so many groups"
    (those of the rarest class for a macro average and AUC).

    Args:
        first: n slices; see `read_pair`.
        second: the same slices.
        replicates: bootstrap replicates.
        seed: of the draws.

    Returns:
        One row per metric of `METRICS` (`DIFFERENCE_COLUMNS`): first minus second, −1
        to 1, NaN where undefined; n slices and groups that the metric looks at.
    """

    def subtract(weights: np.ndarray) -> dict[str, np.ndarray]:
        one, two = score(first, weights), score(second, weights)
        return {name: one[name] - two[name] for name in METRICS}

    n = len(first.labels)
    if not n:
        empty = (np.nan, np.nan, np.nan, 0, 0, 0)
        return pd.DataFrame([(m, *empty) for m in METRICS], columns=DIFFERENCE_COLUMNS)
    points = subtract(np.ones((1, n)))
    intervals = statistics.bootstrap_groups(
        subtract, first.group_ids, replicates=replicates, seed=seed
    )
    rows = []
    for name in METRICS:
        mask, trials = _evidence(first, name)
        groups = len(np.unique(first.group_ids[mask]))
        value, found = float(points[name][0]), intervals[name]
        low, high = _honest_bounds(value, found, trials)
        rows.append((name, value, low, high, int(mask.sum()), groups, found.dropped))
    return pd.DataFrame(rows, columns=DIFFERENCE_COLUMNS)


def _evidence(outcome: Outcome, metric: str) -> tuple[np.ndarray, int]:
    """Mark (n,) the slices that a metric looks at, and count the groups behind it."""
    healthy = outcome.labels == outcome.classes.index("no_tumor")
    masks = {"sensitivity": ~healthy, "specificity": healthy}
    mask = masks.get(metric, np.ones(len(healthy), bool))
    parts = [mask]
    if metric in ("macro_f1", "auc"):
        parts = [outcome.labels == i for i in range(len(outcome.classes))]
    return mask, min(len(np.unique(outcome.group_ids[part])) for part in parts)


def _honest_bounds(
    value: float, found: statistics.Interval, trials: int
) -> tuple[float, float]:
    """Widen an interval without width to what its groups can tell."""
    if np.isnan(value) or trials < 2:
        return np.nan, np.nan
    if found.low < found.high:
        return found.low, found.high
    slack = statistics.exact_interval(0, trials).high
    return max(-1.0, value - slack), min(1.0, value + slack)
