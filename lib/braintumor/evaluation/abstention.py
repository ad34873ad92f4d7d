"""When to hold an answer back, and from which probability on to speak of a tumour.

Bars are chosen on validation slices; what they do elsewhere is only measured.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# One tumour slice in a hundred may be missed: fixed before any slice was looked at. It
# is the strictest round level that still rests on several validation slices, not on
# the single least typical one.
ALLOWED = 0.01
DECIMALS = 4  # of a bar: what decides is what the tables show


@dataclass(frozen=True)
class TumorBar:
    """From which probability on a slice counts as tumour, and what chose it.

    Attributes:
        value: probability of any tumour, 0 to 1; slices at or above it are called.
        allowed: share of tumour slices that may be missed, 0 to 1.
        missed: share of the choosing side's tumour slices that are missed.
        tumors: tumour slices that chose it.
    """

    value: float
    allowed: float
    missed: float
    tumors: int


def choose_tumor_bar(
    tumor_probability: np.ndarray, tumor: np.ndarray, *, allowed: float = ALLOWED
) -> TumorBar:
    """Return the highest bar that misses no more tumour slices than allowed.

    Args:
        tumor_probability: (n,) 1 − the probability of no tumour, validation slices.
        tumor: (n,) bool, whether the slice shows one.
        allowed: share of tumour slices that may be missed, 0 to 1.

    Raises:
        ValueError: no tumour slice, or a share outside 0 to 1.
    """
    found = np.sort(np.asarray(tumor_probability, float)[np.asarray(tumor, bool)])
    if not len(found) or not 0 <= allowed < 1:
        raise ValueError(
            f"{len(found)} tumour slices, allowed={allowed}: pass at least one slice "
            "and a share from 0 to below 1."
        )
    spared = int(np.floor(allowed * len(found) + 1e-9))
    value = float(np.floor(found[spared] * 10**DECIMALS) / 10**DECIMALS)
    missed = float((found < value).mean())
    return TumorBar(value, allowed, missed, len(found))


def tabulate_trade_off(
    tumor_probability: np.ndarray, tumor: np.ndarray, *, points: int = 40
) -> pd.DataFrame:
    """Return missed tumours against false alarms, as the bar rises.

    Args:
        tumor_probability: (n,) 1 − the probability of no tumour.
        tumor: (n,) bool; both kinds must be there.
        points: rows at most, evenly chosen among the curve's corners.

    Returns:
        `bar`, `missed`, `false_alarms`, 0 to 1; no row where a kind is missing.
    """
    from sklearn.metrics import det_curve

    if np.all(tumor) or not np.any(tumor):
        return pd.DataFrame(columns=["bar", "missed", "false_alarms"], dtype=float)
    alarms, missed, bars = det_curve(tumor, tumor_probability)
    frame = pd.DataFrame({"bar": bars, "missed": missed, "false_alarms": alarms})
    frame = frame[np.isfinite(bars)].drop_duplicates(["missed", "false_alarms"])
    return _thin(frame, points)


def weigh_risk_area(
    confidence: np.ndarray, right: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the area under the risk–coverage curve (rows,), 0 to 1; less is better.

    It is the share of wrong answers among the slices answered, averaged over all
    coverages; slices of equal confidence are answered together.

    Args:
        confidence: (n,) the most confident slices are answered first.
        right: (n,) bool.
        weights: (rows, n) how often each slice counts.

    Source: Geifman and El-Yaniv, Selective classification for deep neural networks
    (2017); Geifman, Uziel and El-Yaniv, Bias-reduced uncertainty estimation (2019).
    """
    coverage, risk = _weigh_curve(confidence, right, weights)
    steps = np.diff(coverage, axis=1, prepend=0)
    return (steps * risk).sum(axis=1)


def tabulate_risk(
    confidence: np.ndarray, right: np.ndarray, *, points: int = 40
) -> pd.DataFrame:
    """Return the risk–coverage curve.

    Args:
        confidence: (n,) the most confident slices are answered first.
        right: (n,) bool.
        points: rows at most, evenly chosen along the coverage.

    Returns:
        `coverage` (share answered) and `risk` (share wrong among them), 0 to 1; the
        last row answers every slice.
    """
    coverage, risk = _weigh_curve(confidence, right, np.ones((1, len(right))))
    return _thin(pd.DataFrame({"coverage": coverage[0], "risk": risk[0]}), points)


def _weigh_curve(
    confidence: np.ndarray, right: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coverage and risk (rows, corners) after each distinct confidence."""
    order = np.argsort(-confidence, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)
    answered = np.cumsum(weights[:, order], axis=1)[:, ends]
    wrong = np.cumsum((weights * ~right)[:, order], axis=1)[:, ends]
    risk = np.divide(wrong, answered, out=np.zeros(wrong.shape), where=answered > 0)
    return answered / answered[:, -1:], risk


def _thin(frame: pd.DataFrame, points: int) -> pd.DataFrame:
    """Keep evenly chosen rows, first and last among them."""
    kept = np.unique(np.linspace(0, len(frame) - 1, points).round().astype(int))
    return frame.iloc[kept].reset_index(drop=True)
