"""The one decoder: notebooks, cache, widget and web page read a slice through it.

Decoders disagree (OpenCV applies the EXIF orientation, Pillow does not; Pillow clips
16-bit grey to white), so a second one would show the models other pixels.
"""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

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
    """A file that does not decode to a slice; the message names it and the cure."""


@dataclass(frozen=True)
class SliceFacts:
    """What one look at a file tells.

    Attributes:
        width: pixels, after the EXIF orientation; 0 where unreadable.
        height: pixels, after the EXIF orientation; 0 where unreadable.
        mode: as stored: "L", "RGB", "P", "RGBA", "I;16", "CMYK", ...; "" if unknown.
        format: "PNG", "JPEG" or "MATLAB"; "" where unknown.
        orientation: EXIF orientation, 1 to 8; 1 is upright.
        sha256: of the file's bytes, 64 hex digits.
        pixel_sha256: of shape and decoded grey pixels; "" where unreadable.
        problem: why it does not decode, with the cure; `None` where it does.
    """

    width: int
    height: int
    mode: str
    format: str
    orientation: int
    sha256: str
    pixel_sha256: str
    problem: str | None


def decode_slice(source: Path | str | bytes) -> np.ndarray:
    """Decode a PNG or JPEG (or a figshare `.mat` file) to grey values.

    The EXIF orientation is applied, 16-bit grey is rescaled (never clipped),
    transparent pixels lie on black, colours become luma (ITU-R 601).

    Args:
        source: path of a file, or the bytes of an upload (PNG and JPEG only).

    Returns:
        Grey values 0 to 255, uint8 (height, width), contiguous and writable.

    Raises:
        UnreadableSliceError: missing, empty, truncated, too large or no image.
    """
    if isinstance(source, bytes):
        return _decode(source, "the upload")[0]
    path = Path(source)
    return _decode(_read(path), str(path))[0]


def inspect_slice(path: Path) -> SliceFacts:
    """Decode a file and hash it, without raising for a bad one.

    Args:
        path: the file.

    Returns:
        Its facts; `problem` says what is wrong with an unreadable one.
    """
    content = b""
    try:
        content = _read(path)
        pixels, mode, file_format, orientation = _decode(content, str(path))
    except UnreadableSliceError as error:
        digest = hashlib.sha256(content).hexdigest()
        return SliceFacts(0, 0, "", "", 1, digest, "", str(error))
    height, width = pixels.shape
    return SliceFacts(
        width=width,
        height=height,
        mode=mode,
        format=file_format,
        orientation=orientation,
        sha256=hashlib.sha256(content).hexdigest(),
        pixel_sha256=hash_pixels(pixels),
        problem=None,
    )


def hash_pixels(pixels: np.ndarray) -> str:
    """Return the SHA-256 of shape and values of grey `pixels` (height, width)."""
    digest = hashlib.sha256("x".join(map(str, pixels.shape)).encode())
    digest.update(np.ascontiguousarray(pixels))
    return digest.hexdigest()


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise UnreadableSliceError(
                f"{path}: {size:,} bytes are no slice. Remove it or export one slice."
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableSliceError(
            f"{path}: cannot be opened ({error.strerror}). "
            "Check the path and the permissions, or fetch the data again."
        ) from error


def _decode(content: bytes, name: str) -> tuple[np.ndarray, str, str, int]:
    if not content:
        raise UnreadableSliceError(f"{name}: the file is empty. Fetch it again.")
    if name.endswith(".mat"):
        from braintumor.data import figshare

        return figshare.decode_matlab(content, name), "I;16", "MATLAB", 1
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _require_sane_size(image, name)
            mode = image.mode
            orientation = image.getexif().get(ORIENTATION_TAG, 1)
            image.load()
            grey = _grey(image)
    except UnreadableSliceError:
        raise
    except DECODER_ERRORS as error:
        raise UnreadableSliceError(_explain(content, name, error)) from error
    if orientation in TRANSPOSES:
        grey = grey.transpose(TRANSPOSES[orientation])
    else:
        orientation = 1
    return np.array(grey), mode, image.format or "", orientation


def _require_sane_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAXIMUM_PIXELS or max(width, height) > MAXIMUM_SIDE:
        raise UnreadableSliceError(
            f"{name}: {width:,} x {height:,} pixels are too many. "
            f"Scale it to at most {MAXIMUM_SIDE:,} pixels a side and "
            f"{MAXIMUM_PIXELS // 1_000_000} megapixels."
        )


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return Image.fromarray(rescale_depth(np.asarray(image)))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        black = Image.new("RGBA", colours.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, colours).convert("RGB")
    if image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    return image.convert("L")


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
    return np.rint(values * (255.0 / (2**depth - 1))).astype(np.uint8)


def _explain(content: bytes, name: str, error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):
        printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in content[:256])
        kind = "text" if printable > 0.95 * len(content[:256]) else "no PNG or JPEG"
        return f"{name}: is {kind}, whatever its name says. Replace or remove it."
    return (
        f"{name}: is damaged or cut short ({str(error) or type(error).__name__}). "
        "Fetch it again or remove it."
    )
