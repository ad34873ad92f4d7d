"""Figure of the bar of the tumour probability: missed tumours and false alarms."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from braintumor.reporting.calibration_plots import (
    PLACE_STYLES,
    order_places,
    require_one_model,
)
from braintumor.reporting.palette import show_name


def missed_and_false_alarms(
    trade_off: pd.DataFrame, decisions: pd.DataFrame, *, allowed: float
) -> Figure:
    """Draw missed tumours against false alarms, and where the rules stand.

    Left the curves, with the rule "bar" filled; right both rules' missed tumours with
    95 % intervals over groups, also where there is no slice to raise a false alarm.

    Args:
        trade_off: rows of one model: `place`, `missed`, `false_alarms`.
        decisions: rows of the same model: `place`, `rule` ("largest" or "bar"),
            `metric` ("missed" or "false_alarms"), `value`, `low`, `high`, `n`.
        allowed: share of validation's tumour slices that the bar may miss; a line.

    Raises:
        ValueError: nothing to draw, or several models.
    """
    curves, rates = require_one_model(trade_off), require_one_model(decisions)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(7.4, 3.6), gridspec_kw={"width_ratios": [1, 1]}
    )
    for place in order_places(curves):
        curve = curves[curves["place"] == place]
        colour, marker = PLACE_STYLES[place]
        left.step(curve["false_alarms"], curve["missed"], color=colour, where="post")
        point = _pick(rates, place, "bar")
        left.plot(*point, color=colour, marker=marker, ms=7, mec="white", ls="none")
    left.set_xlabel("false alarms")
    left.set_ylabel("missed tumours")
    left.axhline(allowed, color="#AAAAAA", lw=1, ls="--", zorder=0)
    right.axvline(allowed, color="#AAAAAA", lw=1, ls="--", zorder=0)
    for axis in (left.xaxis, left.yaxis, right.xaxis):
        _show_small_shares(axis)
    left.grid()
    _draw_missed(right, rates[rates["metric"] == "missed"])
    return figure


def _draw_missed(axes: Axes, missed: pd.DataFrame) -> None:
    places = order_places(missed)
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
    for text, place in zip(axes.get_yticklabels(), places, strict=True):
        text.set_color(PLACE_STYLES[place][0])
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel("missed tumours, 95 % interval\nhollow: largest class; filled: bar")


def _show_small_shares(axis: Axis) -> None:
    """Give an axis from 0 to 1 a scale on which shares of a few per cent are told."""
    name = axis.axis_name
    getattr(axis.axes, f"set_{name}scale")("symlog", linthresh=0.02, linscale=0.6)
    ticks = [0, 0.01, 0.05, 0.2, 1]
    axis.set_ticks(ticks, labels=[f"{tick:.0%}" for tick in ticks])
    axis.set_minor_locator(NullLocator())
    getattr(axis.axes, f"set_{name}lim")(-0.002, 1)


def _pick(rates: pd.DataFrame, place: str, rule: str) -> tuple[list, list]:
    """Return false alarms and missed tumours of one rule in one place."""
    rows = rates[(rates["place"] == place) & (rates["rule"] == rule)]
    values = rows.set_index("metric")["value"]
    return [values["false_alarms"]], [values["missed"]]
