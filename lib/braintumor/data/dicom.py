"""Decodes one frame of an uncompressed DICOM file."""

import numpy as np
from PIL import Image

from braintumor.data.decoding import UnreadableSliceError, require_sane_size
from braintumor.data.dicom_header import AGAIN, Header, read_header
from braintumor.data.grey import find_range, rescale_range, to_grey
from braintumor.data.uploads import Upload, choose_position


def decode_dicom(content: bytes, name: str, position: int | None) -> Upload:
    """Decode one frame.

    MONOCHROME1 is inverted. The stored window is applied; where there is none, the
    values are stretched between two percentiles.

    Args:
        content: of a DICOM file, with its preamble.
        name: for the message.
        position: of the frame, from 0; `None` takes the middle one.

    Raises:
        UnreadableSliceError: damaged, compressed, too large, or no such frame.
    """
    header, pixels = read_header(content, name)
    require_sane_size(header.columns, header.rows, name)
    _require_plain_pixels(header, name)
    if header.frames < 1 or header.frames * header.frame_bytes > len(pixels):
        raise UnreadableSliceError(name, "announces more pixels than it holds", AGAIN)
    position = choose_position(position, header.frames, name)
    values = _unpack(header, pixels[position * header.frame_bytes :])
    if header.samples == 3:
        grey, saturation = to_grey(Image.fromarray(values))
        return Upload(np.array(grey), "DICOM", saturation, header.frames, position)
    return Upload(_stretch(header, values), "DICOM", 0.0, header.frames, position)


def _require_plain_pixels(header: Header, name: str) -> None:
    grey = header.photometric in ("MONOCHROME1", "MONOCHROME2") and header.samples == 1
    colour = header.photometric == "RGB" and header.samples == 3 and header.bits == 8
    if not grey and not colour:
        raise UnreadableSliceError(
            name, "is coloured in a way that is not decoded here", AGAIN
        )
    if header.bits not in (8, 16, 32) or not 1 <= header.stored_bits <= header.bits:
        raise UnreadableSliceError(name, "stores its pixels in no usual way", AGAIN)


def _unpack(header: Header, pixels: memoryview) -> np.ndarray:
    """Return the values of the first frame in `pixels`, (rows, columns[, 3])."""
    kind = np.dtype(f"<{'i' if header.signed else 'u'}{header.bits // 8}")
    shape = (header.rows, header.columns)
    values = np.frombuffer(pixels, kind, header.frame_bytes // kind.itemsize)
    if header.samples == 3 and header.planar:
        return np.ascontiguousarray(np.moveaxis(values.reshape(3, *shape), 0, -1))
    if header.samples == 3:
        return values.reshape(*shape, 3)
    unused = header.bits - header.stored_bits  # old files keep overlays up there
    if unused:
        values = (values << unused) >> unused
    return values.reshape(shape)


def _stretch(header: Header, values: np.ndarray) -> np.ndarray:
    """Return grey values, uint8 (rows, columns)."""
    if header.window is None:
        low, high = find_range(values)
    else:
        center, width = header.window
        edges = (center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2)
        # The window counts in rescaled units; going back leaves the pixels alone.
        low, high = sorted((e - header.intercept) / header.slope for e in edges)
    pixels = rescale_range(values, low, high)
    falls = header.slope < 0
    return 255 - pixels if falls != (header.photometric == "MONOCHROME1") else pixels
