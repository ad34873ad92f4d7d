"""The words and tables in which notebook 08 tells what a sin is worth."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from braintumor.reporting.palette import show_name


def beside(measured: Mapping[str, Any], tracked: pd.DataFrame) -> pd.DataFrame:
    """Set a sin that was just measured beside the tracked figures of other data sets.

    Args:
        measured: `dataset` and the row of one sin, as it was measured.
        tracked: such rows, of any sins.

    Returns:
        Text table: a row per data set; `honest`, `sinful` (accuracy) and `worth`
        (points), each with its 95 % interval, `slices` asked and their `groups`.
    """
    same = tracked["sin"] == measured["sin"]
    others = tracked[same & (tracked["dataset"] != measured["dataset"])]
    rows = [measured, *others.to_dict("records")]
    shown = pd.DataFrame([_show(row) for row in rows])
    return shown.set_index(pd.Index([row["dataset"] for row in rows]))


def whole_list(table: pd.DataFrame) -> pd.DataFrame:
    """Show every sin with its figures: a row per sin and data set, as `beside` does."""
    rows = table.to_dict("records")
    shown = pd.DataFrame([_show(row) for row in rows])
    names = [(show_name(row["sin"]), row["dataset"]) for row in rows]
    shown.index = pd.MultiIndex.from_tuples(names, names=["sin", "data set"])
    return shown


def _show(row: Mapping[str, Any]) -> dict[str, str]:
    """Write one row as a reader wants it: 0.412 (0.351–0.470), +31.0 (+24.1 to …)."""
    shown = {
        name: f"{row[name]:.3f} ({row[f'{name}_low']:.3f}–{row[f'{name}_high']:.3f})"
        for name in ("honest", "sinful")
    }
    price, low, high = (100 * row[f"price{end}"] for end in ("", "_low", "_high"))
    shown["worth"] = f"{price:+.1f} ({low:+.1f} to {high:+.1f})"
    return shown | {"slices": f"{row['n']:,}", "groups": f"{row['groups']:,}"}
