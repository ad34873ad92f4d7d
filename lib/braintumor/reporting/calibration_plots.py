"""Figures of calibration: reliability, risk–coverage, missed against false alarms."""

import matplotlib.pyplot as plt
import numpy as np
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
        bins: rows of one model: `place`, `stage`, `equal`, `confidence`, `accuracy`,
            `n`.
        equal: draw the bins of equal "width" or of equal "mass".

    Raises:
        ValueError: no such bin, or bins of several models.
    """
    rows = _require_one_model(bins[bins["equal"] == equal])
    places = _order_places(rows)
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
        text = f"{show_name(place)}\nn = {count.sum():,}"
        axes.text(0.04, 0.96, text, transform=axes.transAxes, va="top", size=9)
    for axes in grid.flat[len(places) :]:
        axes.axis("off")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    figure.supxlabel("top probability, mean of the bin", size=10)
    figure.supylabel("share of right answers", size=10)
    return figure


def risk_coverage(risk: pd.DataFrame) -> Figure:
    """Draw the share of wrong answers among those given, one panel per model.

    Args:
        risk: `model`, `place`, `coverage`, `risk`, 0 to 1.

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
        for place in _order_places(risk):
            curve = risk[(risk["model"] == model) & (risk["place"] == place)]
            colour, _ = PLACE_STYLES[place]
            axes.plot(
                curve["coverage"], curve["risk"], color=colour, label=show_name(place)
            )
        axes.text(0.04, 0.96, show_name(model), transform=axes.transAxes, va="top")
        axes.set_xlabel("coverage (share answered)")
        axes.set_xlim(0, 1)
        axes.grid(axis="y")
    grid[0][0].set_ylim(bottom=0)
    grid[0][0].set_ylabel("risk (share wrong among the answered)")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def missed_and_false_alarms(trade_off: pd.DataFrame, decisions: pd.DataFrame) -> Figure:
    """Draw missed tumours against false alarms, and where the rules stand.

    Left the curves, with the rule "bar" filled; right both rules' missed tumours with
    95 % intervals over groups, also where there is no slice to raise a false alarm.

    Args:
        trade_off: rows of one model: `place`, `missed`, `false_alarms`.
        decisions: rows of the same model: `place`, `rule` ("largest" or "bar"),
            `metric` ("missed" or "false_alarms"), `value`, `low`, `high`, `n`.

    Raises:
        ValueError: nothing to draw, or several models.
    """
    curves, rates = _require_one_model(trade_off), _require_one_model(decisions)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(7.4, 3.6), gridspec_kw={"width_ratios": [1, 1]}
    )
    for place in _order_places(curves):
        curve = curves[curves["place"] == place]
        colour, marker = PLACE_STYLES[place]
        left.step(curve["false_alarms"], curve["missed"], color=colour, where="post")
        point = _pick(rates, place, "bar")
        left.plot(*point, color=colour, marker=marker, ms=7, mec="white", ls="none")
    left.set_xlabel("false alarms")
    left.set_ylabel("missed tumours")
    for scale in (left.set_xscale, left.set_yscale):
        scale("symlog", linthresh=0.02, linscale=0.6)
    ticks = [0, 0.01, 0.05, 0.2, 1]
    left.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    left.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])
    left.minorticks_off()
    left.set_xlim(-0.002, 1)
    left.set_ylim(-0.002, 1)
    left.grid()
    _draw_missed(right, rates[rates["metric"] == "missed"])
    return figure


def _draw_reliability(axes: Axes, rows: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color="#AAAAAA", lw=1, ls="--", zorder=0)
    styles = {"before": ("none", "#8C8C8C"), "after": ("#0072B2", "#0072B2")}
    for stage, (face, edge) in styles.items():
        drawn = rows[rows["stage"] == stage].sort_values("confidence")
        areas = 6 + FULL * drawn["n"] / max(1, drawn["n"].sum())
        axes.plot(drawn["confidence"], drawn["accuracy"], color=edge, lw=0.8)
        axes.scatter(
            drawn["confidence"],
            drawn["accuracy"],
            s=areas,
            facecolor=face,
            edgecolor=edge,
            label=f"{stage} the temperature",
            zorder=3,
        )
    axes.set_xlim(0.2, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_aspect("auto")


def _draw_missed(axes: Axes, missed: pd.DataFrame) -> None:
    places = _order_places(missed)
    for rule, offset in (("largest", -0.14), ("bar", 0.14)):
        drawn = missed[missed["rule"] == rule].set_index("place").reindex(places)
        for row, (place, rate) in enumerate(drawn.iterrows()):
            colour, marker = PLACE_STYLES[place]
            bounds = np.abs(np.array([[rate["low"]], [rate["high"]]]) - rate["value"])
            axes.errorbar(
                rate["value"],
                row + offset,
                xerr=bounds,
                color=colour,
                marker=marker,
                mfc=colour if rule == "bar" else "white",
                ms=6,
            )
    names = missed.drop_duplicates("place").set_index("place").reindex(places)
    labels = [f"{show_name(place)}\nn = {n:,}" for place, n in names["n"].items()]
    axes.set_yticks(range(len(places)), labels)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlim(left=0)
    axes.grid(axis="x")
    axes.set_xlabel("missed tumours, 95 % interval\nhollow: largest class; filled: bar")


def _pick(rates: pd.DataFrame, place: str, rule: str) -> tuple[list, list]:
    """Return false alarms and missed tumours of one rule in one place."""
    rows = rates[(rates["place"] == place) & (rates["rule"] == rule)]
    values = rows.set_index("metric")["value"]
    return [values["false_alarms"]], [values["missed"]]


def _order_places(rows: pd.DataFrame) -> list[str]:
    found = set(rows["place"])
    return [place for place in PLACE_STYLES if place in found]


def _require_one_model(rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty or rows["model"].nunique() != 1:
        raise ValueError(
            f"{len(rows)} rows of {rows['model'].nunique()} models: pass the rows of "
            "one model, at least one."
        )
    return rows
