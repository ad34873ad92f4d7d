"""Simple facts about a picture: how bright, what shape, how rough, which edges where.

They are measured on a small square copy, so that neither the size nor the file format
of an upload matters. No network is asked.
"""

import cv2
import numpy as np

SIDE = 64
BINS = 8  # orientations of an edge, over half a turn
CELLS = 8  # cells across the head, and down
BANDS = (0.01, 0.03, 0.06, 0.11, 0.17, 0.25, 0.36, 0.5)  # cycles per pixel
BRIGHTNESS = (
    "mean spread black white border dark_border corners median upper brightest "
    "entropy commonest levels mirrored flipped"
).split()
SHAPE = "area roundness center_x center_y holes parts".split()
TEXTURE = "edges even rough grain".split()
BAND_NAMES = [f"band_{number}" for number in range(len(BANDS) - 1)]
INSIDE = "inner_spread inner_even inner_rough".split()
NAMES = ("saturation", "elongation", *BRIGHTNESS, *SHAPE, *TEXTURE)
NAMES = (*NAMES, *BAND_NAMES, *INSIDE)
COUNT = len(NAMES) + BINS * CELLS * CELLS


def measure(pixels: np.ndarray, saturation: float = 0.0) -> np.ndarray:
    """Return the facts of one picture.

    Args:
        pixels: grey levels, uint8 (height, width).
        saturation: how colourful it was, 0 to 1.

    Returns:
        (COUNT,) float32: first the facts in NAMES, then the logarithms of the edge
        strength by orientation and cell, over the box around the largest bright part.
    """
    height, width = pixels.shape
    small = _resize(pixels, SIDE)
    grey = small.astype(np.float32) / 255
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 8
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 8
    shape, head = _shape(grey)
    simple = np.hstack(
        [
            [saturation, abs(np.log(width / height))],
            _brightness(small, grey),
            shape,
            _texture(grey, across, down, head),
        ]
    )
    return np.hstack([simple, edge_cells(pixels)]).astype(np.float32)


def _resize(pixels: np.ndarray, side: int) -> np.ndarray:
    shrinks = min(pixels.shape) >= side
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(pixels, (side, side), interpolation=way)


def _brightness(small: np.ndarray, grey: np.ndarray) -> list[float]:
    """Return the facts in BRIGHTNESS."""
    rim = [grey[:2], grey[-2:], grey[2:-2, :2], grey[2:-2, -2:]]
    border = np.concatenate([part.ravel() for part in rim])
    corners = np.mean([grey[y:, x:][:8, :8].mean() for y in (0, -8) for x in (0, -8)])
    share = np.bincount(small.ravel() // 8, minlength=32) / small.size
    used = share[share > 0]
    centered = grey - grey.mean()
    power = float((centered**2).sum()) + 1e-3
    return [
        grey.mean(),
        grey.std(),
        (small <= 15).mean(),
        (small >= 250).mean(),
        border.mean(),
        (border < 0.06).mean(),
        corners,
        *np.quantile(grey, [0.5, 0.9, 0.99]),
        -(used * np.log(used)).sum(),
        share.max(),
        (share > 0.002).sum(),
        (centered * centered[:, ::-1]).sum() / power,
        (centered * centered[::-1]).sum() / power,
    ]


def _shape(grey: np.ndarray) -> tuple[list[float], np.ndarray]:
    """Return the facts in SHAPE and the largest bright part, filled, bool."""
    bright = grey > max(0.06, 0.25 * float(np.quantile(grey, 0.9)))
    count, parts, boxes, centers = cv2.connectedComponentsWithStats(
        bright.astype(np.uint8), connectivity=4
    )
    filled = np.zeros(grey.shape, np.uint8)
    if count < 2:
        return [0.0] * len(SHAPE), filled > 0
    largest = 1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())
    part = (parts == largest).astype(np.uint8)
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)
    cv2.drawContours(filled, [outline], -1, 1, -1)
    area = float(filled.sum())
    hull = cv2.contourArea(cv2.convexHull(outline)) + 2 * np.sqrt(len(outline)) + 1
    x, y = centers[largest] / SIDE - 0.5
    holes = 1 - boxes[largest, cv2.CC_STAT_AREA] / area
    return [area / grey.size, area / hull, x, y, holes, np.log(count)], filled > 0


def _texture(
    grey: np.ndarray, across: np.ndarray, down: np.ndarray, head: np.ndarray
) -> list[float]:
    """Return the facts in TEXTURE, BAND_NAMES and INSIDE."""
    edges = np.hypot(across, down)
    rough = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    along, upright = float((across**2).sum()), float((down**2).sum())
    slanted = 2 * float((across * down).sum())
    grain = np.hypot(along - upright, slanted) / (along + upright + 1e-3)
    inside = cv2.erode(head.astype(np.uint8), np.ones((5, 5)), borderValue=0) > 0
    inner = [0.0, 1.0, 0.0]
    if inside.sum() > 20:
        even = (edges[inside] < 0.008).mean()
        inner = [grey[inside].std(), even, np.median(rough[inside])]
    even = (edges < 0.008).mean()
    return [edges.mean(), even, rough.mean(), grain, *_band_power(grey), *inner]


def _band_power(grey: np.ndarray) -> list[float]:
    """Return the logarithm of the power in each band of BANDS."""
    power = np.abs(np.fft.fft2((grey - grey.mean()) * _WINDOW)).ravel() ** 2
    sums = np.bincount(_BAND, power, minlength=len(BANDS) + 1)
    return list(np.log(sums[1:-1] / _BAND_SIZE[1:-1] + 1e-3))


_STEPS = np.fft.fftfreq(SIDE)
_BAND = np.digitize(np.hypot(_STEPS[:, None], _STEPS).ravel(), BANDS)
_BAND_SIZE = np.bincount(_BAND)
_WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE))


def edge_cells(pixels: np.ndarray) -> np.ndarray:
    """Return log edge strength by orientation and cell, (BINS × CELLS × CELLS,).

    Source: after Dalal and Triggs, Histograms of oriented gradients (2005).
    """
    box = cv2.resize(_crop_head(pixels), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = box.astype(np.float32) / 255
    grey /= np.quantile(grey, 0.99) + 0.05
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    angle = (np.arctan2(down, across) % np.pi) / np.pi * BINS
    lower = np.floor(angle)
    bins = np.zeros((BINS, SIDE, SIDE), np.float32)
    for step, weight in ((0, 1 - (angle - lower)), (1, angle - lower)):
        place = (lower.astype(int) + step) % BINS
        np.put_along_axis(bins, place[None], (strength * weight)[None], 0)
    width = SIDE // CELLS
    cells = bins.reshape(BINS, CELLS, width, CELLS, width).mean(axis=(2, 4))
    return np.log(cells + 0.02).ravel()


def _crop_head(pixels: np.ndarray) -> np.ndarray:
    """Return the box around the largest bright part; all of it where there is none."""
    square = _resize(pixels, 2 * SIDE)
    bright = square > max(12.0, 0.12 * float(np.quantile(square, 0.99)))
    opened = cv2.morphologyEx(bright.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return square
    x, y, width, height, _ = boxes[1 + int(boxes[1:, cv2.CC_STAT_AREA].argmax())]
    if min(width, height) < 24:
        return square
    return square[y : y + height, x : x + width]
