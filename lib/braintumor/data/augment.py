"""Augmentation: one affine warp and one brightness factor per slice, drawn by key.

The key is (seed, epoch, slice), not the order of calls, so a resumed training sees
exactly what the uninterrupted one would have seen.
"""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """How far a training slice may be moved; everything is drawn uniformly.

    Attributes:
        rotation: largest turn either way, in degrees.
        shift: largest move along each axis, as a share of the side.
        zoom: largest change of scale; 0.1 means 0.9–1.1.
        flip: mirror left and right half of the time.
        brightness: largest change of the brightness factor; 0.2 means 0.8–1.2.
    """

    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    flip: bool = False
    brightness: float = 0.0


def draw_warp(
    augmentation: Augmentation, side: int, key: tuple[int, int, int]
) -> tuple[np.ndarray, float]:
    """Draw the warp and brightness of one slice in one epoch.

    Args:
        augmentation: the ranges.
        side: pixels of the square slice.
        key: (seed, epoch, position of the slice in its data set).

    Returns:
        The 2×3 matrix that maps source to target pixels, and the brightness factor.
    """
    turn, across, down, scale, mirror, light = np.random.default_rng(key).random(6)
    angle = (2 * turn - 1) * augmentation.rotation
    factor = 1 + (2 * scale - 1) * augmentation.zoom
    centre = (side - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), angle, factor)
    matrix[0, 2] += (2 * across - 1) * augmentation.shift * side
    matrix[1, 2] += (2 * down - 1) * augmentation.shift * side
    if augmentation.flip and mirror < 0.5:
        matrix = matrix @ np.array([[-1, 0, side - 1], [0, 1, 0], [0, 0, 1]])
    return matrix, 1 + (2 * light - 1) * augmentation.brightness


def augment_slice(
    image: np.ndarray, augmentation: Augmentation, key: tuple[int, int, int]
) -> np.ndarray:
    """Return the slice as the epoch of `key` sees it.

    Args:
        image: (side, side) uint8, unchanged.
        augmentation: the ranges to draw from.
        key: (seed, epoch, position of the slice).

    Returns:
        (side, side) uint8; what moves in from outside is black.
    """
    side = image.shape[0]
    matrix, brightness = draw_warp(augmentation, side, key)
    warped = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=0
    )
    if augmentation.brightness:
        warped = cv2.convertScaleAbs(warped, alpha=brightness)
    return warped
