"""Reads one MATLAB v7.3 file of Cheng's set (they are HDF5 inside)."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from braintumor.data.decoding import MAXIMUM_PIXELS, UnreadableSliceError

if TYPE_CHECKING:
    import h5py

LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}
AGAIN = "Unpack the archive again."


@dataclass(frozen=True)
class MatlabSlice:
    """One `.mat` file.

    Attributes:
        image: scanner values, int16 (height, width).
        label: class name.
        patient_id: as the publisher wrote it.
        border: points (x, y) on the tumour's border in pixels, float64 (points, 2).
        mask: tumour pixels, bool (height, width).
    """

    image: np.ndarray
    label: str
    patient_id: str
    border: np.ndarray
    mask: np.ndarray


def read_slice(path: Path) -> MatlabSlice:
    """Read one MATLAB v7.3 file whole.

    Raises:
        UnreadableSliceError: no such file, or not one of this set.
    """
    name = str(path)
    with open_file(path, name) as file:
        record = get_record(file, name)
        return MatlabSlice(
            image=_plane(record, "image", name),
            label=read_label(record, name),
            patient_id=read_patient(record, name),
            border=_values(record, "tumorBorder", name).reshape(-1, 2),
            mask=_plane(record, "tumorMask", name).astype(bool),
        )


def decode_matlab(content: bytes, name: str) -> np.ndarray:
    """Return the grey values of a file's bytes, uint8 (height, width).

    Scanner values have no fixed scale: the darkest pixel becomes 0, the brightest 255,
    as in the published PNG and JPEG copies of this set.

    Args:
        content: of the `.mat` file.
        name: for the message.

    Raises:
        UnreadableSliceError: not a file of this set.
    """
    with open_file(io.BytesIO(content), name) as file:
        values = _plane(get_record(file, name), "image", name).astype(np.float64)
    low, high = values.min(), values.max()
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.rint((values - low) * scale).astype(np.uint8)


def open_file(file: Path | io.BytesIO, name: str) -> "h5py.File":
    """Open a MATLAB v7.3 file, or say why it is none."""
    import h5py

    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise UnreadableSliceError(
            name, "is no MATLAB v7.3 file, or cut short", AGAIN
        ) from error


def get_record(file: "h5py.File", name: str) -> "h5py.Group":
    """Return the one structure that a file of this set holds."""
    if "cjdata" not in file:
        raise UnreadableSliceError(name, "holds no `cjdata`", "Remove it.")
    return file["cjdata"]


def _values(record: "h5py.Group", field: str, name: str) -> np.ndarray:
    try:
        stored = record[field]
        # As for images: a small file can announce a huge array.
        if stored.size > MAXIMUM_PIXELS:
            raise UnreadableSliceError(name, f"`{field}` is far too large", AGAIN)
        values = np.asarray(stored)
    except UnreadableSliceError:
        raise
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise UnreadableSliceError(
            name, f"`{field}` is missing or damaged", AGAIN
        ) from error
    if values.size == 0 or values.dtype.kind not in "biuf":
        raise UnreadableSliceError(name, f"`{field}` holds no numbers", AGAIN)
    return values


def _plane(record: "h5py.Group", field: str, name: str) -> np.ndarray:
    values = _values(record, field, name)
    if values.ndim != 2:
        raise UnreadableSliceError(
            name, f"`{field}` has shape {values.shape}, not (height, width)", AGAIN
        )
    return values.T  # MATLAB stores columns first


def read_label(record: "h5py.Group", name: str) -> str:
    """Return the class name, or say that the number is none."""
    number = float(_values(record, "label", name).ravel()[0])
    if number not in LABELS:
        raise UnreadableSliceError(
            name, f"label {number:g} is no class; 1, 2 and 3 are", AGAIN
        )
    return LABELS[int(number)]


def read_patient(record: "h5py.Group", name: str) -> str:
    """Return the patient number, which is stored as characters."""
    characters = _values(record, "PID", name).ravel()
    return "".join(chr(int(character)) for character in characters)
