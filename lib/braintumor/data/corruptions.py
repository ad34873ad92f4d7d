"""Ten ways in which a slice goes bad, at five severities each.

torchio and MONAI have most of them but need PyTorch; AlbumentationsX needs none but is
under the AGPL, unlike this project. So the scanner's faults are written out from their
physics in `kspace`; the others are OpenCV's and Pillow's.

What is drawn at random depends on seed, slice and corruption, not on the severity: a
higher one is the same accident, only worse.
"""

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from braintumor.data import kspace

SEVERITIES = (1, 2, 3, 4, 5)
LETTER_HEIGHT = 0.03  # of the slice's height
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LETTERS_PER_LINE, MOST_LETTERS = 12, 96
FONT_HEIGHT = 22  # pixels of a capital of OpenCV's plain font at scale 1

Distortion = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """One kind of fault.

    Attributes:
        distort: takes grey values uint8 (height, width), a strength > 0 and a
            generator; returns (height, width) in grey levels, not yet rounded.
        strengths: of the five severities; see `severities`.
        unit: of the strength.
    """

    distort: Distortion
    strengths: tuple[float, float, float, float, float]
    unit: str


def corrupt(
    grey: np.ndarray, corruption: str, severity: int, *, seed: int, slice_id: str
) -> np.ndarray:
    """Return a slice with a fault.

    Args:
        grey: (height, width) uint8, unchanged.
        corruption: a key of `CORRUPTIONS`.
        severity: 0 (untouched) to 5.
        seed: of what is drawn, 0 or more.
        slice_id: of the slice; another slice has another accident.

    Returns:
        (height, width) uint8.

    Raises:
        ValueError: an unknown corruption or severity, or pixels of another type.
    """
    if corruption not in CORRUPTIONS:
        raise ValueError(
            f"corruption={corruption!r} is unknown: use {', '.join(CORRUPTIONS)}."
        )
    if severity not in (0, *SEVERITIES):
        raise ValueError(f"severity={severity!r} will not do: give 0 to 5.")
    strength = CORRUPTIONS[corruption].strengths[severity - 1] if severity else 0.0
    return distort(grey, corruption, strength, seed=seed, slice_id=slice_id)


def distort(
    grey: np.ndarray, corruption: str, strength: float, *, seed: int, slice_id: str
) -> np.ndarray:
    """Return a slice with a fault of any strength; see `corrupt`."""
    if grey.ndim != 2 or grey.dtype != np.uint8:
        raise ValueError(
            f"A slice is (height, width) uint8, this is {grey.shape} {grey.dtype}: "
            "decode it with `images.decode_slice`."
        )
    if not strength:
        return grey.copy()
    names = [zlib.crc32(name.encode()) for name in (slice_id, corruption)]
    random = np.random.default_rng((seed, *names))
    values = CORRUPTIONS[corruption].distort(grey, strength, random)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def shade(grey, strength, random) -> np.ndarray:
    """Multiply by a smooth field whose logarithm has the deviation `strength`."""
    return grey * np.exp(strength * kspace.draw_field(grey.shape, random))


def ghost(grey, strength, random) -> np.ndarray:
    """Add two ghosts along the phase-encoding direction, rows or columns."""
    values = _choose_direction(grey, turned := bool(random.integers(2)))
    height = len(values)
    shift = int(random.integers(height // 8, height // 3 + 1))
    phase = random.uniform(0, 2 * np.pi)
    ghosts = kspace.modulate_lines(values, strength=strength, shift=shift, phase=phase)
    return _choose_direction(ghosts, turned)


def move(grey, strength, random) -> np.ndarray:
    """Let the head jerk by about `strength` degrees and percent of the side, twice."""
    values = _choose_direction(grey, turned := bool(random.integers(2)))
    height = len(values)
    cuts = tuple(random.uniform(0.01, 0.05, size=2) * height)
    steps = random.normal(size=(2, 3)) * strength * [1, height / 100, height / 100]
    first, last = (kspace.Pose(*step) for step in steps.tolist())
    moved = kspace.join_poses(values, first=first, last=last, cuts=cuts)
    return _choose_direction(moved, turned)


def ring(grey, strength, random) -> np.ndarray:
    """Cut the share `strength` of k-space's lines and columns off, at its edges."""
    return np.abs(kspace.truncate_kspace(grey.astype(float), kept=1 - strength))


def add_noise(grey, strength, random) -> np.ndarray:
    """Add Rician noise of `strength` grey levels."""
    values, noise = grey.astype(float), random.normal(size=(2, *grey.shape))
    return kspace.add_receiver_noise(values, deviation=strength, noise=noise)


def blur(grey, strength, random) -> np.ndarray:
    """Blur by a Gaussian whose deviation is `strength` percent of the shorter side."""
    deviation = strength / 100 * min(grey.shape)
    return cv2.GaussianBlur(grey.astype(float), (0, 0), deviation)


def bend(grey, strength, random) -> np.ndarray:
    """Bend the grey scale, as another display would: exponent e^strength or inverse."""
    exponent = np.exp(strength if random.integers(2) else -strength)
    return 255 * (grey / 255) ** exponent


def coarsen(grey, strength, random) -> np.ndarray:
    """Take the share `strength` of the pixels away along each side, and stretch."""
    height, width = grey.shape
    small = [max(1, round(length * (1 - strength))) for length in (width, height)]
    fewer = cv2.resize(grey.astype(float), small, interpolation=cv2.INTER_AREA)
    return cv2.resize(fewer, (width, height), interpolation=cv2.INTER_LINEAR)


def compress(grey, strength, random) -> np.ndarray:
    """Write and read a JPEG of the quality 100 − `strength`."""
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, "JPEG", quality=max(1, round(100 - strength)))
    return np.asarray(Image.open(stream))


def burn_text(grey, strength, random) -> np.ndarray:
    """Burn `strength` white letters into a corner, as a console writes a name."""
    letters = random.choice(list(LETTERS), size=MOST_LETTERS)
    height, width = grey.shape
    letter = max(5.0, LETTER_HEIGHT * height)
    step, line = round(1.1 * letter), round(1.6 * letter)
    bottom, right = random.integers(2, size=2)
    left = width - step * LETTERS_PER_LINE - 2 if right else 2
    first = height - 3 if bottom else round(letter) + 2
    canvas, font, scale = grey.copy(), cv2.FONT_HERSHEY_SIMPLEX, letter / FONT_HEIGHT
    for position, sign in enumerate(letters[: round(strength)].tolist()):
        row, column = divmod(position, LETTERS_PER_LINE)
        place = left + step * column, first + (-line if bottom else line) * row
        cv2.putText(canvas, sign, place, font, scale, 255, 1, cv2.LINE_AA)
    return canvas


def _choose_direction(values: np.ndarray, turned: bool) -> np.ndarray:
    """Return float values with the phase-encoding direction along the rows, or back."""
    return np.asarray(values.T if turned else values, dtype=float, order="C")


# What the strengths are, and how they were found: see `severities`.
# fmt: off
CORRUPTIONS: dict[str, Corruption] = {
    "bias_field": Corruption(
        shade, (0.0735, 0.118, 0.192, 0.314, 0.515), "deviation of the log gain"),
    "ghosting": Corruption(
        ghost, (0.0916, 0.145, 0.23, 0.364, 0.573), "depth of the pulsation"),
    "motion": Corruption(
        move, (0.128, 0.216, 0.385, 0.707, 1.53), "degrees and % of the side"),
    "gibbs_ringing": Corruption(
        ring, (0.455, 0.625, 0.741, 0.83, 0.902), "share of k-space cut off"),
    "rician_noise": Corruption(
        add_noise, (3.43, 5.43, 8.58, 13.6, 21.4), "grey levels"),
    "blur": Corruption(blur, (0.282, 0.399, 0.608, 1.02, 1.94), "% of the side"),
    "gamma": Corruption(
        bend, (0.0696, 0.107, 0.169, 0.267, 0.427), "log of the exponent"),
    "low_resolution": Corruption(
        coarsen, (0.0425, 0.386, 0.605, 0.766, 0.877), "share of pixels lost"),
    "jpeg": Corruption(compress, (42, 78, 90, 94, 98), "100 − quality"),
    "burnt_in_text": Corruption(burn_text, (2, 4, 12, 31, 92), "letters"),
}
# fmt: on
