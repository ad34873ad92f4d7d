"""Reads Cheng's set: the original MATLAB v7.3 files, or plain images with boxes.

The MATLAB files carry patient numbers, tumour borders and masks; the plain copy
(`images/N.jpg` and `boxes.csv`) carries a class and one box per slice.
"""

import csv
import os
from pathlib import Path

from braintumor.data import matlab
from braintumor.data.decoding import UnreadableSliceError
from braintumor.data.layout import SliceRow, Stray, is_slice, visible_folders

BOXES = "boxes.csv"


def find_folders(root: Path) -> list[Path]:
    """Return the folders under `root` that hold slices; none where it is no copy."""
    files = [folder for folder in (root, *visible_folders(root)) if _matlab(folder)]
    if files:
        return files
    plain = (root / BOXES).is_file() and (root / "images").is_dir()
    return [root / "images"] if plain else []


def scan_slices(root: Path) -> tuple[list[SliceRow], list[UnreadableSliceError]]:
    """List the slices of either form, sorted by path, and the files that resist.

    Returns:
        Rows, and an error for every MATLAB file without class or patient number, or
        for a `boxes.csv` that lacks its columns.
    """
    folders = find_folders(root)
    files = [path for folder in folders for path in _matlab(folder)]
    rows, errors = [], []
    try:
        if folders and not files:
            rows = _list_plain(root)
    except UnreadableSliceError as error:
        errors.append(error)
    for path in files:
        try:
            rows.append(_describe(path, root))
        except UnreadableSliceError as error:
            errors.append(error)
    return sorted(rows), errors


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
                str(table),
                f"lacks the column {', '.join(sorted(missing))}",
                "Take the table of the release again.",
            )
        rows = {row["index"]: row for row in reader}
    unknown = {str(row["label"]) for row in rows.values()} - set(matlab.LABELS.values())
    if unknown:
        raise UnreadableSliceError(
            str(table),
            f"unknown class {', '.join(sorted(unknown))}",
            f"Use {', '.join(sorted(matlab.LABELS.values()))}.",
        )
    return rows


def find_strays(root: Path) -> list[Stray]:
    """List images that no row of `boxes.csv` names, and hidden entries."""
    strays = []
    for folder in find_folders(root):
        boxes = set() if _matlab(folder) else listed_numbers(root)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            relative = Path(entry.path).relative_to(root).as_posix()
            if entry.name.startswith("."):
                strays.append(Stray(relative, "hidden", 0))
            elif is_slice(entry.name) and Path(entry.name).stem not in boxes:
                strays.append(Stray(relative, "loose", 1))
    return strays


def listed_numbers(root: Path) -> set[str]:
    """Return the file numbers that `boxes.csv` names."""
    with (root / BOXES).open(newline="", encoding="utf-8") as file:
        return {row.get("index", "") for row in csv.DictReader(file)}


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


def _describe(path: Path, root: Path) -> SliceRow:
    with matlab.open_file(path, str(path)) as file:
        record = matlab.get_record(file, str(path))
        label, patient = (
            matlab.read_label(record, str(path)),
            matlab.read_patient(record, str(path)),
        )
    return SliceRow(path.relative_to(root).as_posix(), label, None, patient)
