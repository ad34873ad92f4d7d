"""Figures of other sources: what is found there, and how their slices look."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import INK, show_name

# From home to abroad; how each is called below an axis.
SOURCES = {
    "validation": "validation",
    "test": "official test",
    "figshare": "figshare",
    "figshare_and_validation": "figshare, with healthy\nslices of validation",
    "navoneel": "Navoneel",
    "navoneel_and_validation": "Navoneel, with healthy\nslices of validation",
}
MODEL_STYLES = {"before": ("#E69F00", "o"), "after": ("#004C7A", "D")}
AIMS = {"sensitivity": 0.85, "specificity": 0.90}  # on Navoneel


def plot_detection(scores: pd.DataFrame) -> Figure:
    """Draw sensitivity, specificity and area per source, for one or more models.

    Args:
        scores: rows `source`, `metric`, `value`, `low`, `high`, `n` and, where there
            are several, `model` ("before", "after").

    Raises:
        ValueError: nothing to draw.
    """
    table = scores if "model" in scores else scores.assign(model="before")
    names = [name for name in SOURCES if name in set(table["source"])]
    if not names:
        raise ValueError(f"No source among {', '.join(SOURCES)} in the table.")
    metrics = ("sensitivity", "specificity", "auc")
    size = (9, 1.0 + 0.62 * len(names))
    figure, panels = plt.subplots(1, 3, figsize=size, sharey=True)
    for axes, metric in zip(panels, metrics, strict=True):
        rows = table[table["metric"] == metric]
        _draw_models(axes, rows, names)
        if metric in AIMS and "navoneel" in names:
            place = names.index("navoneel")
            axes.vlines(
                AIMS[metric], place - 0.45, place + 0.45, color=INK, ls=":", lw=1.2
            )
        axes.set_xlim(-0.03, 1.03)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("area under the ROC" if metric == "auc" else metric)
    panels[0].set_yticks(range(len(names)), [SOURCES[name] for name in names])
    panels[0].set_ylim(len(names) - 0.45, -0.55)
    if table["model"].nunique() > 1:
        panels[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_looks(differences: pd.DataFrame) -> Figure:
    """Draw how much measurements of the look differ, one panel per comparison.

    Args:
        differences: rows `compared`, `measurement`, `effect`, `low`, `high`.
    """
    compared = list(differences["compared"].drop_duplicates())
    first = differences[differences["compared"] == compared[0]]
    names = list(first["measurement"])
    columns = min(3, len(compared))
    lines = -(-len(compared) // columns)
    figure, grid = plt.subplots(
        lines,
        columns,
        figsize=(3.0 * columns + 0.8, (0.9 + 0.24 * len(names)) * lines),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes in grid.flat[len(compared) :]:
        axes.set_visible(False)
    for axes, title in zip(grid.flat, compared, strict=False):
        rows = differences[differences["compared"] == title].set_index("measurement")
        places = np.arange(len(names))
        _draw_points(axes, rows.reindex(names), places, "effect", color="#004C7A")
        axes.axvline(0, color="#AAAAAA", lw=1, zorder=0)
        axes.set_yticks(places, [show_name(name) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.set_xlim(-1.05, 1.05)
        one, other = title.split(" against ")
        axes.annotate(
            f"{one}\nagainst {other}",
            (0, 1.02),
            xycoords="axes fraction",
            size=8,
            color=INK,
        )
    for axes in grid[-1]:
        axes.set_xlabel("Cliff's delta")
    return figure


def plot_changed_inputs(changed: pd.DataFrame) -> Figure:
    """Draw sensitivity and specificity under each change of the input.

    Args:
        changed: rows `change`, `source`, `metric`, `value`, `low`, `high`.
    """
    names = list(changed["change"].drop_duplicates())
    figure, panels = plt.subplots(
        1, 2, figsize=(8, 1.0 + 0.55 * len(names)), sharey=True
    )
    colours = {"validation": INK, "figshare": "#0072B2", "navoneel": "#D55E00"}
    for axes, metric in zip(panels, ("sensitivity", "specificity"), strict=True):
        for step, (source, colour) in enumerate(colours.items()):
            chosen = (changed["source"] == source) & (changed["metric"] == metric)
            rows = changed[chosen].set_index("change").reindex(names)
            places = np.arange(len(names)) + 0.2 * (step - 1)
            _draw_points(axes, rows, places, color=colour, label=SOURCES[source])
        axes.set_xlim(-0.03, 1.03)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(metric)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    shown = panels[0].get_legend_handles_labels()  # every source has a sensitivity
    panels[1].legend(*shown, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _draw_models(axes: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw one metric of every model, the models a little apart."""
    models = [name for name in MODEL_STYLES if name in set(rows["model"])]
    for step, model in enumerate(models):
        colour, marker = MODEL_STYLES[model]
        drawn = rows[rows["model"] == model].set_index("source").reindex(names)
        places = np.arange(len(names)) + 0.22 * (step - (len(models) - 1) / 2)
        _draw_points(axes, drawn, places, color=colour, marker=marker, label=model)
        if len(models) > 1:
            continue
        for place, row in zip(places, drawn.itertuples(), strict=True):
            if row.n > 0:
                axes.annotate(
                    f"n = {row.n:,.0f}",
                    (0.02, place + 0.28),
                    xycoords=("axes fraction", "data"),
                    size=7,
                    color="#777777",
                )


def _draw_points(
    axes: Axes, rows: pd.DataFrame, places: np.ndarray, column="value", **style
) -> None:
    """Draw values with their intervals."""
    values = rows[column].to_numpy(float)
    bounds = np.abs(rows[["low", "high"]].to_numpy(float) - values[:, None])
    defaults = {"marker": "o", "ms": 5, "ls": "none", "lw": 1.6}
    axes.errorbar(values, places, xerr=bounds.T, **defaults | style)
