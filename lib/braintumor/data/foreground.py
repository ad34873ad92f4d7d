"""Where the head is in a slice: the box around its largest part above the background.

Data sets frame the head differently, and resizing squeezes the frame with it; a box
that depends on neither margin nor brightness makes them comparable.
"""

from typing import NamedTuple

import cv2
import numpy as np

WORKING_SIDE = 256  # pixels of the longer side while searching
LEVEL = 0.1  # of the range from background to brightest: above it is foreground
CONTRAST = 8  # grey levels; with a smaller range there is nothing to find
SMALLEST = 0.25  # of the picture's side: a smaller part is no head, say burnt-in text


class Box(NamedTuple):
    """A part of a picture, in pixels; rows `top:bottom`, columns `left:right`."""

    top: int
    bottom: int
    left: int
    right: int

    def crop(self, grey: np.ndarray) -> np.ndarray:
        """Return the pixels inside, a view."""
        return grey[self.top : self.bottom, self.left : self.right]


def find_foreground(grey: np.ndarray) -> Box:
    """Return the box around the largest connected part above the background.

    The bar lies a tenth of the way from the darkest to the brightest grey level of the
    median-filtered picture, so brightness, contrast and width of the margin have no
    influence. Thin lines and small print are opened away.

    Args:
        grey: (height, width) uint8.

    Returns:
        The box; all of the picture where nothing stands out or the part is too small.
    """
    height, width = grey.shape
    whole = Box(0, height, 0, width)
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    calm = cv2.medianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), 5)
    low, high = int(calm.min()), int(calm.max())
    if high - low < CONTRAST:
        return whole
    bright = (calm > low + LEVEL * (high - low)).astype(np.uint8)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(bright, cv2.MORPH_OPEN, brush)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return whole
    largest = 1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())
    x, y, across, down = (int(value) for value in boxes[largest, :4])
    if across < SMALLEST * size[0] or down < SMALLEST * size[1]:
        return whole
    # Each axis has its own scale: the small picture's sides were rounded.
    right, bottom = width / size[0], height / size[1]
    return Box(
        int(y * bottom),
        min(height, round((y + down) * bottom)),
        int(x * right),
        min(width, round((x + across) * right)),
    )
