"""Who trains, who chooses, who reports: three views of one training set's test."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from braintumor.data.leaks import SIDES, VIEWS, LeakError, require_disjoint

__all__ = [
    "SIDES",
    "VIEWS",
    "LeakError",
    "add_views",
    "count_views",
    "group_folds",
    "require_disjoint",
]


def add_views(
    manifest: pd.DataFrame,
    *,
    seed: int,
    validation_fraction: float = 0.15,
    test_fraction: float = 0.2,
) -> pd.DataFrame:
    """Give every slice its side in each view.

    The three views share their training and validation slices, so one trained model is
    judged three times, on ever stricter choices among the same test slices:
    `as_shipped` keeps the official test (a source without one gets a seeded, stratified
    choice of slices, as published notebooks make it), `deduplicated` drops test slices
    whose file or pixels repeat a training or validation slice or an earlier test slice,
    `group_disjoint` drops those whose group has a training or validation slice. A
    stricter view may lose a whole class; `count_views` shows it.

    Args:
        manifest: audited, one row per slice (`group_id` filled).
        seed: decides the random choices; the same seed gives the same table.
        validation_fraction: share of each class's other slices, (0, 1); cut by
            group.
        test_fraction: share of each class, (0, 1); used where no test is official.

    Returns:
        The manifest with one column per view, of "training", "validation", "test" or
        "excluded".

    Raises:
        ValueError: the manifest is not audited, a fraction is out of range, or a class
            cannot stand on all three sides; the message names it and the cure.
        LeakError: a view breaks its promise.
    """
    _require_audited(manifest)
    _require_fraction("validation_fraction", validation_fraction)
    _require_fraction("test_fraction", test_fraction)
    test = _official_test(manifest)
    if test is None:
        test = _choose_slices(manifest["label"], test_fraction, seed)
    rest = manifest[~test]
    validation = _choose_groups(
        rest["label"], rest["group_id"], validation_fraction, seed
    )
    side = pd.Series("training", index=manifest.index, dtype=object)
    side[test] = "test"
    side[validation.index[validation]] = "validation"
    _require_classes(manifest["label"], side)
    frame = manifest.assign(as_shipped=side)
    frame["deduplicated"] = side.mask(_repeats(frame), "excluded")
    seen = frame.loc[side != "test", "group_id"]
    frame["group_disjoint"] = side.mask(
        (side == "test") & frame["group_id"].isin(seen), "excluded"
    )
    for view in VIEWS:
        require_disjoint(frame, view)
    return frame


def _official_test(manifest: pd.DataFrame) -> pd.Series | None:
    """Return which slices are officially test (n,) bool, or None if none is named."""
    split = manifest["official_split"]
    if split.isna().all():
        return None
    if split.isna().any():
        lost = manifest.loc[split.isna(), "slice_id"]
        raise ValueError(
            f"{len(lost)} slices have no official_split while others do "
            f"({', '.join(lost[:3])}…). Build the manifest of each source by itself."
        )
    return split == "test"


def _choose_slices(labels: pd.Series, fraction: float, seed: int) -> pd.Series:
    """Choose a share of each class's slices at random, (n,) bool."""
    random = np.random.default_rng([seed, 1])
    chosen = pd.Series(False, index=labels.index)
    for label in sorted(labels.unique()):
        rows = labels.index[labels == label].to_numpy()
        count = max(1, round(fraction * len(rows)))
        chosen[random.permutation(rows)[:count]] = True
    return chosen


def _choose_groups(
    labels: pd.Series, groups: pd.Series, fraction: float, seed: int
) -> pd.Series:
    """Choose whole groups until each class has its share of slices, (n,) bool.

    Groups come in random order and are taken while no class overshoots its share. One
    fold of scikit-learn's StratifiedGroupKFold would do nearly the same, but only for
    shares 1/k, and needs as many groups of every class as folds.
    """
    counts = pd.crosstab(groups, labels)
    values = counts.to_numpy()
    wanted = np.maximum(1, np.round(fraction * values.sum(axis=0)))
    order = np.random.default_rng([seed, 2]).permutation(len(values))
    taken = np.zeros(len(values), dtype=bool)
    total = np.zeros(values.shape[1])
    for row in order:
        if (total + values[row] <= wanted).all():
            taken[row] = True
            total += values[row]
    for column in np.flatnonzero(total == 0):  # every group of the class is too large
        holders = np.flatnonzero(values[:, column] > 0)
        if len(holders) < 2:
            raise ValueError(
                f"Class {counts.columns[column]!r} has only one group among the "
                "training slices, so it cannot stand in training and validation. Add "
                "slices of other patients, or merge the class."
            )
        taken[holders[np.argmin(values[holders].sum(axis=1))]] = True
    return groups.isin(counts.index[taken])


def _repeats(frame: pd.DataFrame) -> pd.Series:
    """Find test slices that repeat a non-test or an earlier test slice, (n,) bool."""
    test = frame["as_shipped"] == "test"
    found = pd.Series(False, index=frame.index)
    for column in ("sha256", "pixel_sha256"):
        found |= test & frame[column].isin(frame.loc[~test, column])
        found |= test & frame[column].where(test).duplicated()
    return found


def group_folds(manifest: pd.DataFrame, *, folds: int = 5, seed: int) -> pd.Series:
    """Deal slices into folds, whole groups at a time, classes in equal shares.

    Args:
        manifest: audited, one row per slice.
        folds: number of folds, 2 or more.
        seed: decides the order in which groups are dealt.

    Returns:
        `fold` (n,) int64, 0 to `folds` − 1, indexed like the manifest.

    Raises:
        ValueError: the manifest is not audited, or a class has too few groups to stand
            in every fold; the message names it and the cure.
    """
    _require_audited(manifest)
    labels, groups = manifest["label"], manifest["group_id"]
    available = groups.groupby(labels).nunique()
    if folds < 2 or available.min() < folds:
        raise ValueError(
            f"folds={folds}: class {available.idxmin()!r} has {available.min()} "
            "groups; ask for 2 folds or more, and no more than that."
        )
    # Its own shuffle loses the stratification before scikit-learn 1.8: rename instead.
    numbers, names = pd.factorize(groups, sort=True)
    renamed = np.random.default_rng([seed, 3]).permutation(len(names))[numbers]
    splitter = StratifiedGroupKFold(n_splits=folds)
    fold = np.zeros(len(manifest), dtype=np.int64)
    for number, (_, rows) in enumerate(splitter.split(labels, labels, renamed)):
        fold[rows] = number
    return pd.Series(fold, index=manifest.index, name="fold")


def count_views(frame: pd.DataFrame) -> pd.DataFrame:
    """Count slices by view and side (rows) and class (columns), zeros included."""
    tables = {
        view: pd.crosstab(frame[view], frame["label"]).reindex(SIDES, fill_value=0)
        for view in VIEWS
    }
    return pd.concat(tables, names=["view", "side"]).fillna(0).astype(int)


def _require_audited(manifest: pd.DataFrame) -> None:
    """Refuse a manifest without groups."""
    if manifest["group_id"].isna().any() or (manifest["group_id"] < 0).any():
        raise ValueError(
            "The manifest has slices without a group. Audit it first: "
            "audit.audit_manifest(manifest, root).manifest."
        )


def _require_fraction(name: str, value: float) -> None:
    """Refuse a share that leaves one side empty."""
    if not 0 < value < 1:
        raise ValueError(f"{name}={value} must lie between 0 and 1; try 0.15.")


def _require_classes(labels: pd.Series, side: pd.Series) -> None:
    """Refuse sides that miss a class: no score would mean what it says."""
    counts = pd.crosstab(labels, side).reindex(columns=SIDES[:3], fill_value=0)
    for label, row in counts.iterrows():
        for name in row.index[row == 0]:
            raise ValueError(
                f"Class {label!r} has no {name} slice ({row.sum()} slices in all). Add "
                "slices of it, or choose another fraction."
            )
