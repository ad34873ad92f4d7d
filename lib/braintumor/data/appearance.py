"""Slices as another scanner, sequence or re-encoding might have given them.

Source-blind: the ranges are fixed beforehand and no other data set is looked at. What
they cover is what differs between published sets at large: grey scale, sequence,
sharpness, noise and compression.
"""

from dataclasses import dataclass

import cv2
import numpy as np

STREAM = 1  # after (seed, epoch, slice): draws that share none with the warp's


@dataclass(frozen=True)
class Appearance:
    """How far the look of a training slice may change; each happens by its own chance.

    Attributes:
        chance: of gamma, of blur, of low resolution, of noise, of compression, 0 to 1.
        gamma: largest change of the exponent, as a power of two either way.
        curve: chance of a random tone curve: brighter tissue may become darker, as
            between two sequences; black stays black.
        blur: largest standard deviation of a Gaussian, pixels.
        resolution: smallest side that a slice is brought down to, as a share.
        noise: largest standard deviation of Gaussian noise, grey levels.
        quality: lowest JPEG quality, 1 to 100.
    """

    chance: float = 0.5
    gamma: float = 1.0
    curve: float = 0.3
    blur: float = 1.0
    resolution: float = 0.5
    noise: float = 12.0
    quality: int = 30


def change_appearance(
    image: np.ndarray, appearance: Appearance, key: tuple[int, int, int]
) -> np.ndarray:
    """Return a slice with another look, drawn by key.

    Args:
        image: (side, side) uint8, unchanged.
        appearance: ranges and chances.
        key: (seed, epoch, position of the slice).

    Returns:
        (side, side) uint8.
    """
    random = np.random.default_rng((*key, STREAM))
    happens = random.random(6) < [appearance.curve, *[appearance.chance] * 5]
    strength = random.random(6)
    values = _tone(random, happens, strength, appearance)[image]
    side = image.shape[0]
    if happens[2]:
        values = cv2.GaussianBlur(values, (0, 0), 0.05 + strength[2] * appearance.blur)
    if happens[3]:
        small = round(side * (1 - strength[3] * (1 - appearance.resolution)))
        values = cv2.resize(values, (small, small), interpolation=cv2.INTER_AREA)
        values = cv2.resize(values, (side, side), interpolation=cv2.INTER_LINEAR)
    if happens[4]:
        spread = strength[4] * appearance.noise
        values = values + random.normal(0, spread, image.shape)
    changed = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    if happens[5]:
        quality = round(100 - strength[5] * (100 - appearance.quality))
        _, code = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, quality])
        changed = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    return changed


def _tone(
    random: np.random.Generator,
    happens: np.ndarray,
    strength: np.ndarray,
    appearance: Appearance,
) -> np.ndarray:
    """Return the new value (256,) float32 of each grey level."""
    levels = np.arange(256) / 255
    if happens[0]:
        knots = np.append(0.0, random.random(4))
        knots /= max(knots.max(), 1e-3)  # the brightest tissue uses the whole scale
        levels = np.interp(levels, np.linspace(0, 1, 5), knots)
    if happens[1]:
        levels = levels**2 ** ((2 * strength[1] - 1) * appearance.gamma)
    return (255 * levels).astype(np.float32)
