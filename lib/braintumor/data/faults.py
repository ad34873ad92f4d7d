"""What can be wrong with a folder of slices: one finder per kind of fault."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from braintumor.data import figshare, layout, matlab
from braintumor.data.catalogue import Source
from braintumor.data.decoding import UnreadableSliceError
from braintumor.data.hashes import SPLITS, CopyComparison, canonical_path
from braintumor.data.images import SliceFacts
from braintumor.data.layout import SliceRow, Stray

ERROR = "error"  # training on it would be wrong
WARNING = "warning"  # true of some published copies; the audit or a reader must know
NOTE = "note"  # handled

HANDLED_MODES = {
    "P": "palette image; its colours are looked up",
    "PA": "palette image with transparency; laid on black",
    "LA": "image with transparency; laid on black",
    "La": "image with transparency; laid on black",
    "RGBA": "image with transparency; laid on black",
    "CMYK": "printing colours (CMYK); turned to grey",
    "1": "black and white only (1 bit)",
}
STRAYS = {
    "hidden": (NOTE, "is hidden and ignored", "Nothing to do; delete it if you like."),
    "ignored": (NOTE, "is known to hold no slices and ignored", "Nothing to do."),
    "folder": (
        ERROR,
        "is no class or split of this source",
        "Move it out of the data folder, or rename it to its class.",
    ),
    "loose": (
        ERROR,
        "belongs to no class",
        "Move it into its class folder, or out of the data folder.",
    ),
    "format": (
        ERROR,
        "is in a format that is not read",
        "Convert it to PNG, or move it out of the data folder.",
    ),
    "file": (WARNING, "is no image and is not read", "Move it out of the data folder."),
}


class Problem(NamedTuple):
    """One finding.

    Attributes:
        path: relative to the source folder.
        problem: what is wrong, in words.
        cure: what to do.
        severity: "error", "warning" or "note".
    """

    path: str
    problem: str
    cure: str
    severity: str


def find_structure(
    source: Source, root: Path, rows: Sequence[SliceRow]
) -> Iterator[Problem]:
    """Find missing splits and missing or empty classes."""
    if source.name == "figshare":
        for label in sorted(set(source.classes) - {row.label for row in rows}):
            yield Problem(".", f"no slice of class {label}", matlab.AGAIN, ERROR)
        return
    folders = layout.class_folders(source, root)
    splits = ("training", "test") if source.has_split else (None,)
    again = "Fetch the set again, or restore the folder."
    for split in splits:
        present = {folder.label for folder in folders if folder.official_split == split}
        name = SPLITS[split] or "."
        if not present:
            yield Problem(name, "this split is missing or empty", again, ERROR)
            continue
        for label in source.classes:
            if label not in present:
                yield Problem(f"{name}/{label}", "class is missing", again, ERROR)
    for folder in folders:
        if not any(layout.is_slice(path.name) for path in folder.path.iterdir()):
            path = folder.path.relative_to(root).as_posix()
            yield Problem(path, "class folder is empty", again, ERROR)


def find_strays(strays: Sequence[Stray]) -> Iterator[Problem]:
    """Report folders and files that are no slices of a known class."""
    for stray in strays:
        severity, problem, cure = STRAYS[stray.kind]
        if stray.kind == "folder" and not stray.images:
            severity = WARNING
        count = f" ({stray.images} images)" if stray.images > 1 else ""
        yield Problem(stray.path, f"{problem}{count}", cure, severity)


def find_counts(source: Source, rows: Sequence[SliceRow]) -> Iterator[Problem]:
    """Compare the number of slices per split and class with the published ones."""
    found = Counter((row.official_split, row.label) for row in rows)
    for (split, label), expected in source.expected_counts.items():
        difference = found[split, label] - expected
        if difference:
            more = "more" if difference > 0 else "fewer"
            yield Problem(
                f"{SPLITS[split]}/{label}".lstrip("/"),
                f"{found[split, label]:,} slices, {abs(difference):,} {more} than the "
                f"{expected:,} published",
                "Fetch the set again if you need it whole; report your counts.",
                WARNING,
            )


def find_unlisted(root: Path, rows: Sequence[SliceRow]) -> Iterator[Problem]:
    """Find slices that figshare's `boxes.csv` names but `images/` lacks."""
    table = root / figshare.BOXES
    if not table.is_file():
        return
    there = {Path(row.path).stem for row in rows}
    for number in sorted(figshare.listed_numbers(root) - there):
        problem = f"is missing, though {figshare.BOXES} names it"
        yield Problem(f"images/{number}.jpg", problem, "Fetch it again.", WARNING)


def find_unreadable(
    errors: Sequence[UnreadableSliceError], root: Path
) -> Iterator[Problem]:
    """Report what does not decode: empty, cut short, text, far too large."""
    for error in errors:
        path = Path(error.name)
        name = path.relative_to(root) if path.is_relative_to(root) else path
        yield Problem(name.as_posix(), error.problem, error.cure, ERROR)


def find_handled(
    rows: Sequence[SliceRow], facts: Sequence[SliceFacts]
) -> Iterator[Problem]:
    """Note images of unusual kind, which the decoder handles."""
    nothing = "Nothing to do."
    for row, fact in zip(rows, facts, strict=True):
        if fact.error or fact.format == "MATLAB":
            continue
        if fact.mode.startswith("I"):
            problem = "16-bit grey; rescaled to 8 bits, not clipped"
            yield Problem(row.path, problem, nothing, NOTE)
        elif fact.mode in HANDLED_MODES:
            yield Problem(row.path, HANDLED_MODES[fact.mode], nothing, NOTE)
        if fact.orientation != 1:
            yield Problem(row.path, "turned as its EXIF data say", nothing, NOTE)
        if (fact.format == "PNG") != row.path.lower().endswith(".png"):
            yield Problem(row.path, f"is a {fact.format} by content", nothing, NOTE)


def find_repeats(
    rows: Sequence[SliceRow], facts: Sequence[SliceFacts]
) -> Iterator[Problem]:
    """Find equal pixels on both sides of the split, or under two classes."""
    first: dict[str, list[SliceRow]] = {}
    for row, fact in zip(rows, facts, strict=True):
        if not fact.error:
            first.setdefault(fact.pixel_sha256, []).append(row)
    for repeats in first.values():
        training = [row for row in repeats if row.official_split == "training"]
        for row in repeats:
            if row.official_split == "test" and training:
                yield Problem(
                    row.path,
                    f"same pixels as {training[0].path}, across the split",
                    "Report the deduplicated view beside the shipped one.",
                    WARNING,
                )
        if len({row.label for row in repeats}) > 1:
            yield Problem(
                repeats[0].path,
                f"same pixels as {repeats[-1].path}, under another class",
                "Look at both; one label is wrong.",
                WARNING,
            )


def find_alterations(
    comparison: CopyComparison, rows: Sequence[SliceRow]
) -> Iterator[Problem]:
    """Report what differs from the known copy."""
    copy = comparison.copy
    paths = {canonical_path(row): row.path for row in rows}
    for path in comparison.altered:
        problem = f"differs from the recorded hash of {copy}"
        yield Problem(paths[path], problem, "Restore the file.", ERROR)
    for path in comparison.missing:
        problem = f"is missing, though {copy} has it"
        yield Problem(path, problem, "Restore the file.", WARNING)
    for path in comparison.extra:
        problem = f"is not part of {copy}"
        yield Problem(paths[path], problem, "Move it out of the data folder.", WARNING)
