"""Figures of scores: confusion, ROC curves, and the three views side by side."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import CLASS_COLOURS, INK, VIEW_STYLES, show_name


def confusion(counts: pd.DataFrame, classes: Sequence[str]) -> Figure:
    """Draw a confusion matrix: counts, and the percentage of each true class.

    Args:
        counts: tidy table `label`, `predicted`, `count`.
        classes: class names, in order.
    """
    square = counts.pivot(index="label", columns="predicted", values="count")
    square = square.reindex(index=classes, columns=classes, fill_value=0).to_numpy()
    totals = square.sum(axis=1, keepdims=True)
    share = np.divide(square, totals, out=np.zeros(square.shape), where=totals > 0)
    side = 1.3 + 0.85 * len(classes)
    figure, axes = plt.subplots(figsize=(side + 0.6, side))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(square):
        colour = "white" if share[row, column] > 0.5 else INK
        text = f"{count:,.0f}\n{share[row, column]:.1%}" if totals[row] else "–"
        axes.text(column, row, text, ha="center", va="center", color=colour, size=9)
    names = [show_name(name) for name in classes]
    axes.set_xticks(range(len(classes)), names)
    axes.set_yticks(range(len(classes)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for edge in np.arange(1, len(classes)) - 0.5:  # white gaps between the cells
        axes.axhline(edge, color="white", lw=2)
        axes.axvline(edge, color="white", lw=2)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    return figure


def roc(predictions: pd.DataFrame, classes: Sequence[str]) -> Figure:
    """Draw one ROC curve per class, each class against the rest.

    Args:
        predictions: predictions table, only the rows to draw.
        classes: class names, in order; of two only the tumour's curve is drawn.
    """
    figure, axes = plt.subplots(figsize=(4.2, 4.2))
    names = [name for name in classes if len(classes) > 2 or name != "no_tumor"]
    for name in names:
        positive = (predictions["label"] == name).to_numpy()
        if positive.all() or not positive.any():
            continue  # no curve without both sides
        order = np.argsort(
            -predictions[f"probability_{name}"].to_numpy(), kind="mergesort"
        )
        scores = predictions[f"probability_{name}"].to_numpy()[order]
        ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        hits = np.cumsum(positive[order])[ends] / positive.sum()
        alarms = np.cumsum(~positive[order])[ends] / (~positive).sum()
        axes.plot(
            np.append(0, alarms),
            np.append(0, hits),
            color=CLASS_COLOURS.get(name, INK),
            label=show_name(name),
        )
    axes.plot([0, 1], [0, 1], color="#AAAAAA", lw=1, ls="--", zorder=0)
    axes.set_aspect("equal")
    axes.set_xlabel("false alarms (1 − specificity)")
    axes.set_ylabel("found (sensitivity)")
    axes.legend(loc="lower right")
    return figure


def view_comparison(
    results: pd.DataFrame,
    *,
    metric: str = "accuracy",
    models: Sequence[str] | None = None,
    published: Mapping[str, float] | None = None,
) -> Figure:
    """Draw each model and baseline in the three views, with 95 % intervals.

    Args:
        results: results table of one run and one task.
        metric: which rows to draw.
        models: from top to bottom; without it, as they come in `results`.
        published: model -> the figure that its authors printed, 0 to 1: a star.

    Raises:
        ValueError: nothing to draw.
    """
    rows = results[results["metric"] == metric]
    names = list(models or rows["model"].drop_duplicates())
    rows = rows[rows["model"].isin(names)]
    if rows.empty:
        raise ValueError(f"No row of metric={metric!r} for models {names}.")
    figure, axes = plt.subplots(figsize=(7, 1.1 + 0.62 * len(names)))
    for position, (view, (colour, marker)) in enumerate(VIEW_STYLES.items()):
        drawn = rows[rows["view"] == view].set_index("model").reindex(names)
        heights = np.arange(len(names)) + (position - 1) * 0.22
        bounds = np.abs(drawn[["low", "high"]].to_numpy() - drawn[["value"]].to_numpy())
        axes.errorbar(
            drawn["value"],
            heights,
            xerr=bounds.T,
            color=colour,
            marker=marker,
            ms=5,
            ls="none",
            lw=1.8,
            label=_view_label(view, rows),
        )
    _mark_published(axes, names, published or {})
    axes.set_yticks(range(len(names)), [show_name(name) for name in names])
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel(f"{show_name(metric)}, 95 % interval over groups")
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: labels[i] == "published")
    axes.legend(
        [handles[i] for i in order],
        [labels[i] for i in order],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )
    return figure


def _view_label(view: str, rows: pd.DataFrame) -> str:
    """Name a view with its number of slices, where all models share it."""
    sizes = rows.loc[rows["view"] == view, "n"].unique()
    return show_name(view) + (f"\nn = {sizes[0]:,}" if len(sizes) == 1 else "")


def _mark_published(
    axes: Axes, names: Sequence[str], published: Mapping[str, float]
) -> None:
    """Put a star above the as-shipped point, where a figure was published."""
    shown = [
        (published[name], row) for row, name in enumerate(names) if name in published
    ]
    if shown:
        values, rows = zip(*shown, strict=True)
        heights = np.array(rows) - 0.40
        style = {"marker": "*", "s": 80, "color": "white", "edgecolor": INK}
        axes.scatter(values, heights, label="published", zorder=3, **style)
