"""Groups whose slices carry different labels, for someone who knows to look at."""

import pandas as pd

from braintumor.data import manifest
from braintumor.data.repeats import COPY
from braintumor.studies.setting import Setting

QUESTION = "Which slices look alike and are labelled differently?"
NEEDS = ("nickparvar",)
COSTS = "10 seconds"
SOURCES = ("nickparvar", "navoneel")


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """List every pair of twins with two labels, and the groups that they join.

    A group is joined by chains of twins; where it holds two labels, at least one link
    of the chain does, too. That link is what has to be looked at.

    Returns:
        `pairs`: the links, most similar first. `groups`: one row per group with two
        labels. `counts`: one row per source.
    """
    listed = {source: _read(setting, source) for source in SOURCES}
    pairs = [list_pairs(splits, twins) for splits, twins in listed.values()]
    groups = [list_groups(splits) for splits, _ in listed.values()]
    counts = [
        count(source, *listed[source], pairs[at], groups[at])
        for at, source in enumerate(SOURCES)
    ]
    return {
        "pairs": pd.concat(pairs, ignore_index=True),
        "groups": pd.concat(groups, ignore_index=True),
        "counts": pd.DataFrame(counts),
    }


def _read(setting: Setting, source: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a source's splits and its twins (pairs of slice_id)."""
    splits = manifest.load_manifest(setting.read(setting.paths.splits(source)))
    return splits, pd.read_csv(setting.read(setting.paths.twins(source)))


def list_pairs(splits: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """List the twins that carry different labels, most similar first.

    Args:
        splits: one row per slice: `slice_id`, `label`, `group_id`, `as_shipped`.
        twins: `left` and `right` (slice_id), `similarity`, `orientation`, `upright`.

    Returns:
        `group_id`, `similarity`, `upright`, `orientation`, and of both slices `slice`,
        `label` and `side`.
    """
    known = splits.set_index("slice_id")
    columns = {"group_id": known.loc[twins["left"], "group_id"].to_numpy()}
    columns |= {name: twins[name] for name in ("similarity", "upright", "orientation")}
    for end in ("left", "right"):
        columns[end] = twins[end]
        columns[f"{end}_label"] = known.loc[twins[end], "label"].to_numpy()
        columns[f"{end}_side"] = known.loc[twins[end], "as_shipped"].to_numpy()
    pairs = pd.DataFrame(columns)
    pairs = pairs[pairs["left_label"] != pairs["right_label"]]
    return pairs.sort_values(
        ["similarity", "left", "right"], ascending=[False, True, True]
    ).reset_index(drop=True)


def list_groups(splits: pd.DataFrame) -> pd.DataFrame:
    """List the groups with more than one label.

    Returns:
        `source`, `group_id`, `slices`, `labels` (name and count of each) and `sides`
        (likewise); the smallest group first, where the conflict is the clearest.
    """
    rows = []
    for number, members in splits.groupby("group_id"):
        if members["label"].nunique() > 1:
            row = {"source": members["source"].iloc[0], "group_id": number}
            row |= {"slices": len(members)}
            row |= {"labels": _tell(members["label"])}
            rows.append(row | {"sides": _tell(members["as_shipped"])})
    columns = ["source", "group_id", "slices", "labels", "sides"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["slices", "group_id"], ignore_index=True
    )


def _tell(values: pd.Series) -> str:
    """Write values with their counts: "glioma 2, pituitary 1"."""
    counts = values.value_counts().sort_index()
    return ", ".join(f"{value} {count}" for value, count in counts.items())


def count(
    source: str,
    splits: pd.DataFrame,
    twins: pd.DataFrame,
    pairs: pd.DataFrame,
    groups: pd.DataFrame,
) -> dict[str, int | str]:
    """Count what stands in the two lists, beside what there is in all."""
    linked = pd.concat([pairs["left"], pairs["right"]]).nunique()
    across = (pairs["left_side"] == "test") != (pairs["right_side"] == "test")
    return {
        "source": source,
        "slices": len(splits),
        "groups": splits["group_id"].nunique(),
        "groups_with_two_labels": len(groups),
        "slices_in_them": int(groups["slices"].sum()),
        "pairs": len(twins),
        "pairs_with_two_labels": len(pairs),
        "slices_in_such_pairs": linked,
        "copies_with_two_labels": int((pairs["similarity"] > COPY).sum()),
        "such_pairs_between_test_and_the_rest": int(across.sum()),
        "equal_pixels_with_two_labels": int(
            (splits.groupby("pixel_sha256")["label"].nunique() > 1).sum()
        ),
    }
