"""How colours, transparency and any bit depth become grey values 0 to 255.

A picture is worked on in strips, so that one at the size limit needs no second copy of
itself in colour, let alone in floating point.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageChops

STRIP_PIXELS = 1_000_000
# Scanner values have no fixed scale; this share is clipped at either end.
CLIPPED_PERCENT = 0.5


def to_grey(image: Image.Image, *, colours: bool = True) -> tuple[Image.Image, float]:
    """Return a loaded picture in grey, and how colourful it was.

    Transparent pixels lie on black, colours become luma (ITU-R 601), 16-bit grey is
    rescaled.

    Args:
        image: of any mode that a PNG or JPEG has.
        colours: say how colourful it was, which takes longer than all the rest.

    Returns:
        The picture in mode "L"; mean of (largest - smallest of red, green and blue)
        over its pixels, 0 to 1 (0 where nobody asked).
    """
    if image.mode.startswith("I"):
        return Image.fromarray(rescale_depth(np.asarray(image))), 0.0
    if image.mode == "L" and not image.has_transparency_data:
        return image, 0.0
    grey = Image.new("L", image.size)
    spread = 0
    for top, bottom in strips(image.height, image.width):
        whole = bottom - top == image.height
        strip = image if whole else image.crop((0, top, image.width, bottom))
        strip = _flatten(strip)
        grey.paste(strip.convert("L"), (0, top))
        spread += _sum_spread(strip) if colours else 0
    return grey, spread / (255.0 * image.width * image.height)


def strips(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield (first row, row after the last) of strips of about a million pixels."""
    rows = max(1, STRIP_PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def rescale_depth(values: np.ndarray) -> np.ndarray:
    """Bring grey values of any depth to 0..255.

    The scale is the smallest bit depth that holds the brightest pixel: scanners write
    12 bits into 16-bit files, which would look black on the scale of all 16. An 8-bit
    picture stored as 16-bit comes back unchanged, as do 257 times its values.

    Args:
        values: integers >= 0, (height, width).

    Returns:
        uint8 (height, width).
    """
    depth = max(8, int(values.max(initial=0)).bit_length())
    grey = np.empty(values.shape, dtype=np.uint8)
    for top, bottom in strips(*values.shape):
        grey[top:bottom] = np.rint(values[top:bottom] * (255.0 / (2**depth - 1)))
    return grey


def find_range(values: np.ndarray) -> tuple[float, float]:
    """Return the percentiles between which scanner values are shown.

    Args:
        values: numbers, (height, width); NaN and infinities are left out.

    Returns:
        Low and high; both 0 where no number is finite.
    """
    step = 1 + int((values.size / STRIP_PIXELS) ** 0.5)
    sample = values[::step, ::step]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 0.0
    low, high = np.percentile(sample, [CLIPPED_PERCENT, 100 - CLIPPED_PERCENT])
    if low == high:  # a few bright pixels on an empty plane
        low, high = sample.min(), sample.max()
    return float(low), float(high)


def rescale_range(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Bring `low`..`high` to 0..255; what lies outside is clipped, NaN becomes 0.

    Args:
        values: numbers, (height, width).
        low: becomes 0.
        high: becomes 255; a range without width makes everything 0.

    Returns:
        uint8 (height, width).
    """
    grey = np.zeros(values.shape, dtype=np.uint8)
    scale = 255.0 / (high - low) if high > low else 0.0
    for top, bottom in strips(*values.shape):
        with np.errstate(invalid="ignore", over="ignore"):
            strip = (values[top:bottom].astype(np.float64) - low) * scale
        grey[top:bottom] = np.rint(np.clip(np.nan_to_num(strip), 0, 255))
    return grey


def _flatten(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        black = Image.new("RGBA", colours.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, colours).convert("RGB")
    if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    return image


def _sum_spread(image: Image.Image) -> int:
    if image.mode != "RGB":
        return 0
    red, green, blue = image.split()
    largest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    smallest = ImageChops.darker(ImageChops.darker(red, green), blue)
    counts = ImageChops.subtract(largest, smallest).histogram()
    return sum(value * count for value, count in enumerate(counts))
