"""One decoder for uploads from strangers: PNG, JPEG, DICOM, NIfTI, chosen by content.

A name decides nothing here. It is shown in messages only, cut and cleaned.
"""

from typing import NamedTuple

import numpy as np

from braintumor.data.containers import require_few_parts
from braintumor.data.decoding import UnreadableSliceError, decode_picture

# Read off the content, never off the name.
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
GZIP_START = b"\x1f\x8b"
DICOM_PLACE, DICOM_MARK = slice(128, 132), b"DICM"
NIFTI_MARKS = (
    (slice(344, 348), (b"n+1\0", b"ni1\0")),
    (slice(4, 8), (b"n+2\0", b"ni2\0")),
)
# A volume of 512 x 512 x 100 in 16 bits is 50 MB before it is zipped.
MAXIMUM_UPLOAD_BYTES = 64 * 1024 * 1024
LONGEST_NAME = 80
CURE = "Choose a PNG, JPEG, DICOM or NIfTI file."


class Upload(NamedTuple):
    """A decoded upload.

    Attributes:
        pixels: grey values, uint8 (height, width), upright.
        format: "PNG", "JPEG", "DICOM" or "NIfTI".
        saturation: how colourful it was, 0 to 1; 0 for grey files.
        frames: pictures, frames or axial slices in the file.
        position: which of them `pixels` is, from 0.
        warnings: sentences for whoever uploaded it.
    """

    pixels: np.ndarray
    format: str
    saturation: float = 0.0
    frames: int = 1
    position: int = 0
    warnings: tuple[str, ...] = ()


def decode_upload(
    content: bytes, name: str = "the upload", *, position: int | None = None
) -> Upload:
    """Decode what a stranger sent.

    Args:
        content: the bytes.
        name: what the sender called it; for messages only.
        position: frame of a DICOM file, or axial slice of a NIfTI volume counted from
            the feet, from 0; `None` takes the middle. Pictures have position 0 alone.

    Raises:
        UnreadableSliceError: no slice, damaged, too large, or no such position.
    """
    name = clean_name(name)
    if not content:
        raise UnreadableSliceError(name, "is empty (0 bytes)", CURE)
    if len(content) > MAXIMUM_UPLOAD_BYTES:
        raise UnreadableSliceError(
            name,
            f"{len(content):,} bytes are too many",
            f"At most {MAXIMUM_UPLOAD_BYTES:,} are read; export the slice as PNG.",
        )
    if content.startswith((PNG_START, JPEG_START)):
        return _decode_picture(content, name, position)
    if content[DICOM_PLACE] == DICOM_MARK:
        return _decode_scan("dicom", content, name, position)
    if content.startswith(GZIP_START) or any(
        content[place] in marks for place, marks in NIFTI_MARKS
    ):
        return _decode_scan("nifti", content, name, position)
    raise UnreadableSliceError(name, _describe(content), CURE)


def clean_name(name: str) -> str:
    """Return a name that is safe to show: printable, on one line, short."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in str(name))
    shown = shown.strip() or "the upload"
    if len(shown) > LONGEST_NAME:
        return f"{shown[:LONGEST_NAME]}…"
    return shown


def choose_position(position: int | None, frames: int, name: str) -> int:
    """Return `position`, or the middle of `frames` where it is `None`.

    Raises:
        UnreadableSliceError: there is no such frame.
    """
    if position is None:
        return frames // 2
    if not 0 <= position < frames:
        raise UnreadableSliceError(
            name,
            f"has {frames:,} slices, none at position {position:,}",
            f"Choose a position from 0 to {frames - 1:,}.",
        )
    return position


def _decode_picture(content: bytes, name: str, position: int | None) -> Upload:
    require_few_parts(content, name)
    decoded = decode_picture(content, name)
    file_format = "PNG" if content.startswith(PNG_START) else "JPEG"
    warnings = ()
    if decoded.frames > 1:
        warnings = (f"The file holds {decoded.frames:,} pictures; this is the first.",)
    if position is not None:
        choose_position(position, 1, name)
    return Upload(
        decoded.pixels, file_format, decoded.saturation, decoded.frames, 0, warnings
    )


def _decode_scan(kind: str, content: bytes, name: str, position: int | None) -> Upload:
    """Decode with a reader that is imported when the first such file comes."""
    try:
        if kind == "dicom":
            from braintumor.data.dicom import decode_dicom as decode
        else:
            from braintumor.data.nifti import decode_nifti as decode
    except ImportError as error:
        raise UnreadableSliceError(
            name,
            f"cannot be read here: {error.name} is not installed",
            "Export the slice as PNG, or install braintumor[web].",
        ) from error
    return decode(content, name, position)


def _describe(content: bytes) -> str:
    start = content[:256]
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
    kind = "is text" if printable > 0.95 * len(start) else "is none of these formats"
    return f"{kind}, whatever its name says"
