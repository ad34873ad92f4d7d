"""Reads Cheng's set: the original MATLAB v7.3 files, or plain images with boxes.

The MATLAB files carry patient numbers, tumour borders and masks; the plain copy
(`images/N.jpg` and `boxes.csv`) carries a class and one box per slice.
"""

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from braintumor.data.images import UnreadableSliceError
from braintumor.data.layout import SliceRow, Stray, is_slice, visible_folders

LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}
BOXES = "boxes.csv"


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
    with _open(path) as file:
        record = _record(file, path)
        return MatlabSlice(
            image=_plane(record, "image", path),
            label=_label(record, path),
            patient_id=_patient(record, path),
            border=_values(record, "tumorBorder", path).reshape(-1, 2),
            mask=_plane(record, "tumorMask", path).astype(bool),
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
    with _open(io.BytesIO(content), name) as file:
        values = _plane(_record(file, name), "image", name).astype(np.float64)
    low, high = values.min(), values.max()
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.rint((values - low) * scale).astype(np.uint8)


def find_folders(root: Path) -> list[Path]:
    """Return the folders under `root` that hold slices; none where it is no copy."""
    matlab = [folder for folder in (root, *visible_folders(root)) if _matlab(folder)]
    if matlab:
        return matlab
    plain = (root / BOXES).is_file() and (root / "images").is_dir()
    return [root / "images"] if plain else []


def list_slices(root: Path) -> list[SliceRow]:
    """List the slices of either form, sorted by path.

    Raises:
        UnreadableSliceError: a MATLAB file without a class or patient number, or a
            `boxes.csv` that lacks its columns.
    """
    matlab = [path for folder in find_folders(root) for path in _matlab(folder)]
    if not matlab:
        return _list_plain(root)
    rows = []
    for path in matlab:
        with _open(path) as file:
            record = _record(file, path)
            label, patient = _label(record, path), _patient(record, path)
        rows.append(SliceRow(path.relative_to(root).as_posix(), label, None, patient))
    return sorted(rows)


def read_boxes(root: Path) -> dict[str, dict[str, str]]:
    """Read `boxes.csv`: file number to its row (label and box as fractions).

    Raises:
        UnreadableSliceError: a column is missing, or a class is unknown.
    """
    table = root / BOXES
    with table.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = {"index", "label"} - set(reader.fieldnames or ())
        if missing:
            raise UnreadableSliceError(
                f"{table}: lacks the column {', '.join(sorted(missing))}. "
                "Take the table of the release again."
            )
        rows = {row["index"]: row for row in reader}
    unknown = {row["label"] for row in rows.values()} - set(LABELS.values())
    if unknown:
        raise UnreadableSliceError(
            f"{table}: unknown class {', '.join(sorted(map(str, unknown)))}. "
            f"Use {', '.join(sorted(LABELS.values()))}."
        )
    return rows


def find_strays(root: Path) -> list[Stray]:
    """List images that no row of `boxes.csv` names, and hidden entries."""
    strays = []
    for folder in find_folders(root):
        boxes = {} if _matlab(folder) else read_boxes(root)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            relative = Path(entry.path).relative_to(root).as_posix()
            if entry.name.startswith("."):
                strays.append(Stray(relative, "hidden", 0))
            elif is_slice(entry.name) and Path(entry.name).stem not in boxes:
                strays.append(Stray(relative, "loose", 1))
    return strays


def _list_plain(root: Path) -> list[SliceRow]:
    boxes = read_boxes(root)
    return sorted(
        SliceRow(
            f"images/{entry.name}", boxes[Path(entry.name).stem]["label"], None, None
        )
        for entry in os.scandir(root / "images")
        if is_slice(entry.name) and Path(entry.name).stem in boxes
    )


def _matlab(folder: Path) -> list[Path]:
    # cvind.mat, in the same archives, holds the publisher's folds and no slice.
    return sorted(path for path in folder.glob("*.mat") if path.stem.isdigit())


def _open(file, name=None):
    import h5py

    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise UnreadableSliceError(
            f"{name or file}: is no MATLAB v7.3 file, or cut short. Unpack it again."
        ) from error


def _record(file, name):
    if "cjdata" not in file:
        raise UnreadableSliceError(
            f"{name}: holds no `cjdata`, so it is not of this set. Remove it."
        )
    return file["cjdata"]


def _values(record, field: str, name) -> np.ndarray:
    try:
        return np.asarray(record[field])
    except (KeyError, OSError, TypeError) as error:
        raise UnreadableSliceError(
            f"{name}: `{field}` is missing or damaged. Unpack the archive again."
        ) from error


def _plane(record, field: str, name) -> np.ndarray:
    values = _values(record, field, name)
    if values.ndim != 2 or not values.size:
        raise UnreadableSliceError(
            f"{name}: `{field}` has shape {values.shape}, not (height, width). "
            "Unpack the archive again."
        )
    return values.T  # MATLAB stores columns first


def _label(record, name) -> str:
    number = float(_values(record, "label", name).ravel()[0])
    if number not in LABELS:
        raise UnreadableSliceError(
            f"{name}: label {number:g} is no class; 1, 2 and 3 are. Unpack it again."
        )
    return LABELS[int(number)]


def _patient(record, name) -> str:
    characters = _values(record, "PID", name).ravel()
    return "".join(chr(int(character)) for character in characters)
