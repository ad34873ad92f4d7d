"""Tumour or none on slices of another source: ranking, and the threshold apart from it.

A model can fail elsewhere in two ways. Its scores rank tumours no longer above healthy
slices: no threshold helps. Or they still do, but all are higher or lower: the threshold
that was right at home is wrong. The area under the ROC curve and the sensitivity at a
matched specificity see only the first, the sensitivity at home's threshold sees both.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from braintumor.evaluation import statistics
from braintumor.evaluation.scores import weighted_auc

WANTED_SPECIFICITY = 0.95  # on the validation slices that set the threshold
# What the slices themselves would have to choose: shown, never claimed.
NOT_ATTAINABLE = ("best_sensitivity", "best_specificity", "matched_sensitivity")
FEWEST = 10  # groups of either side; with fewer a ranking would look too certain
LOOKS_AT = {  # side whose slices make the denominator; all slices for what is not here
    "sensitivity": True,
    "specificity": False,
}
COLUMNS = ("metric", "value", "low", "high", "n", "groups", "attainable")


def choose_threshold(
    tumor: np.ndarray, scores: np.ndarray, *, specificity: float = WANTED_SPECIFICITY
) -> float:
    """Return the lowest threshold that calls enough healthy slices healthy.

    Args:
        tumor: (n,) bool, of validation slices.
        scores: (n,) float, higher means more likely a tumour; above the threshold a
            slice is called one.
        specificity: wanted share of healthy slices at or below it, 0 to 1.

    Raises:
        ValueError: there is no healthy slice.
    """
    if not (~tumor).any():
        raise ValueError("No healthy slice: a specificity needs some.")
    return float(np.quantile(scores[~tumor], specificity, method="inverted_cdf"))


def detect(
    tumor: np.ndarray, scores: np.ndarray, threshold: float, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute how tumours are told from healthy slices under several weightings.

    Args:
        tumor: (n,) bool.
        scores: (n,) float, higher means more likely a tumour.
        threshold: from validation slices.
        weights: (rows, n) how often each slice counts.

    Returns:
        name -> (rows,) float, NaN where a side is missing: `sensitivity` and
        `specificity` at the threshold; `auc`; `best_sensitivity` and
        `best_specificity` at the threshold with the largest sum of both on these very
        slices (Youden, 1950); `matched_sensitivity` at these slices' own lowest
        threshold of specificity `WANTED_SPECIFICITY`; `threshold_loss`, what lies
        between that and the sensitivity at the threshold.
    """
    called = scores > threshold
    order = np.argsort(scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    sides = weights[:, order] * tumor[order], weights[:, order] * ~tumor[order]
    sick, well = (side.sum(axis=1) for side in sides)
    # Column 0 calls everything a tumour, column k what lies above the k-th score.
    below = [
        np.pad(np.cumsum(side, axis=1)[:, ends], ((0, 0), (1, 0))) for side in sides
    ]
    found = 1 - _ratio(below[0], sick[:, None])
    spared = _ratio(below[1], well[:, None])
    rows = np.arange(len(weights))
    best = np.argmax(np.nan_to_num(found + spared), axis=1)
    matched = found[rows, np.argmax(spared >= WANTED_SPECIFICITY - 1e-12, axis=1)]
    matched = np.where(well > 0, matched, np.nan)
    sensitivity = _ratio(weights @ (tumor & called), sick)
    return {
        "sensitivity": sensitivity,
        "specificity": _ratio(weights @ (~tumor & ~called), well),
        "auc": weighted_auc(tumor, scores, weights),
        "best_sensitivity": np.where(well > 0, found[rows, best], np.nan),
        "best_specificity": np.where(sick > 0, spared[rows, best], np.nan),
        "matched_sensitivity": matched,
        "threshold_loss": matched - sensitivity,
    }


def score_source(
    tumor: np.ndarray,
    scores: np.ndarray,
    group_ids: np.ndarray,
    *,
    threshold: float,
    replicates: int = 1000,
    seed: int = 7,
) -> pd.DataFrame:
    """Score one model on the slices of one source, with 95 % intervals over groups.

    Args:
        tumor: (n,) bool.
        scores: (n,) float, higher means more likely a tumour.
        group_ids: (n,) the group of each slice.
        threshold: chosen on validation slices.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        One row per measure that has a value (what needs both sides: only where either
        has `FEWEST` groups): `COLUMNS`; `n` and `groups` count what it
        looks at, `attainable` is 0 where the slices themselves chose the threshold.
        Where a share is exactly 0 or 1 the interval is Clopper and Pearson's with
        groups as trials, for an area those of the rarer side.
    """
    points = detect(tumor, scores, threshold, np.ones((1, len(scores))))
    intervals = statistics.bootstrap_groups(
        lambda weights: detect(tumor, scores, threshold, weights),
        group_ids,
        replicates=replicates,
        seed=seed,
    )
    rarer = min(len(np.unique(group_ids[tumor == side])) for side in (True, False))
    rows = []
    for name, point in points.items():
        value = float(point[0])
        if np.isnan(value) or (name not in LOOKS_AT and rarer < FEWEST):
            continue
        side = LOOKS_AT.get(name.removeprefix("best_").removeprefix("matched_"))
        seen = np.ones(len(tumor), bool) if side is None else tumor == side
        groups = len(np.unique(group_ids[seen]))
        interval = intervals[name]
        if value in (0.0, 1.0) and name != "threshold_loss":
            trials = rarer if name == "auc" else groups
            interval = statistics.exact_interval(int(value) * trials, trials)
        bounds = (interval.low, interval.high, int(seen.sum()), groups)
        rows.append((name, value, *bounds, int(name not in NOT_ATTAINABLE)))
    return pd.DataFrame(rows, columns=COLUMNS)


def compare_looks(
    one: Mapping[str, np.ndarray],
    other: Mapping[str, np.ndarray],
    groups: tuple[np.ndarray, np.ndarray],
    *,
    replicates: int = 300,
    seed: int = 7,
) -> pd.DataFrame:
    """Say how far two sets of slices differ in each of several measurements.

    Args:
        one: measurement -> (n,) float.
        other: measurement -> (m,) float, of the same measurements.
        groups: (n,) and (m,) groups of the slices.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        One row per measurement, largest difference first: `measurement`, `median_one`,
        `median_other`, `effect` (Cliff's delta, −1 to 1: chance that a slice of `one`
        measures more, less the chance that it measures less), `low`, `high`, `n_one`,
        `n_other`.

    Source: Cliff, Dominance statistics (1993).
    """
    side = np.repeat([True, False], [len(group) for group in groups])
    names = [f"{int(s)}/{g}" for s, g in zip(side, np.concatenate(groups), strict=True)]
    rows = []
    for name, values in one.items():
        joined = np.concatenate([values, other[name]])
        area = weighted_auc(side, joined, np.ones((1, len(side))))[0]
        interval = statistics.bootstrap_groups(
            lambda weights, joined=joined: {
                "area": weighted_auc(side, joined, weights)
            },
            np.array(names),
            replicates=replicates,
            seed=seed,
        )["area"]
        medians = (np.median(values), np.median(other[name]))
        effects = (2 * area - 1, 2 * interval.low - 1, 2 * interval.high - 1)
        rows.append((name, *medians, *effects, int(side.sum()), int((~side).sum())))
    columns = "measurement median_one median_other effect low high n_one n_other"
    table = pd.DataFrame(rows, columns=columns.split())
    return table.sort_values("effect", key=abs, ascending=False, ignore_index=True)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where `whole` is 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
