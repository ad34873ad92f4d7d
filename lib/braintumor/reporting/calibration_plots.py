"""Figures of calibration: reliability, and risk against coverage."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import VIEW_STYLES, show_name

# Where slices come from, in the order of trust: what chose, what tests, what is new.
PLACE_STYLES = {
    "validation": ("#8C8C8C", "v"),
    **VIEW_STYLES,
    "figshare": ("#CC79A7", "P"),
    "navoneel": ("#009E73", "X"),
}
PANELS = 3  # per row
FULL = 100  # a marker's area in points² for all slices of a place


def reliability(bins: pd.DataFrame, *, equal: str = "width") -> Figure:
    """Draw the share of right answers against the top probability, place by place.

    Args:
        bins: rows of one model: `place`, `stage` ("before" or "after"), `equal`,
            `confidence`, `value`, `low`, `high`, `n`.
        equal: draw the bins of equal "width" or of equal "mass".

    Raises:
        ValueError: no such bin, or bins of several models.
    """
    rows = require_one_model(bins[bins["equal"] == equal])
    places = order_places(rows)
    height = 2.5 * -(-len(places) // PANELS)
    figure, grid = plt.subplots(
        -(-len(places) // PANELS),
        PANELS,
        figsize=(7, height),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axes, place in zip(grid.flat, places, strict=False):
        _draw_reliability(axes, rows[rows["place"] == place])
        count = rows.loc[(rows["place"] == place) & (rows["stage"] == "after"), "n"]
        text = f"{show_name(place)}, n = {count.sum():,}"
        axes.text(0, 1.03, text, transform=axes.transAxes, size=9)
    for axes in grid.flat[max(0, len(places) - PANELS) : len(places)]:
        axes.tick_params(labelbottom=True)  # also above a place left empty
    for axes in grid.flat[len(places) :]:
        axes.axis("off")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    figure.supxlabel("top probability, mean of the bin", size=10)
    figure.supylabel("share of right answers", size=10)
    return figure


def risk_coverage(risk: pd.DataFrame, abstention: pd.DataFrame) -> Figure:
    """Draw the share of wrong answers among those given, one panel per model.

    Args:
        risk: `model`, `place`, `coverage`, `risk`, 0 to 1.
        abstention: `model`, `place`, `metric` ("coverage" and "accuracy_of_answered"
            are drawn: where the bar stands) and `value`.

    Raises:
        ValueError: nothing to draw.
    """
    models = list(risk["model"].drop_duplicates())
    if not models:
        raise ValueError("No curve to draw: pass the table `risk` of the study.")
    figure, grid = plt.subplots(
        1, len(models), figsize=(7, 3.2), sharey=True, squeeze=False
    )
    for axes, model in zip(grid[0], models, strict=True):
        rows = (table[table["model"] == model] for table in (risk, abstention))
        _draw_risk(axes, *rows)
        axes.text(0.04, 0.96, show_name(model), transform=axes.transAxes, va="top")
        axes.set_xlabel("coverage (share answered)")
        axes.set_xlim(0, 1)
        axes.grid(axis="y")
    grid[0][0].set_ylim(bottom=0)
    grid[0][0].set_ylabel("share wrong among the answered")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _draw_risk(axes: Axes, risk: pd.DataFrame, abstention: pd.DataFrame) -> None:
    for place in order_places(risk):
        colour, marker = PLACE_STYLES[place]
        curve = risk[risk["place"] == place]
        axes.plot(
            curve["coverage"], curve["risk"], color=colour, label=show_name(place)
        )
        rates = abstention[abstention["place"] == place].set_index("metric")["value"]
        bar = rates["coverage"], 1 - rates["accuracy_of_answered"]
        axes.plot(*bar, color=colour, marker=marker, ms=8, mec="white")


def _draw_reliability(axes: Axes, rows: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color="#AAAAAA", lw=1, ls="--", zorder=0)
    styles = {"before": ("none", "#8C8C8C"), "after": ("#0072B2", "#0072B2")}
    for stage, (face, edge) in styles.items():
        drawn = rows[rows["stage"] == stage].sort_values("confidence")
        if stage == "after":
            ends = drawn[["low", "high"]].to_numpy().T
            axes.vlines(drawn["confidence"], *ends, color=edge, lw=0.8, alpha=0.5)
        axes.scatter(
            drawn["confidence"],
            drawn["value"],
            s=8 + FULL * drawn["n"] / max(1, drawn["n"].sum()),
            facecolor=face,
            edgecolor=edge,
            label=f"{stage} the temperature",
            zorder=3,
        )
    axes.set_xlim(0.25, 1.04)
    axes.set_ylim(-0.05, 1.05)


def order_places(rows: pd.DataFrame) -> list[str]:
    """Return the places of a table in their one order."""
    found = set(rows["place"])
    return [place for place in PLACE_STYLES if place in found]


def require_one_model(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows if they are of one model.

    Raises:
        ValueError: there is none, or several.
    """
    if rows.empty or rows["model"].nunique() != 1:
        raise ValueError(
            f"{len(rows)} rows of {rows['model'].nunique()} models: pass the rows of "
            "one model, at least one."
        )
    return rows
