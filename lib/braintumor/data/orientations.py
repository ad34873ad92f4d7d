"""The eight ways in which a square can lie: four turns, each mirrored or not."""

from math import isqrt

import numpy as np

# Name -> (mirrored first?, quarter turns counter-clockwise after that).
ORIENTATIONS = {
    "upright": (False, 0),
    "quarter_turn": (False, 1),
    "half_turn": (False, 2),
    "three_quarter_turn": (False, 3),
    "mirror": (True, 0),
    "mirror_quarter_turn": (True, 1),
    "mirror_half_turn": (True, 2),
    "mirror_three_quarter_turn": (True, 3),
}
# Mirror images undo themselves; only two turns need each other.
INVERSES = {name: name for name in ORIENTATIONS} | {
    "quarter_turn": "three_quarter_turn",
    "three_quarter_turn": "quarter_turn",
}


def orient(images: np.ndarray, orientation: str) -> np.ndarray:
    """Mirror and turn square images.

    Args:
        images: `(..., side, side)`.
        orientation: a key of `ORIENTATIONS`; "mirror" exchanges left and right.

    Returns:
        A contiguous array of the same shape.
    """
    mirrored, turns = ORIENTATIONS[orientation]
    images = images[..., ::-1] if mirrored else images
    return np.ascontiguousarray(np.rot90(images, turns, axes=(-2, -1)))


def orient_rows(rows: np.ndarray, orientation: str) -> np.ndarray:
    """Mirror and turn square images that lie in rows, (n, side * side)."""
    side = isqrt(rows.shape[1])
    return orient(rows.reshape(-1, side, side), orientation).reshape(rows.shape)
