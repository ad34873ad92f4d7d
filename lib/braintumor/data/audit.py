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

from braintumor.data.twins import SIMILARITY, find_twins, thumbnails

COPY = 0.999  # correlation above which a pair is one slice saved twice


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


def summarize(
    manifest: pd.DataFrame, twins: pd.DataFrame, *, similarity: float = SIMILARITY
) -> dict[str, Any]:
    """Count what an audit found, in plain numbers.

    "Across" counts test slices that repeat a training slice; "within" counts slices
    that repeat an earlier one of the same official split. Keys ending in `_upright`
    ignore flips and turns. Without an official split the two are zero and the totals
    speak.

    Args:
        manifest: with `group_id` filled.
        twins: from `find_twins` at the same `similarity`.
        similarity: recorded, −1 to 1.
    """
    split = manifest["official_split"]
    groups = manifest.groupby("group_id")
    summary: dict[str, Any] = {
        "source": "+".join(sorted(manifest["source"].unique())),
        "slices": len(manifest),
        "training_slices": int((split == "training").sum()),
        "test_slices": int((split == "test").sum()),
        "similarity": float(similarity),
        **_count_repeats(manifest, "sha256", "exact"),
        **_count_repeats(manifest, "pixel_sha256", "pixel"),
        **_count_twins(manifest, twins, similarity),
        "groups": int(groups.ngroups),
        "largest_group": int(groups.size().max()) if len(manifest) else 0,
        "slices_alone": int((groups.size() == 1).sum()),
        "label_conflicts_in_repeats": _count_conflicts(manifest, "pixel_sha256"),
        "label_conflicts_in_groups": _count_conflicts(manifest, "group_id"),
    }
    classes = sorted(manifest["label"].unique())
    test = manifest[split == "test"]
    training = manifest[split == "training"]
    shared = test["group_id"].isin(training["group_id"])
    twinned = _test_rows_with_twin(manifest, twins)
    for name, met in (
        ("test_without_twin", np.isin(np.flatnonzero(split == "test"), twinned)),
        ("test_outside_training_groups", shared.to_numpy()),
    ):
        alone = test["label"][~met].value_counts()
        summary[name] = {label: int(alone.get(label, 0)) for label in classes}
    return summary


def _count_repeats(manifest: pd.DataFrame, column: str, kind: str) -> dict[str, int]:
    """Count slices that share `column` with another, by where the other stands."""
    split, value = manifest["official_split"], manifest[column]
    training, test = value[split == "training"], value[split == "test"]
    return {
        f"{kind}_repeats": int(value.duplicated().sum()),
        f"{kind}_repeats_within_training": int(training.duplicated().sum()),
        f"{kind}_repeats_within_test": int(test.duplicated().sum()),
        f"{kind}_repeats_across": int(test.isin(training).sum()),
    }


def _count_twins(
    manifest: pd.DataFrame, twins: pd.DataFrame, similarity: float
) -> dict[str, int]:
    """Count pairs, and test slices with a twin or a copy in training."""
    counts = {"twin_pairs": len(twins)}
    for name, kept in (
        ("near_twins_across", twins["similarity"] > -1),
        ("near_twins_across_upright", twins["upright"] > similarity),
        ("near_copies_across", twins["similarity"] > COPY),
        ("near_copies_across_upright", twins["upright"] > COPY),
    ):
        counts[name] = len(_test_rows_with_twin(manifest, twins[kept]))
    return counts


def _test_rows_with_twin(manifest: pd.DataFrame, twins: pd.DataFrame) -> np.ndarray:
    """Return positions of the test slices that have a twin in training, sorted."""
    split = manifest["official_split"].to_numpy(dtype=object)
    left, right = twins["left"].to_numpy(), twins["right"].to_numpy()
    one, other = np.concatenate([left, right]), np.concatenate([right, left])
    return np.unique(one[(split[one] == "test") & (split[other] == "training")])


def _count_conflicts(manifest: pd.DataFrame, column: str) -> int:
    """Count sets of equal `column` that carry more than one label."""
    return int((manifest.groupby(column)["label"].nunique() > 1).sum())


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
    texts = {
        folder / f"{name}.json": json.dumps(audit.summary, indent=2) + "\n",
        folder / f"{name}_twins.csv": named.to_csv(index=False, lineterminator="\n"),
    }
    for path, text in texts.items():
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    return list(texts)
