"""Figures of changed slices: what corruptions and harmless changes do to answers."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from braintumor.reporting.palette import INK, show_name

# metric → colour, line and name in the legend
CURVES = {
    "accuracy": ("#0072B2", "-", "accuracy"),
    "confidence": ("#D55E00", "-", "mean confidence"),
    "answered": ("#8C8C8C", ":", "share answered"),
}
# kind of a harmless change → colour and name in the legend
KINDS = {
    "place": ("#0072B2", "the head lies elsewhere"),
    "file": ("#E69F00", "another file"),
}
GAP = "#F3C6A5"  # confidence above accuracy
CLEAN = "none"  # the corruption of untouched slices
COLUMNS = 5
INITIALISMS = {"jpeg": "JPEG", "png": "PNG", "gibbs": "Gibbs", "rician": "Rician"}


def severity_curves(scores: pd.DataFrame) -> Figure:
    """Draw accuracy, confidence and share answered against severity, per corruption.

    Where confidence stays above accuracy the gap is filled. The corruption that costs
    most accuracy at its worst comes first.

    Args:
        scores: tidy table `corruption`, `severity`, `metric`, `value`, `low`, `high`;
            the corruption "none" holds the untouched slices, severity 0 of all.

    Raises:
        ValueError: a metric is missing.
    """
    missing = set(CURVES) - set(scores["metric"])
    if missing:
        raise ValueError(f"No row of {', '.join(sorted(missing))}: score the answers.")
    names = _order(scores)
    rows = -(-len(names) // COLUMNS)
    figure, grid = plt.subplots(
        rows,
        COLUMNS,
        figsize=(9, 0.6 + 2.0 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axes in grid.flat[len(names) :]:
        axes.axis("off")
    for axes, name in zip(grid.flat, names, strict=False):
        _draw_corruption(axes, scores[scores["corruption"].isin([name, CLEAN])])
        axes.set_title(_word(name), fontsize=10, color=INK, pad=4)
    # Lines, unlike bars, need no zero; the space goes to where they differ.
    lowest = scores.loc[scores["metric"].isin(CURVES), "low"].min()
    grid[0, 0].set_ylim(max(0.0, np.floor(10 * lowest) / 10), 1.01)
    grid[0, 0].set_xticks(range(1 + int(scores["severity"].max())))
    figure.supxlabel("severity (0: untouched)", fontsize=10)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def invariance_bars(changes: pd.DataFrame, *, view: str = "as_shipped") -> Figure:
    """Draw how often harmless changes alter the answer, and how far its confidence.

    Args:
        changes: tidy table `view`, `kind`, `transformation`, `metric`, `value`, `low`,
            `high`, of metrics `changed` and `confidence_moved`.
        view: which rows to draw.

    Raises:
        ValueError: there is no row of the view.
    """
    rows = changes[changes["view"] == view]
    if rows.empty:
        raise ValueError(f"No row of view={view!r}: choose one of the table's.")
    names = list(rows["transformation"].drop_duplicates())
    figure, panels = plt.subplots(
        1, 2, figsize=(8, 0.9 + 0.3 * len(names)), sharey=True
    )
    _draw_bars(panels[0], rows, "changed", names)
    panels[0].set_xlabel("slices whose answer changes, %")
    _draw_bars(panels[1], rows, "confidence_moved", names)
    panels[1].set_xlabel("mean change of the largest\nprobability, percentage points")
    panels[0].set_yticks(range(len(names)), [_word(name) for name in names])
    panels[0].invert_yaxis()
    shown = [Patch(color=colour, label=label) for colour, label in KINDS.values()]
    panels[1].legend(handles=shown, loc="lower right")
    return figure


def corruption_grid(images: Mapping[str, Sequence[np.ndarray]]) -> Figure:
    """Show one slice under each corruption, a row per corruption, a column a severity.

    Args:
        images: corruption → slices (height, width) uint8, from severity 0 upwards.

    Raises:
        ValueError: there is nothing to show.
    """
    if not images:
        raise ValueError("No corruption to show: pass at least one.")
    columns = max(map(len, images.values()))
    figure, grid = plt.subplots(
        len(images),
        columns,
        figsize=(1.15 * columns + 1, 1.15 * len(images)),
        squeeze=False,
    )
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    for line, (name, slices) in zip(grid, images.items(), strict=True):
        style = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 9}
        line[0].set_ylabel(_word(name), **style)
        for axes, image in zip(line, slices, strict=False):
            axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    for severity, axes in enumerate(grid[-1]):
        axes.set_xlabel(f"severity {severity}" if severity else "untouched", fontsize=9)
    return figure


def _draw_corruption(axes: Axes, scores: pd.DataFrame) -> None:
    """Draw the curves of one corruption, with bands for the 95 % intervals."""
    lines = {
        metric: rows.sort_values("severity")
        for metric, rows in scores.groupby("metric")
        if metric in CURVES
    }
    steps = lines["accuracy"]["severity"].to_numpy()
    accuracy = lines["accuracy"]["value"].to_numpy()
    confidence = lines["confidence"]["value"].to_numpy()
    axes.fill_between(
        steps,
        accuracy,
        confidence,
        where=confidence >= accuracy,
        interpolate=True,
        color=GAP,
        lw=0,
        label="more confident than right",
    )
    for metric, (colour, style, name) in CURVES.items():
        rows = lines[metric]
        axes.plot(steps, rows["value"], color=colour, ls=style, label=name)
        if metric != "answered":
            axes.fill_between(
                steps, rows["low"], rows["high"], color=colour, alpha=0.18, lw=0
            )
    axes.grid(axis="y")


def _draw_bars(
    axes: Axes, rows: pd.DataFrame, metric: str, names: Sequence[str]
) -> None:
    """Draw one bar per transformation, in percent, with its interval and number."""
    drawn = rows[rows["metric"] == metric].set_index("transformation").reindex(names)
    percent = 100 * drawn[["low", "value", "high"]]
    bounds = np.abs(percent[["low", "high"]].to_numpy() - percent[["value"]].to_numpy())
    colours = [KINDS[kind][0] for kind in drawn["kind"]]
    style = {"error_kw": {"ecolor": INK, "elinewidth": 1}}
    axes.barh(
        range(len(names)), percent["value"], xerr=bounds.T, color=colours, **style
    )
    for height, value, high in zip(
        range(len(names)), percent["value"], percent["high"], strict=True
    ):
        axes.annotate(
            f"{value:.1f}",
            (high, height),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    axes.set_xlim(left=0)


def _order(scores: pd.DataFrame) -> list[str]:
    """Return the corruptions, the lowest accuracy at the highest severity first."""
    worst = scores[scores["severity"] == scores["severity"].max()]
    worst = worst[worst["metric"] == "accuracy"]
    return worst.sort_values(["value", "corruption"])["corruption"].tolist()


def _word(name: str) -> str:
    """Return a name for readers: `jpeg_quality_90` → "JPEG quality 90"."""
    return " ".join(INITIALISMS.get(word, word) for word in show_name(name).split())
