"""Scores under many weightings of the slices at once: a bootstrap is one call."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from braintumor.evaluation.predictions import PREFIX, check, select_view

NO_TUMOR = "no_tumor"


@dataclass(frozen=True)
class Outcome:
    """What the metrics need of a view's test, as arrays.

    Attributes:
        labels: (n,) int, position of the true class.
        predicted: (n,) int, position of the most probable class.
        probabilities: (n, classes) float, 0 to 1.
        group_ids: (n,) group of each slice.
        classes: class names, in order.
    """

    labels: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray
    group_ids: np.ndarray
    classes: tuple[str, ...]


def read_outcome(
    predictions: pd.DataFrame, classes: Sequence[str], view: str
) -> Outcome:
    """Return the arrays of one view's test.

    Raises:
        ValueError: the table is no predictions table, or lacks one of `classes`.
    """
    check(predictions)
    absent = [name for name in classes if PREFIX + name not in predictions.columns]
    if absent or NO_TUMOR not in classes:
        raise ValueError(
            f"classes={tuple(classes)}: need {NO_TUMOR!r} among them and a column "
            f"{PREFIX}<class> for each; missing: {absent or NO_TUMOR}."
        )
    rows = select_view(predictions, view)
    probabilities = rows[[PREFIX + name for name in classes]].to_numpy(float)
    return Outcome(
        labels=pd.Index(classes).get_indexer(rows["label"]),
        predicted=probabilities.argmax(axis=1),
        probabilities=probabilities,
        group_ids=rows["group_id"].to_numpy(),
        classes=tuple(classes),
    )


def weighted_confusion(
    labels: np.ndarray, predicted: np.ndarray, weights: np.ndarray, classes: int
) -> np.ndarray:
    """Count (true, predicted) pairs under several weightings at once.

    Args:
        labels: (n,) int class positions.
        predicted: (n,) int class positions.
        weights: (rows, n) how often each slice counts.
        classes: number of classes.

    Returns:
        counts (rows, classes, classes); axis 1 is the true class.
    """
    cells = np.eye(classes * classes)[labels * classes + predicted]
    return (weights @ cells).reshape(len(weights), classes, classes)


def weighted_auc(
    positive: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the area under the ROC curve under several weightings at once.

    It is the weighted share of (positive, negative) pairs in which the positive slice
    scores higher; a tie counts one half.

    Args:
        positive: (n,) bool.
        scores: (n,) float, higher means more likely positive.
        weights: (rows, n) how often each slice counts.

    Returns:
        area (rows,), 0 to 1; NaN where positives or negatives are missing.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    ordered = weights[:, order]
    up = np.add.reduceat(ordered * positive[order], starts, axis=1)
    down = np.add.reduceat(ordered * ~positive[order], starts, axis=1)
    below = np.cumsum(down, axis=1) - down / 2
    pairs = up.sum(axis=1) * down.sum(axis=1)
    return _ratio((up * below).sum(axis=1), pairs)


def score(outcome: Outcome, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Compute every metric under several weightings of the slices.

    Tumour means any class but `no_tumor`: a glioma called meningioma is a wrong class,
    yet a tumour found. A macro average has no value where a class has no slice.

    Args:
        outcome: n slices.
        weights: (rows, n) how often each slice counts.

    Returns:
        metric name -> (rows,) float, 0 to 1, NaN where undefined.
    """
    classes = outcome.classes
    counts = weighted_confusion(
        outcome.labels, outcome.predicted, weights, len(classes)
    )
    truth, called = counts.sum(axis=2), counts.sum(axis=1)
    hits = np.diagonal(counts, axis1=1, axis2=2)
    f1 = np.where(truth > 0, _ratio(2 * hits, truth + called), np.nan)
    healthy = classes.index(NO_TUMOR)
    tumor = np.delete(np.arange(len(classes)), healthy)
    found = counts[:, tumor][:, :, tumor].sum(axis=(1, 2))
    recalls = _ratio(hits, truth)
    return {
        "accuracy": _ratio(hits.sum(axis=1), truth.sum(axis=1)),
        "macro_f1": f1.mean(axis=1),
        "auc": _macro_auc(outcome, weights),
        "sensitivity": _ratio(found, truth[:, tumor].sum(axis=1)),
        "specificity": recalls[:, healthy],
        **{f"recall_{name}": recalls[:, i] for i, name in enumerate(classes)},
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where `whole` is 0."""
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _macro_auc(outcome: Outcome, weights: np.ndarray) -> np.ndarray:
    """Average the one-against-rest areas; two classes have only one area."""
    positions = range(len(outcome.classes))
    if len(outcome.classes) == 2:
        positions = [1 - outcome.classes.index(NO_TUMOR)]
    areas = [
        weighted_auc(outcome.labels == i, outcome.probabilities[:, i], weights)
        for i in positions
    ]
    return np.mean(areas, axis=0)
