"""The manifest: one row per slice, checked whenever it is read or written."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from braintumor.data import sources
from braintumor.data.images import SliceFacts, UnreadableSliceError, inspect_slice
from braintumor.data.schema import (
    COLUMNS,
    NUMBERS,
    UNGROUPED,
    ManifestError,
    check_manifest,
)

SHOWN_PATHS = 20


def build_manifest(name: str, root: Path | None = None) -> pd.DataFrame:
    """Read every slice of a source once and describe it.

    Args:
        name: of the source.
        root: its folder; `sources.locate(name)` by default.

    Returns:
        One row per slice with `COLUMNS`, sorted by `slice_id`; `group_id` is
        `UNGROUPED` until the audit.

    Raises:
        MissingSourceError: the source is not there.
        UnreadableSliceError: names the files that do not decode.
        ManifestError: no slice was found, or a folder of images has an unknown name.
    """
    source = sources.get_source(name)
    root = sources.locate(name) if root is None else Path(root)
    _refuse_unknown_folders(source, root)
    rows = sources.list_slices(name, root)
    if not rows:
        raise ManifestError(
            f"{root}: no slice found. Run: braintumor data check {name}"
        )
    facts = inspect_slices([root / row.path for row in rows], label=f"reading {name}")
    _refuse_unreadable(name, facts)
    frame = pd.DataFrame(
        rows, columns=["path", "label", "official_split", "patient_id"]
    )
    frame["slice_id"] = name + "/" + frame["path"]
    frame["source"] = name
    frame["group_id"] = UNGROUPED
    for column in ("width", "height", "mode", "sha256", "pixel_sha256"):
        frame[column] = [getattr(fact, column) for fact in facts]
    for column in set(COLUMNS) - set(NUMBERS):
        frame[column] = _text(frame[column])
    frame = frame.sort_values("slice_id", ignore_index=True)
    return check_manifest(frame[list(COLUMNS)])


def inspect_slices(files: list[Path], *, label: str) -> list[SliceFacts]:
    """Inspect files in parallel, with a progress bar, in the order given.

    Args:
        files: paths.
        label: beside the bar.

    Returns:
        The facts of each; a bad file has its `problem` set.
    """
    return list(map_files(inspect_slice, files, label=label))


def map_files(function: Callable, files: list[Path], *, label: str) -> Iterable:
    """Apply `function` to every file on all cores, in order, with a progress bar."""
    # Threads do: decoding and hashing run outside Python's lock, and start at once.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = pool.map(function, files)
        yield from tqdm(results, total=len(files), desc=label, unit="slice")


def save_manifest(frame: pd.DataFrame, path: Path) -> Path:
    """Check a manifest and write it as CSV, whole or not at all.

    Args:
        frame: with `COLUMNS`; further columns are kept.
        path: of the CSV; its folder is made.

    Returns:
        `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    check_manifest(frame).to_csv(partial, index=False, lineterminator="\n")
    os.replace(partial, path)
    return path


def load_manifest(path: Path) -> pd.DataFrame:
    """Read a manifest (or a splits table: a manifest with further columns).

    Raises:
        FileNotFoundError: there is none; notebook 01 makes it.
        ManifestError: it breaks the schema.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No manifest at {path}. Run notebook 01 first.")
    # A patient may be called "NA" or "007": only an empty field is a missing one.
    texts = [column for column in COLUMNS if column not in NUMBERS]
    frame = pd.read_csv(
        path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=[""]
    )
    for column in frame.columns.intersection(texts):
        frame[column] = _text(frame[column])
    return check_manifest(frame)


def _text(column: pd.Series) -> pd.Series:
    # One dtype and one missing value, built or loaded, before and since pandas 3.
    known = column.astype(object).where(column.notna(), float("nan"))
    return known.astype(pd.Series(["text"]).dtype)


def _refuse_unreadable(name: str, facts: list[SliceFacts]) -> None:
    problems = [fact.problem for fact in facts if fact.problem]
    if problems:
        more = len(problems) - SHOWN_PATHS
        raise UnreadableSliceError(
            f"{len(problems)} of {len(facts)} files cannot be read:\n"
            + "\n".join(problems[:SHOWN_PATHS])
            + (f"\n... and {more} more" if more > 0 else "")
            + f"\nFor all of them run: braintumor data check {name}"
        )


def _refuse_unknown_folders(source: sources.Source, root: Path) -> None:
    strays = [
        stray.path
        for stray in sources.find_strays(source, root)
        if stray.kind == "folder" and stray.images
    ]
    if strays:
        raise ManifestError(
            f"{root}: images in folders of unknown name: {', '.join(strays)}. "
            f"Move them away, or run: braintumor data check {source.name}"
        )
