"""Where slices repeat: counts for a report, and the pairs that cross the split."""

from typing import Any

import numpy as np
import pandas as pd

from braintumor.data.orientations import INVERSES
from braintumor.data.twins import SIMILARITY

COPY = 0.999  # correlation above which a pair is one slice saved twice


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
    twinned = pair_across(manifest, twins)["test"]
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
        counts[name] = pair_across(manifest, twins[kept])["test"].nunique()
    return counts


def _count_conflicts(manifest: pd.DataFrame, column: str) -> int:
    """Count sets of equal `column` that carry more than one label."""
    return int((manifest.groupby(column)["label"].nunique() > 1).sum())


def pair_across(manifest: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """List the twins of which one is officially test and the other training.

    Args:
        manifest: one row per slice; needs `official_split`.
        twins: from `find_twins`.

    Returns:
        Most similar first: `test` and `training` (row positions), `similarity`,
        `upright`, and `orientation`, which lays the test slice on the training slice.
    """
    split = manifest["official_split"].to_numpy(dtype=object)
    pairs = []
    for test, training in (("left", "right"), ("right", "left")):
        crosses = (split[twins[test]] == "test") & (
            split[twins[training]] == "training"
        )
        found = twins[crosses].rename(columns={test: "test", training: "training"})
        if test == "right":  # the orientation lays left on right: turn it round
            found["orientation"] = found["orientation"].map(INVERSES)
        pairs.append(found)
    order = ["similarity", "test", "training"]
    listed = pd.concat(pairs).sort_values(order, ascending=[False, True, True])
    columns = ["test", "training", "similarity", "orientation", "upright"]
    return listed[columns].reset_index(drop=True)
