"""The one decoder: notebooks, cache, widget and web page read a slice through it.

Decoders disagree (OpenCV applies the EXIF orientation, Pillow does not; Pillow clips
16-bit grey to white), so a second one would show the models other pixels.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from braintumor.data.decoding import (
    SUFFIXES,
    UnreadableSliceError,
    decode_bytes,
    read_file,
)

__all__ = [
    "SUFFIXES",
    "SliceFacts",
    "UnreadableSliceError",
    "decode_slice",
    "hash_pixels",
    "inspect_slice",
]


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
        error: why it does not decode; `None` where it does.
    """

    width: int
    height: int
    mode: str
    format: str
    orientation: int
    sha256: str
    pixel_sha256: str
    error: UnreadableSliceError | None

    @property
    def problem(self) -> str | None:
        """File, fault and cure in one sentence; `None` where it decodes."""
        return None if self.error is None else str(self.error)


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
        return decode_bytes(source, "the upload", colours=False).pixels
    path = Path(source)
    return decode_bytes(read_file(path), str(path), colours=False).pixels


def inspect_slice(path: Path) -> SliceFacts:
    """Decode a file and hash it, without raising for a bad one.

    Args:
        path: the file.

    Returns:
        Its facts; `error` says what is wrong with an unreadable one.
    """
    content = b""
    try:
        content = read_file(path)
        decoded = decode_bytes(content, str(path), colours=False)
    except UnreadableSliceError as error:
        digest = hashlib.sha256(content).hexdigest()
        return SliceFacts(0, 0, "", "", 1, digest, "", error)
    height, width = decoded.pixels.shape
    return SliceFacts(
        width=width,
        height=height,
        mode=decoded.mode,
        format=decoded.format,
        orientation=decoded.orientation,
        sha256=hashlib.sha256(content).hexdigest(),
        pixel_sha256=hash_pixels(decoded.pixels),
        error=None,
    )


def hash_pixels(pixels: np.ndarray) -> str:
    """Return the SHA-256 of shape and values of grey `pixels` (height, width)."""
    digest = hashlib.sha256("x".join(map(str, pixels.shape)).encode())
    digest.update(np.ascontiguousarray(pixels))
    return digest.hexdigest()
