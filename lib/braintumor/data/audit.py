"""What repeats in a source: equal files, equal pixels, near-twins, and their groups."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from braintumor.data.repeats import summarize
from braintumor.data.twins import SIMILARITY, find_twins, thumbnails


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        manifest: the manifest with `group_id` filled.
        twins: pairs of near-twins, see `find_twins`.
        summary: counts ready for JSON, see `summarize`.
    """

    manifest: pd.DataFrame
    twins: pd.DataFrame
    summary: dict[str, Any]


def audit_manifest(
    manifest: pd.DataFrame, root: Path, *, similarity: float = SIMILARITY
) -> Audit:
    """Search a source for repeats and near-twins, and group what belongs together.

    Args:
        manifest: one row per slice, as `build_manifest` returns it.
        root: folder of the source.
        similarity: correlation of thumbnails that joins two slices, −1 to 1.

    Raises:
        UnreadableSliceError: names every file that does not decode.
    """
    twins = find_twins(thumbnails(manifest, root), similarity=similarity)
    grouped = manifest.assign(group_id=assign_groups(manifest, twins))
    return Audit(grouped, twins, summarize(grouped, twins, similarity=similarity))


def assign_groups(manifest: pd.DataFrame, twins: pd.DataFrame) -> pd.Series:
    """Name the group that each slice must not leave.

    A group is a connected component: two slices are joined if they share a patient,
    hold the same pixels, or are twins; and so is whatever these join in turn.

    Args:
        manifest: needs `source`, `patient_id` (may be missing) and `pixel_sha256`.
        twins: `left` and `right`, row positions in `manifest`.

    Returns:
        `group_id` (n,) int64, indexed like `manifest`, numbered by first appearance.
    """
    count = len(manifest)
    known = manifest["patient_id"].notna().to_numpy()
    patients = manifest["source"].astype(str) + "/" + manifest["patient_id"].astype(str)
    pairs = [
        twins[["left", "right"]].to_numpy(dtype=np.int64),
        _links_of_equals(patients.to_numpy(), known),
        _links_of_equals(manifest["pixel_sha256"].to_numpy(), np.ones(count, bool)),
    ]
    left, right = np.concatenate(pairs).T
    graph = coo_matrix((np.ones(len(left), bool), (left, right)), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    numbers, _ = pd.factorize(component)
    return pd.Series(numbers.astype(np.int64), index=manifest.index, name="group_id")


def _links_of_equals(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Link each known value's row to the first row that has it, `(links, 2)` int64."""
    rows = np.flatnonzero(known)
    numbers, _ = pd.factorize(values[known])
    _, first = np.unique(numbers, return_index=True)
    links = np.stack([rows[first[numbers]], rows], axis=1)
    return links[links[:, 0] != links[:, 1]].astype(np.int64)


def save_audit(audit: Audit, folder: Path, name: str) -> list[Path]:
    """Write `<name>.json` (the summary) and `<name>_twins.csv` (pairs by slice_id).

    Args:
        audit: from `audit_manifest`.
        folder: made if missing; each file appears only when it is whole.
        name: usually the source.

    Returns:
        The two paths.
    """
    identity = audit.manifest["slice_id"].to_numpy()
    named = audit.twins.assign(
        left=identity[audit.twins["left"]], right=identity[audit.twins["right"]]
    )
    folder.mkdir(parents=True, exist_ok=True)
    summary = json.dumps(audit.summary, indent=2) + "\n"
    form = dict(encoding="utf-8", newline="\n")
    writers = {
        folder / f"{name}.json": lambda file: file.write_text(summary, **form),
        folder / f"{name}_twins.csv": lambda file: named.to_csv(
            file, index=False, lineterminator="\n"
        ),
    }
    for path, write in writers.items():
        partial = path.with_suffix(f".{os.getpid()}.partial")
        write(partial)
        partial.replace(path)
    return list(writers)
