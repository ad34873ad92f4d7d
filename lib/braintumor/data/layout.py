"""Reads the folders of a source: which file is which class and side."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from braintumor.data.catalogue import Source
from braintumor.data.decoding import SUFFIXES

# Names are compared in lower case: both spellings circulate.
SPLIT_FOLDERS = {
    "training": "training",
    "train": "training",
    "testing": "test",
    "test": "test",
}
# Images all the same, but none that the decoder accepts.
OTHER_IMAGES = frozenset(
    {".bmp", ".gif", ".tif", ".tiff", ".webp", ".dcm", ".nii", ".jfif", ".heic"}
)


class SliceRow(NamedTuple):
    """One slice of a source.

    Attributes:
        path: relative to the source folder, with forward slashes.
        label: class name.
        official_split: "training", "test", or `None` where the source has no split.
        patient_id: `None` where unknown.
    """

    path: str
    label: str
    official_split: str | None
    patient_id: str | None


class Stray(NamedTuple):
    """Something in a source folder that is not a slice of a known class.

    Attributes:
        path: relative to the source folder, with forward slashes.
        kind: "hidden", "ignored", "folder", "loose" (an image outside the class
            folders), "format" (an image the decoder refuses) or "file" (no image).
        images: number of images in it (1 for a file).
    """

    path: str
    kind: str
    images: int


@dataclass(frozen=True)
class ClassFolder:
    """One folder of slices.

    Attributes:
        path: the folder.
        label: class name.
        official_split: "training", "test" or `None`.
    """

    path: Path
    label: str
    official_split: str | None


def is_slice(name: str) -> bool:
    """Tell whether a file name is one of a visible PNG or JPEG."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def visible_folders(folder: Path) -> list[Path]:
    """Return the sub-folders whose name does not start with a dot, sorted."""
    return sorted(
        Path(entry.path)
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )


def class_folders(source: Source, root: Path) -> list[ClassFolder]:
    """List the folders of `root` that hold a known class of `source`."""
    found = []
    for split, parent in _sides(source, root):
        for folder in visible_folders(parent):
            label = source.folder_to_class.get(folder.name.lower())
            if label is not None:
                found.append(ClassFolder(folder, label, split))
    return found


def list_class_folders(source: Source, root: Path) -> list[SliceRow]:
    """List the slices of a source with one folder per class, sorted by path.

    Args:
        source: what the folders mean.
        root: folder of the source.

    Returns:
        One row per visible PNG or JPEG in a class folder.
    """
    patients = _read_patients(root / "slices.csv")
    rows = []
    for folder in class_folders(source, root):
        relative = folder.path.relative_to(root).as_posix()
        for entry in os.scandir(folder.path):
            if entry.is_file() and is_slice(entry.name):
                path = f"{relative}/{entry.name}"
                patient = patients.get(path)
                rows.append(
                    SliceRow(path, folder.label, folder.official_split, patient)
                )
    return sorted(rows)


def find_strays(source: Source, root: Path) -> list[Stray]:
    """List what a student may have put, or a program left, where slices are read.

    Args:
        source: what the folders mean.
        root: folder of the source.

    Returns:
        Everything that `list_class_folders` passes over, except plain tables and texts
        that lie beside the split folders.
    """
    sides = dict((path, split) for split, path in _sides(source, root))
    classes = {folder.path for folder in class_folders(source, root)}
    strays = []
    for folder in dict.fromkeys([root, *sides, *sorted(classes)]):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            path = Path(entry.path)
            if path in classes or (path in sides and path != root):
                continue
            stray = _classify(path, source, root, inside_class=folder in classes)
            if stray is not None:
                strays.append(stray)
    return strays


def _classify(
    path: Path, source: Source, root: Path, *, inside_class: bool
) -> Stray | None:
    relative = path.relative_to(root).as_posix()
    if path.is_dir():
        images = sum(1 for _ in _images_below(path))
        if path.name.startswith("."):
            return Stray(relative, "hidden", images)
        if relative.lower() in source.ignored_folders:
            return Stray(relative, "ignored", images)
        return Stray(relative, "folder", images)
    if path.name.startswith("."):
        return Stray(relative, "hidden", int(path.suffix.lower() in SUFFIXES))
    if path.suffix.lower() in OTHER_IMAGES:
        return Stray(relative, "format", 1)
    if inside_class:
        return None if is_slice(path.name) else Stray(relative, "file", 0)
    return Stray(relative, "loose", 1) if is_slice(path.name) else None


def _images_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix.lower() in SUFFIXES | OTHER_IMAGES and path.is_file():
            yield path


def _sides(source: Source, root: Path) -> list[tuple[str | None, Path]]:
    if not source.has_split:
        return [(None, root)]
    return [
        (SPLIT_FOLDERS[folder.name.lower()], folder)
        for folder in visible_folders(root)
        if folder.name.lower() in SPLIT_FOLDERS
    ]


def _read_patients(table: Path) -> dict[str, str]:
    if not table.is_file():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        return {row["path"]: row["patient_id"] for row in csv.DictReader(file)}
