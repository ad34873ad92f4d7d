"""How much a filter changes slices, and whether it spares their edges."""

import cv2
import numpy as np

INSIDE = 10  # grey level above which a pixel counts as tissue
EDGES = 95  # percentile of the gradient above which a pixel counts as an edge


def measure_smoothing(slices: np.ndarray, filtered: np.ndarray) -> dict[str, float]:
    """Compare slices with what a filter made of them.

    Args:
        slices: (n, side, side) uint8, before the filter.
        filtered: the same slices after it.

    Returns:
        `change`: mean absolute change of all pixels, grey levels (0 to 255);
        `texture_kept`: sum of the absolute Laplacian over tissue that is no edge,
        after over before; `edges_kept`: sum of the gradient over each slice's
        strongest twentieth of pixels, likewise. A good filter keeps edges near 1
        and texture low.

    Raises:
        ValueError: the two arrays differ in shape.
    """
    if slices.shape != filtered.shape:
        raise ValueError(
            f"slices are {slices.shape} and filtered {filtered.shape}: pass the same "
            "slices before and after the filter, at the same side."
        )
    change = np.abs(slices.astype(np.int16) - filtered).mean()
    sums = np.zeros((2, 2))  # (texture, edges) × (before, after)
    for before, after in zip(slices, filtered, strict=True):
        edge = _gradient(before) >= np.percentile(_gradient(before), EDGES)
        tissue = (before > INSIDE) & ~edge
        for column, image in enumerate((before, after)):
            sums[0, column] += _texture(image)[tissue].sum()
            sums[1, column] += _gradient(image)[edge].sum()
    texture, edges = sums[:, 1] / np.maximum(sums[:, 0], 1e-9)
    return {
        "change": float(change),
        "texture_kept": float(texture),
        "edges_kept": float(edges),
    }


def _gradient(image: np.ndarray) -> np.ndarray:
    """Return the length of the Sobel gradient, (side, side) float32."""
    values = image.astype(np.float32)
    return np.hypot(cv2.Sobel(values, -1, 1, 0), cv2.Sobel(values, -1, 0, 1))


def _texture(image: np.ndarray) -> np.ndarray:
    """Return the absolute Laplacian, (side, side) float32."""
    return np.abs(cv2.Laplacian(image.astype(np.float32), -1))
