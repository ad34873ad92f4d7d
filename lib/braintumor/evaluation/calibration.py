"""Probabilities that mean what they say, and a bar below which a model abstains.

Both are fitted on validation slices; the test side never comes here.
"""

from dataclasses import dataclass

import numpy as np

BINS = 15
TEMPERATURES = (0.05, 20.0)  # searched; a network outside is broken, not overconfident


@dataclass(frozen=True)
class Threshold:
    """The bar of the top probability, and what it did on the slices that set it.

    Attributes:
        value: answers below it are abstentions; 0 to 1.
        accuracy: share of right answers among the answered slices.
        coverage: share of slices answered.
        n: slices looked at.
    """

    value: float
    accuracy: float
    coverage: float
    n: int


def calibrate(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return probabilities (n, classes) float64 of logits at a temperature; rows sum 1.

    Above 1 a temperature makes answers more modest; it never changes which is first.
    """
    return np.exp(_log_softmax(logits, temperature))


def negative_log_likelihood(
    logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0
) -> float:
    """Return the mean of −log probability of the true class, in nats."""
    logarithms = _log_softmax(logits, temperature)
    return float(-logarithms[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that makes validation answers most likely.

    Args:
        logits: (n, classes), before the softmax.
        labels: (n,) int class positions.

    Raises:
        ValueError: no slice, or shapes that do not fit.

    Source: Guo et al., On calibration of modern neural networks (2017).
    """
    from scipy import optimize  # a predictor calibrates without it

    _require_slices(logits, labels)
    bounds = np.log(TEMPERATURES)
    found = optimize.minimize_scalar(
        lambda scale: negative_log_likelihood(logits, labels, np.exp(scale)),
        bounds=bounds,
        method="bounded",
    )
    return float(np.exp(found.x))


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, *, bins: int = BINS
) -> float:
    """Return how far the top probability is from the share of right answers, 0 to 1.

    Slices are sorted into equal bins of their top probability; the gap of each bin
    counts by its number of slices.

    Args:
        probabilities: (n, classes); rows sum to 1.
        labels: (n,) int class positions.
        bins: of equal width between 0 and 1.

    Raises:
        ValueError: no slice, or shapes that do not fit.
    """
    _require_slices(probabilities, labels)
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.minimum((top * bins).astype(int), bins - 1)
    gaps = np.bincount(place, top - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def choose_threshold(
    probabilities: np.ndarray, labels: np.ndarray, *, accuracy: float = 0.98
) -> Threshold:
    """Return the lowest bar above which enough validation answers are right.

    Args:
        probabilities: (n, classes), calibrated.
        labels: (n,) int class positions.
        accuracy: wanted share of right answers among the answered slices, 0 to 1.

    Returns:
        The bar, of three decimals, and what it does. Where none is high enough, it is
        the one with the best accuracy (the lowest of several).

    Raises:
        ValueError: no slice, or shapes that do not fit.
    """
    _require_slices(probabilities, labels)
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    # Few slices above a bar prove nothing: a tenth of them must be answered.
    enough = np.quantile(top, 0.9)
    bars = np.unique(np.floor(top[top <= enough] * 1000) / 1000)
    shares = np.array([right[top >= bar].mean() for bar in bars])
    fit = np.flatnonzero(shares >= accuracy)
    position = fit[0] if len(fit) else int(shares.argmax())
    answered = top >= bars[position]
    return Threshold(
        value=float(bars[position]),
        accuracy=float(shares[position]),
        coverage=float(answered.mean()),
        n=len(labels),
    )


def _log_softmax(logits: np.ndarray, temperature: float) -> np.ndarray:
    scaled = np.asarray(logits, np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def _require_slices(answers: np.ndarray, labels: np.ndarray) -> None:
    if answers.ndim != 2 or len(answers) != len(labels) or not len(labels):
        raise ValueError(
            f"answers {answers.shape} and labels {np.shape(labels)}: pass (n, classes) "
            "and (n,) of the same slices, at least one."
        )
