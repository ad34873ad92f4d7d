"""A blank slice, asked before the first visitor comes."""

import io
from typing import Any

import numpy as np
from PIL import Image

SIDE = 512  # pixels


def warm(predictor: Any, batch: int) -> None:
    """Answer a blank slice, alone and as a batch: both sizes of pass are planned.

    Args:
        predictor: a `demo.predict.Predictor`.
        batch: slices in the larger pass.
    """
    prepared = predictor.prepare(draw_blank(), "the warming slice")
    for count in (1, batch):
        predictor.answer([prepared] * count)


def draw_blank(side: int = SIDE) -> bytes:
    """Return the PNG of a grey disc on black, the outline of an empty head."""
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    disc = np.where(rows**2 + columns**2 < 0.7, 96, 0).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(disc).save(buffer, "PNG")
    return buffer.getvalue()
