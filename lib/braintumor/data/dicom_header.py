"""Reads from a DICOM file's header what its pixels need, and nothing else.

A DICOM file names the patient. What its elements say therefore goes into no message,
no warning and no log.
"""

import io
import logging
import math
import warnings
from dataclasses import dataclass

from pydicom import config, uid
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from braintumor.data.decoding import UnreadableSliceError

AGAIN = "Fetch it again, or export the slice as PNG."
FIRST_ELEMENT = 132  # after the preamble and "DICM"
# Uncompressed, and whether the elements leave out their types. (Deflated files are not
# here: pydicom would inflate them without a limit.)
NATIVE = {uid.ImplicitVRLittleEndian: True, uid.ExplicitVRLittleEndian: False}
PIXELS = Tag("PixelData")
WANTED = (
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored"),
    *("PixelRepresentation", "PlanarConfiguration", "PhotometricInterpretation"),
    *("NumberOfFrames", "RescaleSlope", "RescaleIntercept"),
    *("WindowCenter", "WindowWidth"),
)
# An empty item of a sequence costs its sender 8 bytes and pydicom over a kilobyte.
MAXIMUM_READS = 20_000
MAXIMUM_HEADER_BYTES = 1_000_000

# pydicom quotes values in its warnings, and logs them as well.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module="pydicom")


@dataclass(frozen=True)
class Header:
    """What the pixels need.

    Attributes:
        rows: height of a frame.
        columns: width of a frame.
        photometric: "MONOCHROME1", "MONOCHROME2", "RGB", ...
        bits: per sample, as stored.
        stored_bits: of these, the ones that hold the value.
        samples: per pixel; 1 is grey.
        signed: whether values may be negative.
        planar: whether colours lie one after the other.
        frames: as announced.
        slope: of the rescaling; never 0.
        intercept: of the rescaling.
        window: centre and width in rescaled units; `None` where none is stored.
    """

    rows: int
    columns: int
    photometric: str
    bits: int
    stored_bits: int
    samples: int
    signed: bool
    planar: bool
    frames: int
    slope: float
    intercept: float
    window: tuple[float, float] | None

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return self.rows * self.columns * self.samples * self.bits // 8


class _MeasuredStream(io.BytesIO):
    """Ends the reading of a header that was made to exhaust its reader."""

    reads = 0
    total = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.reads += 1
        self.total += len(content)
        if self.reads > MAXIMUM_READS or self.total > MAXIMUM_HEADER_BYTES:
            raise ValueError("the header is far too long")
        return content


def read_header(content: bytes, name: str) -> tuple[Header, memoryview]:
    """Read what the pixels need.

    Args:
        content: of a DICOM file, with its preamble.
        name: for the message.

    Returns:
        The header, and the bytes of all frames.

    Raises:
        UnreadableSliceError: damaged, without pixels, or compressed.
    """
    stream = _MeasuredStream(content)
    try:
        syntax = _read_syntax(stream)
        if syntax in NATIVE:
            dataset, start, length = _read_elements(stream, NATIVE[syntax])
            return _simplify(dataset), memoryview(content)[start : start + length]
    except Exception:  # pydicom names no set of errors, and quotes values in them
        raise UnreadableSliceError(
            name, "is a damaged DICOM file, or one without a picture", AGAIN
        ) from None
    kind = f" ({syntax.name})" if syntax in uid.UID_dictionary else ""
    raise UnreadableSliceError(
        name,
        f"is stored in a form of DICOM that is not decoded here{kind}",
        "Save it uncompressed (Explicit VR Little Endian), or export it as PNG.",
    )


def _read_syntax(stream: _MeasuredStream) -> uid.UID:
    stream.seek(FIRST_ELEMENT)
    facts = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
    return uid.UID(facts.TransferSyntaxUID)


def _read_elements(stream: _MeasuredStream, implicit: bool) -> tuple[Dataset, int, int]:
    """Return the wanted elements, and where the pixels' bytes start and how many."""
    place = None

    def is_pixels(tag: BaseTag, representation: str | None, length: int) -> bool:
        nonlocal place
        if tag == PIXELS:
            place = (stream.tell(), length)
        return tag == PIXELS

    tags = [Tag(keyword) for keyword in WANTED]
    dataset = read_dataset(
        stream, implicit, True, stop_when=is_pixels, specific_tags=tags
    )
    if place is None:
        raise ValueError("no pixels")
    return dataset, *place


def _simplify(dataset: Dataset) -> Header:
    bits = int(dataset.BitsAllocated)

    def number(keyword: str, default: int) -> int:
        value = dataset.get(keyword)
        return default if value is None else int(value)

    center = _first_number(dataset.get("WindowCenter"))
    width = _first_number(dataset.get("WindowWidth"))
    windowed = center is not None and width is not None and width >= 1
    return Header(
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        photometric=str(dataset.PhotometricInterpretation),
        bits=bits,
        stored_bits=number("BitsStored", bits),
        samples=number("SamplesPerPixel", 1),
        signed=number("PixelRepresentation", 0) == 1,
        planar=number("PlanarConfiguration", 0) == 1,
        frames=number("NumberOfFrames", 1),
        slope=_first_number(dataset.get("RescaleSlope")) or 1.0,
        intercept=_first_number(dataset.get("RescaleIntercept")) or 0.0,
        window=(center, width) if windowed else None,
    )


def _first_number(value: object) -> float | None:
    """Return the first of one or several numbers; `None` for none or an endless one."""
    if isinstance(value, MultiValue):
        value = value[0] if len(value) else None
    if value is None or value == "":
        return None
    return float(value) if math.isfinite(float(value)) else None
