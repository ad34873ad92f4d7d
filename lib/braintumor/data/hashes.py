"""Recorded hashes of known copies: which copy is this, and is it whole?"""

import csv
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from braintumor import paths
from braintumor.data.catalogue import Source
from braintumor.data.layout import SliceRow

DIGITS = 16  # of SHA-256; enough to notice change, and keeps the tables small
SPLITS = {"training": "Training", "test": "Testing", None: ""}
# Below this share of equal files a folder is another copy, not a damaged one.
SAME_COPY = 0.5


@dataclass(frozen=True)
class CopyComparison:
    """A folder beside the known copy that it is most like.

    Attributes:
        copy: name of that copy; `None` where no recorded copy is like this folder.
        files: number of files recorded for it.
        altered: paths in the folder whose bytes differ from the record.
        missing: recorded paths that the folder lacks.
        extra: paths in the folder that the record lacks.
    """

    copy: str | None
    files: int = 0
    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the folder is this copy, file by file."""
        return self.copy is not None and not (
            self.altered or self.missing or self.extra
        )


def hashes_folder() -> Path:
    """Return the tracked folder of hash tables, one CSV per known copy."""
    return paths.project_root() / "data" / "hashes"


def canonical_path(row: SliceRow) -> str:
    """Return the path of a slice with the project's folder names.

    Copies spell their folders differently (`notumor`, `no_tumor`); a hash table must
    not care.
    """
    name = row.path.rsplit("/", 1)[-1]
    return "/".join(
        part for part in (SPLITS[row.official_split], row.label, name) if part
    )


def list_copies(source: Source, folder: Path | None = None) -> dict[str, Path]:
    """Return the hash tables of a source: name of the copy to its CSV."""
    folder = folder or hashes_folder()
    return {table.stem: table for table in sorted(folder.glob(f"{source.name}-*.csv"))}


def record_copy(
    copy: str, digests: Mapping[str, str], folder: Path | None = None
) -> Path:
    """Write the hash table of a copy.

    Args:
        copy: `<source>-<what distinguishes it>`.
        digests: canonical path to SHA-256, 64 hex digits.
        folder: of the tables; `hashes_folder()` by default.

    Returns:
        The CSV.
    """
    table = (folder or hashes_folder()) / f"{copy}.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    partial = table.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("path", "sha256_16"))
        writer.writerows(
            (path, digest[:DIGITS]) for path, digest in sorted(digests.items())
        )
    os.replace(partial, table)
    return table


def read_copy(table: Path) -> dict[str, str]:
    """Read a hash table: canonical path to the first digits of the SHA-256."""
    with table.open(newline="", encoding="utf-8") as file:
        return {row["path"]: row["sha256_16"] for row in csv.DictReader(file)}


def digest_table(table: Path) -> str:
    """Return one SHA-256 for a whole copy: that of its hash table."""
    return hashlib.sha256(table.read_bytes()).hexdigest()


def compare_copies(
    source: Source, digests: Mapping[str, str], folder: Path | None = None
) -> CopyComparison:
    """Find the known copy that a folder is, and what differs from it.

    Args:
        source: whose hash tables to try.
        digests: canonical path to SHA-256 of the folder's slices.
        folder: of the tables; `hashes_folder()` by default.

    Returns:
        The comparison with the copy that shares most files; `copy=None` if less than
        half of its files are equal.
    """
    best = CopyComparison(copy=None)
    best_equal = 0
    for copy, table in list_copies(source, folder).items():
        recorded = read_copy(table)
        both = recorded.keys() & digests.keys()
        altered = {path for path in both if digests[path][:DIGITS] != recorded[path]}
        equal = len(both) - len(altered)
        if equal > best_equal and equal >= SAME_COPY * len(recorded):
            best_equal = equal
            best = CopyComparison(
                copy=copy,
                files=len(recorded),
                altered=tuple(sorted(altered)),
                missing=tuple(sorted(recorded.keys() - both)),
                extra=tuple(sorted(digests.keys() - both)),
            )
    return best
