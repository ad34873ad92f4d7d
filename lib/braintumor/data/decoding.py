"""How bytes become grey values, and what is refused; `images` is its public face."""

import io
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from braintumor.data.grey import to_grey

FORMATS = ("PNG", "JPEG")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
# Read from the header, before memory is given: a small file can announce a huge image.
MAXIMUM_PIXELS = 25_000_000
MAXIMUM_SIDE = 8_192
MAXIMUM_BYTES = 256 * 1024 * 1024
ORIENTATION_TAG = 0x0112
TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# All that Pillow was seen to raise on altered files; UnidentifiedImageError is an
# OSError and stands here for the reader.
DECODER_ERRORS = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    struct.error,
    zlib.error,
)


class UnreadableSliceError(ValueError):
    """A file that does not decode to a slice; the message names it and the cure.

    Attributes:
        name: path of the file, or "the upload".
        problem: what is wrong with it.
        cure: what to do.
    """

    def __init__(self, name: str, problem: str = "", cure: str = "") -> None:
        """Keep the parts, so that a report can show them in columns."""
        super().__init__(name, problem, cure)
        self.name, self.problem, self.cure = name, problem, cure

    def __str__(self) -> str:
        """Say it in one line."""
        if not self.problem:
            return self.name
        return f"{self.name}: {self.problem}. {self.cure}"


class Decoded(NamedTuple):
    """A decoded slice.

    Attributes:
        pixels: grey values, uint8 (height, width), upright.
        mode: as stored, in Pillow's words.
        format: "PNG", "JPEG" or "MATLAB".
        orientation: EXIF orientation that was applied, 1 to 8.
        saturation: mean over pixels of (largest - smallest of red, green and blue),
            0 to 1; 0 for a grey file, and where nobody asked.
        frames: pictures in the file; the first one was decoded.
    """

    pixels: np.ndarray
    mode: str
    format: str
    orientation: int
    saturation: float = 0.0
    frames: int = 1


def read_file(path: Path) -> bytes:
    """Read a file that may be a slice.

    Raises:
        UnreadableSliceError: it cannot be opened or is far too large.
    """
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise UnreadableSliceError(
                str(path), f"{size:,} bytes are no slice", "Remove it."
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableSliceError(
            str(path),
            f"cannot be opened ({error.strerror})",
            "Check the path and the permissions, or fetch the data again.",
        ) from error


def decode_bytes(content: bytes, name: str, *, colours: bool = True) -> Decoded:
    """Decode the bytes of a file.

    Args:
        content: the bytes.
        name: the file, for the message; MATLAB only where it ends in ".mat".
        colours: fill `saturation`, too.

    Raises:
        UnreadableSliceError: they are no slice.
    """
    if not content:
        raise UnreadableSliceError(name, "is empty (0 bytes)", "Fetch it again.")
    if name.endswith(".mat"):
        from braintumor.data import matlab

        return Decoded(matlab.decode_matlab(content, name), "I;16", "MATLAB", 1)
    return decode_picture(content, name, colours=colours)


def decode_picture(content: bytes, name: str, *, colours: bool = True) -> Decoded:
    """Decode the bytes of a PNG or JPEG, whatever they are called.

    Args:
        content: the bytes.
        name: for the message.
        colours: fill `saturation`, too.

    Raises:
        UnreadableSliceError: they are no picture, damaged or too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            require_sane_size(*image.size, name)
            mode, file_format = image.mode, image.format or ""
            frames = max(1, getattr(image, "n_frames", 1))
            orientation = image.getexif().get(ORIENTATION_TAG, 1)
            image.load()
            grey, saturation = to_grey(image, colours=colours)
    except UnreadableSliceError:
        raise
    except DECODER_ERRORS as error:
        raise _explain(content, name, error) from error
    if orientation in TRANSPOSES:
        grey = grey.transpose(TRANSPOSES[orientation])
    else:
        orientation = 1
    pixels = np.array(grey)
    return Decoded(pixels, mode, file_format, orientation, saturation, frames)


def require_sane_size(width: int, height: int, name: str) -> None:
    """Refuse what no slice is as large as.

    Raises:
        UnreadableSliceError: empty, or beyond the limits of pixels and side.
    """
    if min(width, height) < 1:
        raise UnreadableSliceError(name, "holds no pixels", "Fetch it again.")
    if width * height > MAXIMUM_PIXELS or max(width, height) > MAXIMUM_SIDE:
        raise UnreadableSliceError(
            name,
            f"{width:,} x {height:,} pixels are too many",
            f"Scale it to at most {MAXIMUM_SIDE:,} pixels a side and "
            f"{MAXIMUM_PIXELS // 1_000_000} megapixels.",
        )


def _explain(content: bytes, name: str, error: BaseException) -> UnreadableSliceError:
    if isinstance(error, UnidentifiedImageError):
        start = content[:256]
        printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
        kind = "is text" if printable > 0.95 * len(start) else "is no PNG or JPEG"
        return UnreadableSliceError(
            name, f"{kind}, whatever its name says", "Replace or remove it."
        )
    reason = str(error) or type(error).__name__
    return UnreadableSliceError(
        name, f"is damaged or cut short ({reason})", "Fetch it again or remove it."
    )
