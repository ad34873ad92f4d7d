"""Lesions planted into healthy slices, so that a background tells nothing.

In the public sets healthy slices and tumours come from different places, and a network
may learn the place. Where every healthy slice of an epoch is also shown with a lesion,
only the lesion tells the two apart. The lesions are drawn, not copied: round or lobed,
brighter or darker than their surroundings, solid or with a rim, with or without a halo.
"""

from dataclasses import dataclass

import cv2
import numpy as np

STREAM = 2  # after (seed, epoch, slice): draws of its own
PLACES = 0.28  # semi-axis of the ellipse of possible centres, as a share of the side
LOBES = 4  # harmonics of the outline


@dataclass(frozen=True)
class Planting:
    """What planted lesions look like; all is drawn uniformly.

    Attributes:
        smallest: radius as a share of the side of a slice that the head fills.
        largest: likewise.
        bright: chance that the lesion is brighter than its surroundings.
        rim: chance of a core that differs from its rim.
        halo: chance of a fainter, wider surrounding.
    """

    smallest: float = 0.05
    largest: float = 0.16
    bright: float = 0.7
    rim: float = 0.35
    halo: float = 0.5


def plant_lesion(
    image: np.ndarray, planting: Planting, key: tuple[int, int, int]
) -> np.ndarray:
    """Return a healthy slice with one lesion in it.

    Args:
        image: (side, side) uint8, cropped to the head; unchanged.
        planting: ranges and chances.
        key: (seed, epoch, position of the slice).

    Returns:
        (side, side) uint8.
    """
    random = np.random.default_rng((*key, STREAM))
    side = image.shape[0]
    radius = side * random.uniform(planting.smallest, planting.largest)
    distance = _draw_distance(random, side, radius)
    soft = random.uniform(0.04, 0.15)
    mask = _inside(distance, 1.0, soft)
    around = float(np.median(image[distance < 1.5]))
    bright = random.random() < planting.bright
    values = image.astype(np.float32)
    if random.random() < planting.halo:
        wide = _inside(distance, random.uniform(1.3, 2.0), 0.3)
        tissue = np.clip(values / 64, 0, 1)  # a halo does not leave the head
        values += random.uniform(15, 60) * (1 if bright else -1) * wide * tissue
    level = _draw_level(random, around, bright)
    texture = cv2.GaussianBlur(random.normal(0, 1, image.shape), (0, 0), side / 48)
    level = level * (1 + 0.15 * texture / max(float(texture.std()), 1e-6))
    values += mask * random.uniform(0.75, 1.0) * (level - values)
    if random.random() < planting.rim:
        core = _inside(distance, random.uniform(0.5, 0.8), soft)
        values += core * 0.9 * (_draw_level(random, around, not bright) - values)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def _draw_distance(random: np.random.Generator, side: int, radius: float) -> np.ndarray:
    """Return the distance (side, side) from a drawn centre; 1 on the outline."""
    turn, reach = random.uniform(0, 2 * np.pi), PLACES * side * random.random() ** 0.5
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    y, x = y - reach * np.sin(turn), x - reach * np.cos(turn)
    x = x * random.uniform(0.75, 1.33)
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    for lobe in range(2, 2 + LOBES):
        phase = random.uniform(0, 2 * np.pi)
        outline += random.uniform(0, 0.3) / lobe * np.cos(lobe * angle + phase)
    return np.hypot(x, y) / (radius * outline)


def _inside(distance: np.ndarray, edge: float, soft: float) -> np.ndarray:
    """Return 1 inside an edge and 0 outside, with a soft step between."""
    return 1 / (1 + np.exp(np.clip((distance - edge) / soft, -30, 30)))


def _draw_level(random: np.random.Generator, around: float, bright: bool) -> float:
    """Return a grey level that stands out from the surroundings."""
    if bright:
        return around + random.uniform(0.35, 0.95) * max(255 - around, 60.0)
    return around * random.uniform(0.1, 0.6)
