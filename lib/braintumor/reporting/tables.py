"""The results as readers meet them: three views in a row, baselines right below."""

from collections.abc import Iterable, Sequence

import pandas as pd

from braintumor.evaluation import results as result_tables
from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting.palette import show_name
from braintumor.reporting.published import published_accuracy

MODELS = ("vgg19_binary", "vgg16_four_class", "densenet121_four_class")
# From what looks at most to what looks at nothing.
BASELINES = (
    "nearest_neighbor",
    "intensity_statistics",
    "background_only",
    "border_statistics",
    "native_size",
    "file_size",
    "majority",
)
BINARY = "_binary"  # ends the name of every binary model and baseline
PHANTOM_NOTE = "Numbers on phantoms show that everything runs; they are no result."


def three_views(results: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Lay out one metric: a row per model and run, a column per view.

    Args:
        results: one or more results tables, stacked.
        metric: which rows to show.

    Returns:
        Text table: `dataset`, `model`, `run`, `published` and the three views, each
        cell "0.976 (0.967–0.984, n=1,311)". Models come first, their baselines right
        below; runs of one model stand under each other.

    Raises:
        ValueError: no row has that metric; names those that there are.
    """
    rows = _with_cells(results, metric)
    wide = rows.pivot(index=["dataset", "model", "run"], columns="view", values="cell")
    wide = wide.reindex(columns=list(VIEWS)).fillna("–").reset_index()
    published = [
        f"{published_accuracy(row.dataset)[row.model]:.2f}"
        if metric == "accuracy" and row.model in published_accuracy(row.dataset)
        else ""
        for row in wide.itertuples()
    ]
    wide.insert(3, "published", published)
    return _in_order(wide, ["run"])


def side_by_side(results: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Lay out one metric of several runs: a row per model and view, a column per run.

    Args:
        results: two or more results tables, stacked.
        metric: which rows to show.

    Returns:
        Text table: `dataset`, `model`, `view` and one column per run; of exactly two
        runs also their `difference` (second minus first).

    Raises:
        ValueError: no row has that metric; names those that there are.
    """
    keys = ["dataset", "model", "view"]
    rows = _with_cells(results, metric)
    wide = rows.pivot(index=keys, columns="run", values="cell").fillna("–")
    numbers = result_tables.compare(results, metric)
    if "difference" in numbers:
        shown = numbers["difference"].map("{:+.3f}".format, na_action="ignore")
        wide["difference"] = shown.fillna("–")
    return _in_order(wide.reset_index(), ["view"])


def show_score(row: tuple) -> str:
    """Write a score with its interval and n: "0.976 (0.967–0.984, n=1,311)".

    Args:
        row: named tuple with `value`, `low`, `high`, `n`; NaN is shown as "–".
    """
    if pd.isna(row.value):
        return f"– (n={row.n:,})"
    if pd.isna(row.low):
        return f"{row.value:.3f} (no interval, n={row.n:,})"
    return f"{row.value:.3f} ({row.low:.3f}–{row.high:.3f}, n={row.n:,})"


def as_text(table: pd.DataFrame) -> str:
    """Align a table's columns for a terminal, one block per data set and task."""
    lines = []
    columns = _shown_columns(table)
    for (dataset, task), rows in _blocks(table):
        lines += ["", f"{dataset} · {task}"]
        heads = [show_name(name) if name in VIEWS else name for name in columns]
        cells = [heads, *rows[columns].itertuples(index=False, name=None)]
        widths = [max(len(str(row[i])) for row in cells) for i in range(len(columns))]
        for row in cells:
            padded = [
                f"{text:<{width}}" for text, width in zip(row, widths, strict=True)
            ]
            lines.append("  " + "  ".join(padded).rstrip())
        lines += [f"  {PHANTOM_NOTE}"] if dataset == "phantom" else []
    return "\n".join(lines[1:]) + "\n"


def as_markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown, one block per data set and task."""
    lines = []
    columns = _shown_columns(table)
    for (dataset, task), rows in _blocks(table):
        lines += ["", f"**{dataset}**, {task}", ""]
        heads = [show_name(name) if name in VIEWS else name for name in columns]
        lines += [_markdown_row(heads), _markdown_row(["---"] * len(columns))]
        cells = rows[columns].itertuples(index=False, name=None)
        lines += [_markdown_row(row) for row in cells]
        lines += ["", PHANTOM_NOTE] if dataset == "phantom" else []
    return "\n".join(lines[1:]) + "\n"


def _with_cells(results: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Select a metric's rows and write each as text into a column `cell`."""
    rows = result_tables.select_metric(results, metric)
    return rows.assign(cell=[show_score(row) for row in rows.itertuples()])


def _in_order(wide: pd.DataFrame, then: Iterable[str]) -> pd.DataFrame:
    """Sort rows by data set, house order of the models, and further columns."""
    wide.columns.name = None
    wide = wide.assign(_place=[_place(name) for name in wide["model"]])
    ordered = wide.sort_values(["dataset", "_place", *then], ignore_index=True)
    return ordered.drop(columns="_place")


def order_models(models: Iterable[str]) -> list[str]:
    """Sort names as every table and figure does: networks first, baselines below."""
    return sorted(models, key=_place)


def _place(model: str) -> tuple[bool, bool, int, str]:
    """Sort models: four classes before two, networks before baselines."""
    base = model.removesuffix(BINARY)
    baseline = base in BASELINES
    names = BASELINES if baseline else MODELS
    name = base if baseline else model
    position = names.index(name) if name in names else len(names)
    return (model.endswith(BINARY), baseline, position, model)


def _shown_columns(table: pd.DataFrame) -> list[str]:
    """Leave out the run where there is only one, and `published` where it is empty."""
    one_run = "run" in table and table["run"].nunique() == 1
    empty = "published" in table and not table["published"].any()
    hidden = {"dataset", "run" * one_run, "published" * empty}
    return [name for name in table.columns if name not in hidden]


def _blocks(table: pd.DataFrame) -> pd.api.typing.DataFrameGroupBy:
    """Group rows by data set and task, in the order they stand."""
    binary = table["model"].str.endswith(BINARY)
    task = binary.map({True: "tumour or not", False: "four classes"}).rename("task")
    return table.groupby([table["dataset"], task], sort=False)


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
