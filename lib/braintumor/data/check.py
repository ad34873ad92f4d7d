"""Finds bad data before anything trains, and says all of it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from braintumor.data import faults, hashes, sources
from braintumor.data.hashes import CopyComparison, canonical_path
from braintumor.data.images import SliceFacts
from braintumor.data.layout import SliceRow
from braintumor.data.manifest import inspect_slices

SEVERITIES = (faults.ERROR, faults.WARNING, faults.NOTE)


class BadDataError(ValueError):
    """A data set with errors; the message lists every path and the cure."""


@dataclass(frozen=True)
class CheckReport:
    """All that was found in one source folder.

    Attributes:
        source: name of the source.
        root: its folder.
        slices: number of slices in class folders.
        copy: the known copy that it equals or resembles.
        problems: columns path, problem, cure, severity; errors first.
        digests: canonical path to SHA-256 of every slice.
    """

    source: str
    root: Path
    slices: int
    copy: CopyComparison
    problems: pd.DataFrame
    digests: Mapping[str, str]

    @property
    def errors(self) -> pd.DataFrame:
        """The problems that must be cured before training."""
        return self.problems[self.problems["severity"] == faults.ERROR]

    def count(self, severity: str) -> int:
        """Return the number of problems of a severity: error, warning or note."""
        return int((self.problems["severity"] == severity).sum())

    def describe_copy(self) -> str:
        """Return one sentence: which known copy this is."""
        if self.copy.copy is None:
            return "No hashes are recorded for this copy; its counts were compared."
        if self.copy.is_equal:
            return f"Equals {self.copy.copy}, all {self.copy.files:,} files."
        return (
            f"Resembles {self.copy.copy}: {len(self.copy.altered):,} altered, "
            f"{len(self.copy.missing):,} missing, {len(self.copy.extra):,} extra files."
        )

    def describe(self) -> str:
        """Return one sentence: how many slices, errors, warnings and notes."""
        counts = ", ".join(f"{self.count(kind):,} {kind}s" for kind in SEVERITIES)
        return f"{self.source}: {self.slices:,} slices in {self.root}; {counts}."

    def raise_for_errors(self) -> None:
        """Raise a `BadDataError` that lists every error; warnings and notes pass."""
        if self.errors.empty:
            return
        lines = [
            f"  {row.path}: {row.problem}. {row.cure}"
            for row in self.errors.itertuples()
        ]
        raise BadDataError(
            f"{self.source} in {self.root} has {len(lines):,} errors:\n"
            + "\n".join(lines)
        )


def check_source(name: str, root: Path | None = None) -> CheckReport:
    """Look at every file of a source and report all that is wrong with it.

    Args:
        name: of the source.
        root: its folder; the one that `sources.locate` names by default.

    Returns:
        The report; call `raise_for_errors` before training.

    Raises:
        MissingSourceError: the source is not there.
    """
    source = sources.get_source(name)
    root = _choose_folder(name) if root is None else Path(root)
    if not root.is_dir():
        raise sources.MissingSourceError(f"No folder {root}. Give one that exists.")
    rows, hidden = sources.scan_slices(name, root)
    facts = inspect_slices([root / row.path for row in rows], label=f"checking {name}")
    errors = hidden + [fact.error for fact in facts if fact.error]
    digests = _hash_slices(rows, facts)
    copy = hashes.compare_copies(source, digests)
    findings = [
        *faults.find_structure(source, root, rows),
        *faults.find_strays(sources.find_strays(source, root)),
        *faults.find_unreadable(errors, root),
        *faults.find_counts(source, rows),
        *faults.find_unlisted(root, rows),
        *faults.find_alterations(copy, rows),
        *faults.find_repeats(rows, facts),
        *faults.find_handled(rows, facts),
    ]
    return CheckReport(name, root, len(rows), copy, _tabulate(findings), digests)


def record_hashes(name: str, copy: str, root: Path | None = None) -> Path:
    """Write the hash table of a copy, once it is known to be sound.

    Args:
        name: of the source.
        copy: what distinguishes the copy, for example "224" for its size.
        root: its folder; `sources.locate(name)` by default.

    Returns:
        The CSV in `data/hashes`.

    Raises:
        BadDataError: it has errors.
    """
    report = check_source(name, root)
    report.raise_for_errors()
    return hashes.record_copy(f"{name}-{copy}", report.digests)


def _hash_slices(
    rows: Sequence[SliceRow], facts: Sequence[SliceFacts]
) -> dict[str, str]:
    return {
        canonical_path(row): fact.sha256
        for row, fact in zip(rows, facts, strict=True)
        if fact.sha256
    }


def _choose_folder(name: str) -> Path:
    try:
        return sources.locate(name)
    except sources.MissingSourceError:
        if not sources.folder_of(name).is_dir():
            raise
        return sources.folder_of(name)  # there, but so wrong that nothing was found


def _tabulate(findings: list[faults.Problem]) -> pd.DataFrame:
    table = pd.DataFrame(findings, columns=list(faults.Problem._fields))
    order = table["severity"].map(SEVERITIES.index)
    return (
        table.assign(order=order)
        .sort_values(["order", "path", "problem"], ignore_index=True)
        .drop(columns="order")
    )
