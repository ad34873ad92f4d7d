"""What each view of a split promises, and the check that it is kept."""

from collections.abc import Iterable

import pandas as pd

VIEWS = ("as_shipped", "deduplicated", "group_disjoint")
SIDES = ("training", "validation", "test", "excluded")


class LeakError(ValueError):
    """A slice, or its group, stands on two sides that must not meet."""


def require_disjoint(frame: pd.DataFrame, view: str) -> None:
    """Check that a view keeps its promise.

    Every view: no group in training and validation. `deduplicated`: also no test slice
    whose file or pixels stand anywhere else in the view. `group_disjoint`: also no
    group of a test slice in training or validation.

    Args:
        frame: from `add_views`, or read back from its file.
        view: one of `VIEWS`.

    Raises:
        LeakError: names the groups (or slices) that stand on two sides.
        ValueError: `view` is unknown.
    """
    if view not in VIEWS:
        raise ValueError(f"view={view!r} is none of {', '.join(VIEWS)}.")
    part = {side: frame[frame[view] == side] for side in SIDES}
    _refuse_shared(view, part["training"], part["validation"])
    if view == "group_disjoint":
        _refuse_shared(view, part["training"], part["test"])
        _refuse_shared(view, part["validation"], part["test"])
    if view == "deduplicated":
        used = frame[frame[view] != "excluded"]
        repeated = used.duplicated("sha256", keep=False)
        repeated |= used.duplicated("pixel_sha256", keep=False)
        leaked = used.loc[repeated & (used[view] == "test"), "slice_id"]
        if len(leaked):
            raise LeakError(
                f"View {view}: {len(leaked)} test slices repeat another slice: "
                f"{_some(leaked)}. Make the views again with add_views."
            )


def _refuse_shared(view: str, one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Raise LeakError if two sides of a view share a group."""
    shared = sorted(set(one["group_id"]) & set(other["group_id"]))
    if shared:
        raise LeakError(
            f"View {view}: {len(shared)} group(s) stand in {one[view].iloc[0]} and in "
            f"{other[view].iloc[0]}: {_some(shared)}. Make the views again with "
            "add_views, on the manifest as audit_manifest returns it."
        )


def _some(names: Iterable) -> str:
    """Join up to ten names, and say so where there are more."""
    names = [str(name) for name in names]
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
