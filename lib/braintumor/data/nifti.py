"""Decodes one slice of a NIfTI volume, zipped or not.

The header is checked before the volume is unpacked, and no more is unpacked than it
announces: 200 kB of gzip can hold 200 MB of zeros.
"""

import gzip
import io
import math
import zlib

import nibabel
import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.orientations import OrientationError, apply_orientation, io_orientation

from braintumor.data.decoding import UnreadableSliceError, require_sane_size
from braintumor.data.grey import find_range, rescale_range
from braintumor.data.uploads import GZIP_START, Upload, choose_position

# 512 x 512 x 300 voxels of 16 bits.
MAXIMUM_VOLUME_BYTES = 160 * 1024 * 1024
MAXIMUM_OFFSET = 1024 * 1024  # notes may lie between the header and the voxels
PIECE = 1024 * 1024
AGAIN = "Fetch it again, or export the slice as PNG."
# By their magic: class, where the magic stands, and the bytes of the whole header.
HEADERS = {
    b"n+1\0": (nibabel.Nifti1Header, slice(344, 348), 348),
    b"n+2\0": (nibabel.Nifti2Header, slice(4, 8), 540),
}
# What nibabel, numpy, gzip and zlib raise on altered files.
NIFTI_ERRORS = (
    nibabel.spatialimages.HeaderDataError,
    nibabel.wrapstruct.WrapStructError,
    OrientationError,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    zlib.error,
)


def decode_nifti(content: bytes, name: str, position: int | None) -> Upload:
    """Decode one axial slice, or the only slice whatever its direction.

    It is shown as scanners show it: the face up, the patient's right on the left. The
    values are stretched between two percentiles. Of a series, the first volume is read.

    Args:
        content: of a .nii or .nii.gz file.
        name: for the message.
        position: of the slice, counted from the feet, from 0; `None` takes the middle.

    Raises:
        UnreadableSliceError: damaged, too large, or no such slice.
    """
    try:
        header = _read_header(content, name)
        volume = _read_volume(content, header, name)
    except UnreadableSliceError:
        raise
    except NIFTI_ERRORS as error:
        raise UnreadableSliceError(
            name, "is a damaged or cut NIfTI file", AGAIN
        ) from error
    axis = volume.shape.index(1) if 1 in volume.shape else 2
    slices = volume.shape[axis]
    position = choose_position(position, slices, name)
    plane = np.flip(np.moveaxis(volume, axis, 0)[position]).T
    require_sane_size(plane.shape[1], plane.shape[0], name)
    pixels = rescale_range(plane, *find_range(plane))
    if header["scl_slope"] < 0:
        pixels = 255 - pixels
    return Upload(pixels, "NIfTI", 0.0, slices, position)


def _unpack(content: bytes, size: int) -> memoryview:
    """Return the first `size` bytes, unzipped; fewer where there are no more."""
    if not content.startswith(GZIP_START):
        return memoryview(content)[:size]
    unpacked, filled = bytearray(size), 0
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        while filled < size and (piece := stream.read(min(PIECE, size - filled))):
            unpacked[filled : filled + len(piece)] = piece
            filled += len(piece)
    return memoryview(unpacked)[:filled]


def _read_header(content: bytes, name: str) -> Nifti1Header:
    start = _unpack(content, max(length for *_, length in HEADERS.values()))
    for magic, (kind, place, length) in HEADERS.items():
        if start[place] == magic:
            return kind(start[:length].tobytes(), check=False)
    raise UnreadableSliceError(
        name,
        "holds no NIfTI volume (or its header alone)",
        "Choose the one .nii or .nii.gz file that holds header and voxels.",
    )


def _read_volume(content: bytes, header: Nifti1Header, name: str) -> np.ndarray:
    """Return the first volume, axes to the right, to the front and upwards."""
    shape = (*header.get_data_shape(), 1, 1)[:3]
    kind, offset = header.get_data_dtype(), int(header["vox_offset"])
    size = math.prod(int(side) for side in shape) * kind.itemsize
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise UnreadableSliceError(name, "holds colours or complex numbers", AGAIN)
    if size > MAXIMUM_VOLUME_BYTES or offset > MAXIMUM_OFFSET:
        raise UnreadableSliceError(
            name,
            f"announces a volume of {size:,} bytes",
            f"At most {MAXIMUM_VOLUME_BYTES:,} are read; export the slice as PNG.",
        )
    orientation = io_orientation(header.get_best_affine())
    if min(shape) < 1 or offset < len(header.binaryblock):
        raise ValueError("no voxels, or none after the header")
    unpacked = _unpack(content, offset + size)
    if len(unpacked) < offset + size:
        raise EOFError("fewer voxels than announced")
    values = np.frombuffer(unpacked, kind, size // kind.itemsize, offset)
    return apply_orientation(values.reshape(shape, order="F"), orientation)
