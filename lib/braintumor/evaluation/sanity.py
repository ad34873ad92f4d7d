"""Does an explanation depend on the network? It must change when the weights do."""

import numpy as np
from scipy import stats

LIMIT = 0.5  # mean rank correlation; fixed before any network was shuffled


def rank_agreement(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of two maps of each slice.

    Args:
        before: (n, h, w) float, with the trained weights.
        after: (n, h, w) float, with weights that were shuffled.

    Returns:
        (n,) −1 to 1; 0 where one of the two is the same everywhere: it ranks nothing.

    Source: Adebayo et al., Sanity checks for saliency maps (2018).
    """
    ranks = [
        stats.rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (before, after)
    ]
    one, other = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    product = (one * other).sum(axis=1)
    length = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.divide(product, length, out=np.zeros(len(one)), where=length > 0)


def peaks_stay(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return whether each slice's hottest cell stays the same, (n,) bool.

    A map that is 0 everywhere has no hottest cell, so that none stays.
    """
    flat = [maps.reshape(len(maps), -1) for maps in (before, after)]
    same = flat[0].argmax(axis=1) == flat[1].argmax(axis=1)
    return same & flat[0].any(axis=1) & flat[1].any(axis=1)


def require_dependence(agreement: np.ndarray, name: str) -> None:
    """Refuse an explanation that stays what it was when the weights are shuffled.

    Args:
        agreement: (n,) from `rank_agreement`.
        name: of the explanation.

    Raises:
        ValueError: the mean agreement exceeds `LIMIT`.
    """
    mean = float(agreement.mean())
    if mean > LIMIT:
        raise ValueError(
            f"{name} hardly depends on the network: with shuffled weights its maps "
            f"keep a rank correlation of {mean:.2f} (limit {LIMIT:g}). It shows the "
            "slice, not the reasons of the model; do not use it as an explanation."
        )
