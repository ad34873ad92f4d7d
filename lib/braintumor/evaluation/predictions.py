"""The predictions table: one row per test slice, the only input of an evaluation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.evaluation import results

VIEWS = ("as_shipped", "deduplicated", "group_disjoint")
PREFIX = "probability_"
DECIMALS = 6  # of a probability; what is evaluated equals what is written


def tabulate(
    slices: pd.DataFrame, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Join slices and their probabilities into a predictions table.

    Args:
        slices: one row per predicted slice: `slice_id`, `label`, `group_id` and the
            three view columns, whose value "test" marks a slice of that view's test.
        probabilities: (n, classes) float, rows sum to 1, columns ordered like
            `classes`.
        classes: class names, in order.

    Returns:
        table (n rows): `slice_id`, `label`, one `probability_<class>` column per
        class, the three views as 0/1, `group_id`; sorted by `slice_id`.

    Raises:
        ValueError: shapes do not fit, or what `check` refuses.
    """
    if np.shape(probabilities) != (len(slices), len(classes)):
        raise ValueError(
            f"probabilities are {np.shape(probabilities)}, expected "
            f"{(len(slices), len(classes))}: one row per slice, one column per class."
        )
    table = slices[["slice_id", "label"]].reset_index(drop=True)
    rounded = np.asarray(probabilities, dtype=np.float64).round(DECIMALS)
    for column, name in enumerate(classes):
        table[PREFIX + name] = rounded[:, column]
    for view in VIEWS:
        table[view] = (slices[view] == "test").to_numpy().astype(np.int64)
    table["group_id"] = slices["group_id"].to_numpy()
    table = table.sort_values("slice_id", ignore_index=True)
    check(table)
    return table


def class_names(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the class names of a predictions table, in column order."""
    return tuple(
        name.removeprefix(PREFIX) for name in table.columns if name.startswith(PREFIX)
    )


def check(table: pd.DataFrame, source: str = "predictions") -> None:
    """Refuse a table that cannot be evaluated honestly.

    Args:
        table: a predictions table.
        source: what to call it in an error, say its file name.

    Raises:
        ValueError: a column is missing, a slice stands twice, a label is no class, a
            group is missing, a view is not 0/1, or probabilities are not finite, lie
            outside 0 to 1 or do not sum to 1; says which, and where.
    """
    classes = class_names(table)
    missing = {"slice_id", "label", "group_id", *VIEWS} - set(table.columns)
    if missing or len(classes) < 2:
        wanted = ", ".join(sorted(missing)) or f"two or more {PREFIX}<class> columns"
        raise ValueError(f"{source}: no {wanted}. Write the table with `tabulate`.")
    probabilities = table[[PREFIX + name for name in classes]].to_numpy(float)
    sums = probabilities.sum(axis=1)
    faults = {
        "stands twice; drop one": table["slice_id"].duplicated(),
        f"has a label outside {classes}; map it": ~table["label"].isin(classes),
        "has no group_id; audit the manifest first": table["group_id"].isna(),
        "has a view that is not 0 or 1": ~table[list(VIEWS)].isin([0, 1]).all(axis=1),
        "has probabilities outside 0 to 1, or none": ~(
            (probabilities >= 0) & (probabilities <= 1)
        ).all(axis=1),
        "has probabilities that do not sum to 1": ~(np.abs(sums - 1) < 1e-3),
    }
    for complaint, bad in faults.items():
        if np.any(bad):
            first = table.loc[np.asarray(bad), "slice_id"].iloc[0]
            raise ValueError(
                f"{source}: {int(np.sum(bad))} slice(s), first {first}: it {complaint}."
            )


def select_view(table: pd.DataFrame, view: str) -> pd.DataFrame:
    """Return the rows of one view's test.

    Raises:
        ValueError: `view` is none of `VIEWS`.
    """
    if view not in VIEWS:
        raise ValueError(f"view={view!r} is unknown: use one of {VIEWS}.")
    return table[table[view] == 1]


def write_predictions(table: pd.DataFrame, path: Path) -> bool:
    """Write a predictions table as CSV; see `results.write_csv`."""
    check(table, path.name)
    return results.write_csv(table, path, decimals=DECIMALS)


def read_predictions(path: Path) -> pd.DataFrame:
    """Read and check a predictions table.

    Raises:
        FileNotFoundError: there is none.
        ValueError: what `check` refuses, naming the file.
    """
    table = pd.read_csv(path, dtype={"slice_id": str, "label": str})
    check(table, path.name)
    return table
