"""Slices whose answers are known beforehand and differ, so that a swap would show."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from braintumor import paths
from braintumor.data import phantom
from braintumor.data.decoding import decode_bytes

COUNT = 50
SIDE = 512  # pixels, as the published slices have; the phantoms are enlarged to it
DRAWN, DRAWN_SIDE, SEED = 160, 160, 7
APART = 1e-3  # largest difference of probabilities that two slices must have
TOLERANCE = 1e-4  # between one slice alone and in a batch: the order of sums differs


class Known(NamedTuple):
    """One slice and its answer.

    Attributes:
        content: bytes of a PNG file.
        probabilities: as the predictor gave them, alone.
    """

    content: bytes
    probabilities: tuple[float, ...]


def known_slices(predictor, count: int = COUNT) -> list[Known]:
    """Return phantom slices of which no two have the same answer.

    Args:
        predictor: of the model that will be asked.
        count: how many.

    Raises:
        ValueError: the model tells too few of them apart.
    """
    folder = paths.cache_root() / "soak" / "phantom"
    root = phantom.generate(folder, slices=DRAWN, side=DRAWN_SIDE, seed=SEED)
    chosen: list[Known] = []
    for path in sorted(root.glob("T*/*/*.png")):
        known = _answer(predictor, path)
        if known.probabilities and all(differ(known, other) for other in chosen):
            chosen.append(known)
        if len(chosen) == count:
            return chosen
    raise ValueError(
        f"{predictor.name} gives only {len(chosen)} different answers to {DRAWN} "
        f"phantom slices, {count} are wanted: is it trained?"
    )


def _answer(predictor, path: Path) -> Known:
    size = (SIDE, SIDE)
    drawn = decode_bytes(path.read_bytes(), str(path)).pixels
    pixels = cv2.resize(drawn, size, interpolation=cv2.INTER_CUBIC)
    content = cv2.imencode(".png", pixels)[1].tobytes()
    return Known(content, predictor.predict(content).probabilities)


def differ(one: Known, other: Known) -> bool:
    """Say whether two answers are further apart than rounding could bring them."""
    gaps = np.abs(np.subtract(one.probabilities, other.probabilities))
    return float(gaps.max()) > APART
