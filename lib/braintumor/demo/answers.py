"""What a predictor is given and what it says, and the pictures that go with it."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from braintumor.data.uploads import Upload

DISPLAY_SIDE = 512  # pixels; the longest side of what is shown
MAXIMUM_ALPHA = 200  # of 255: the slice shines through the hottest place
COLOURED = 0.05  # mean saturation above which a picture counts as coloured
ELONGATED = 2.0  # longer side over shorter above which a square distorts


@dataclass(frozen=True)
class Prepared:
    """A decoded upload, ready for a model.

    Attributes:
        upload: what was noticed when it was decoded; its pixels are `image`.
        pixels: uint8 (side, side), filtered and resized as the model wants it.
        image: uint8 (h, w) for display, longest side at most 512.
        warnings: for the reader, one sentence each.
        facts: (facts.COUNT,) float32 for the gate; None where there is none.
    """

    upload: Upload
    pixels: np.ndarray
    image: np.ndarray
    warnings: tuple[str, ...] = ()
    facts: np.ndarray | None = None


@dataclass(frozen=True)
class Answer:
    """What a model says about one slice.

    Attributes:
        state: "answer", "uncertain" (it abstains) or "not_a_slice" (it was refused).
        model: its name.
        classes: in the order of the probabilities.
        probabilities: calibrated, summing to 1; () where the upload was refused.
        decision: a class; None where the model abstains or refuses.
        reason: why it abstains or refuses; "" for a plain answer.
        warnings: for the reader, one sentence each.
        image: uint8 (h, w) for display.
        heat: float32, ≥ 0, one value per cell of the last feature map: where the model
            looked for its first class; None where it refused or nothing speaks for it.
        side: pixels of the model's input.
    """

    state: str
    model: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    decision: str | None
    reason: str
    warnings: tuple[str, ...]
    image: np.ndarray
    heat: np.ndarray | None
    side: int

    @cached_property
    def overlay(self) -> np.ndarray | None:
        """The heat as a picture, uint8 (h, w, 4) RGBA; drawn when first asked for."""
        if self.heat is None:
            return None
        return draw_overlay(self.heat, side=self.side, shape=self.image.shape)


def fit_display(pixels: np.ndarray) -> np.ndarray:
    """Return grey pixels (h, w) scaled down so that no side exceeds 512."""
    factor = DISPLAY_SIDE / max(pixels.shape)
    if factor >= 1:
        return pixels
    width, height = (max(1, round(side * factor)) for side in pixels.shape[::-1])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def draw_overlay(heat: np.ndarray, *, side: int, shape: tuple[int, int]) -> np.ndarray:
    """Return a heat map as a picture to lie over the slice.

    The map is spread over the model's square input, then brought to the shape of the
    slice, the way that the slice was brought to the square.

    Args:
        heat: (h, w) float32, ≥ 0, with a place above 0.
        side: pixels of the model's input.
        shape: (height, width) of the displayed slice.

    Returns:
        uint8 (height, width, 4): inferno colours, the more opaque the hotter.
    """
    share = heat / heat.max()
    square = cv2.resize(share, (side, side), interpolation=cv2.INTER_CUBIC)
    spread = cv2.resize(square, shape[::-1], interpolation=cv2.INTER_LINEAR)
    scaled = np.clip(spread, 0, 1)
    levels = np.rint(scaled * 255).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1]
    alpha = np.rint(scaled * MAXIMUM_ALPHA).astype(np.uint8)
    return np.dstack([colours, alpha])


def warn(upload: Upload, side: int) -> tuple[str, ...]:
    """Return what a reader should know of an upload before trusting the answer.

    Args:
        upload: as decoded; its own warnings come first.
        side: pixels of the model's input.
    """
    height, width = upload.pixels.shape
    longer, shorter = max(height, width), min(height, width)
    said = list(upload.warnings)
    if longer < side / 2:
        said.append(
            f"The picture is much smaller ({width} × {height} pixels) than the "
            f"model's input ({side} × {side})."
        )
    if longer > ELONGATED * shorter:
        said.append(
            f"The picture is very elongated ({width} × {height} pixels) and was "
            "squeezed to a square for the model."
        )
    if upload.saturation > COLOURED:
        said.append("The picture is coloured; the model read it as grey.")
    return tuple(said)
