"""The results table: one tidy CSV per run, the same bytes for the same predictions."""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from braintumor import paths

KEYS = ("run", "dataset", "model", "view", "metric")
COLUMNS = (*KEYS, "value", "low", "high", "n", "groups", "dropped")
CONFUSION_COLUMNS = ("run", "dataset", "model", "view", "label", "predicted", "count")
DECIMALS = 4


def write_csv(table: pd.DataFrame, path: Path, *, decimals: int = DECIMALS) -> bool:
    """Write a table as CSV, whole or not at all, and only if its bytes change.

    Args:
        table: any table; its index is not written.
        path: target; its folder is made.
        decimals: digits after the point of every float; missing values stay empty.

    Returns:
        whether the file was written.
    """
    stream = io.StringIO()
    table.to_csv(
        stream, index=False, float_format=f"%.{decimals}f", lineterminator="\n"
    )
    content = stream.getvalue().encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return True


def label_rows(
    table: pd.DataFrame, *, run: str, dataset: str, model: str, view: str
) -> pd.DataFrame:
    """Put where they come from in front of the rows of an evaluation or confusion."""
    keys = {"run": run, "dataset": dataset, "model": model, "view": view}
    return pd.DataFrame(keys, index=table.index).join(table)


def join(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Stack labelled evaluations into one results table, sorted by its keys.

    Scores are rounded as they are written, so a table reads the same from its file.

    Raises:
        ValueError: there is none, a column is missing, or a row stands twice.
    """
    parts = list(parts)
    if not parts:
        raise ValueError("No evaluation to join: evaluate at least one model.")
    table = pd.concat(parts, ignore_index=True)
    check(table)
    scores = ["value", "low", "high"]
    table[scores] = table[scores].astype(float).round(DECIMALS)
    return table[list(COLUMNS)].sort_values(list(KEYS), ignore_index=True)


def check(table: pd.DataFrame, source: str = "results") -> None:
    """Refuse a table that is no results table.

    Raises:
        ValueError: a column is missing, a row stands twice, a value lies outside 0 to 1
            or outside its interval; says which.
    """
    missing = sorted(set(COLUMNS) - set(table.columns))
    if missing:
        raise ValueError(
            f"{source}: no column {', '.join(missing)}. Write it with `write_results`."
        )
    slack = 10**-DECIMALS
    faults = {
        "stands twice; keep one": table.duplicated(list(KEYS)),
        "has a value outside 0 to 1; evaluate again": ~(
            table["value"].isna() | table["value"].between(0, 1)
        ),
        "has an interval upside down; evaluate again": (
            table["low"] > table["high"] + slack
        ),
    }
    for complaint, bad in faults.items():
        if bad.any():
            row = " · ".join(table.loc[bad, list(KEYS)].iloc[0])
            raise ValueError(f"{source}: the row {row} {complaint}.")


def write_results(table: pd.DataFrame, path: Path) -> bool:
    """Write a results table: sorted, four decimals, LF, atomically.

    Returns:
        whether the bytes changed; an equal file is left alone.

    Raises:
        ValueError: what `check` refuses.
    """
    return write_csv(join([table]), path)


def read_results(path: Path) -> pd.DataFrame:
    """Read and check a results table.

    Raises:
        FileNotFoundError: there is none; says what makes it.
        ValueError: what `check` refuses, naming the file.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"No results table {path}. Notebook 06_evaluate_models makes it."
        )
    table = pd.read_csv(path, dtype={name: str for name in KEYS})
    check(table, path.name)
    return table


def find_results(run: str, *, tracked: bool = False) -> Path:
    """Return where a run's results table is: in the run's folder, else tracked.

    Args:
        run: name of the run.
        tracked: look only for the one kept in the repository.

    Raises:
        FileNotFoundError: in neither; names the runs that there are.
        ValueError: `run` is no run name.
    """
    own = paths.run_folder(run) / "results.csv"
    kept = paths.results_root() / f"{run}.csv"
    for path in (kept,) if tracked else (own, kept):
        if path.is_file():
            return path
    known = ", ".join(list_runs(tracked=tracked)) or "none; `make run` makes the first"
    raise FileNotFoundError(f"No results of run {run!r}. Known runs: {known}.")


def list_runs(*, tracked: bool = False) -> list[str]:
    """Return the names of the runs that have a results table, sorted.

    Args:
        tracked: count only those kept in the repository.
    """
    head = ",".join(COLUMNS)
    names = set()
    for path in paths.results_root().glob("*.csv"):  # audits may lie there, too
        with path.open(encoding="utf-8") as stream:
            names |= {path.stem} if stream.readline().strip() == head else set()
    if not tracked:
        names |= {path.parent.name for path in paths.runs_root().glob("*/results.csv")}
    return sorted(names)


def compare(table: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Set runs side by side: one row per data set, model and view, one column per run.

    Args:
        table: one or more results tables, stacked.
        metric: which rows to compare.

    Returns:
        values, 0 to 1; where exactly two runs are compared, a last column `difference`
        (second minus first).

    Raises:
        ValueError: no row has that metric; names those that there are.
    """
    rows = select_metric(table, metric)
    wide = rows.pivot(index=["dataset", "model", "view"], columns="run", values="value")
    wide.columns.name = None
    if len(wide.columns) == 2:
        first, second = wide.columns
        wide["difference"] = wide[second] - wide[first]
    return wide


def select_metric(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the rows of one metric.

    Raises:
        ValueError: there is none; names the metrics that there are.
    """
    rows = table[table["metric"] == metric]
    if rows.empty:
        known = ", ".join(sorted(table["metric"].unique()))
        raise ValueError(
            f"metric={metric!r} is not in the results; use one of {known}."
        )
    return rows
