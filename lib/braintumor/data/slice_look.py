"""What a slice looks like, whatever is in it: frame, grey scale, sharpness, sequence.

Each number can be had without knowing any anatomy. Where such numbers tell the classes
apart, a network may use them, too, and is lost where another source breaks the tie.
"""

import cv2
import numpy as np

from braintumor.data.foreground import find_foreground

SIDE = 128  # pixels of the square that the head is brought to before its texture counts
BORDER = 0.03  # of the side: rows and columns that count as the border
RING = 0.15  # of the head's side: its outer ring, where skull and fat lie
NAMES = (
    "head_share",  # of the picture's area
    "head_shape",  # width over height of the head's box
    "off_centre",  # of the head's box, as a share of the side
    "border_grey",  # median of the border, 0 to 255
    "head_grey",  # mean of the head's box, 0 to 255
    "head_spread",  # standard deviation there
    "brightest",  # 99th percentile there
    "midtone",  # median over 99th percentile there
    "dark_share",  # of the box under a tenth of the 99th percentile
    "ring_to_centre",  # mean of the outer ring over mean of the rest
    "sharpness",  # mean absolute Laplacian over the spread
    "symmetry",  # correlation with the mirrored box
)


def measure_look(grey: np.ndarray) -> np.ndarray:
    """Return what `NAMES` lists.

    Args:
        grey: (height, width) uint8, as decoded.

    Returns:
        (len(NAMES),) float64.
    """
    height, width = grey.shape
    box = find_foreground(grey)
    down, across = box.bottom - box.top, box.right - box.left
    aside = (box.left + box.right) / 2 / width - 0.5
    below = (box.top + box.bottom) / 2 / height - 0.5
    shrinks = min(down, across) >= SIDE
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    head = cv2.resize(box.crop(grey), (SIDE, SIDE), interpolation=way)
    head = head.astype(np.float64)
    spread, brightest = head.std() + 1e-3, np.percentile(head, 99) + 1e-3
    edge = round(RING * SIDE)
    centre = head[edge:-edge, edge:-edge]
    ring = (head.sum() - centre.sum()) / (head.size - centre.size)
    calm = head - head.mean()
    return np.array(
        [
            down * across / grey.size,
            across / down,
            np.hypot(aside, below),
            np.median(_border(grey)),
            head.mean(),
            spread,
            brightest,
            np.median(head) / brightest,
            (head < 0.1 * brightest).mean(),
            ring / (centre.mean() + 1e-3),
            np.abs(cv2.Laplacian(head, cv2.CV_64F)).mean() / spread,
            (calm * calm[:, ::-1]).mean() / spread**2,
        ]
    )


def _border(grey: np.ndarray) -> np.ndarray:
    rows, columns = (max(1, round(BORDER * side)) for side in grey.shape)
    inner = grey[rows:-rows]
    sides = [grey[:rows], grey[-rows:], inner[:, :columns], inner[:, -columns:]]
    return np.concatenate([side.ravel() for side in sides])
