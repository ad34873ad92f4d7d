"""Figures of notebook 08: what each sin is worth."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import INK, show_name

HONEST, SINFUL = "#0072B2", "#D55E00"


def price_list(table: pd.DataFrame, *, chance: float | None = None) -> Figure:
    """Draw every sin from its honest score to its sinful one, a panel per data set.

    Args:
        table: `dataset`, `sin`, and `honest`, `sinful` and `price` with their
            `…_low` and `…_high`, 0 to 1; sins are drawn in the order they come.
        chance: what guessing would score: a dashed line.

    Raises:
        ValueError: there is no row.
    """
    if table.empty:
        raise ValueError("No sin to draw: measure at least one.")
    sins = list(table["sin"].drop_duplicates())
    datasets = list(table["dataset"].drop_duplicates())
    figure, panels = plt.subplots(
        1,
        len(datasets),
        figsize=(3.4 + 3.0 * len(datasets), 1.0 + 0.42 * len(sins)),
        sharey=True,
        squeeze=False,
    )
    for axes, dataset in zip(panels[0], datasets, strict=True):
        rows = table[table["dataset"] == dataset].set_index("sin").reindex(sins)
        _draw_prices(axes, rows)
        if chance is not None:
            axes.axvline(chance, color=INK, lw=1.2, ls="--", zorder=0.5)
        axes.set_xlabel(f"accuracy on {dataset}")
    panels[0][0].set_yticks(range(len(sins)), [show_name(name) for name in sins])
    panels[0][0].set_ylim(len(sins) - 0.5, -0.5)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def _draw_prices(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw one panel: two points with intervals per sin, and the price in points."""
    heights = np.arange(len(rows))
    axes.hlines(heights, rows["honest"], rows["sinful"], color="#BBBBBB", lw=4)
    for name, colour, fill, shift in (
        ("honest", HONEST, "white", -0.12),
        ("sinful", SINFUL, SINFUL, 0.12),
    ):
        ends = rows[[f"{name}_low", f"{name}_high"]].to_numpy()
        bounds = np.abs(ends - rows[[name]].to_numpy())
        style = {"color": colour, "marker": "o", "ms": 5, "mfc": fill, "ls": "none"}
        axes.errorbar(
            rows[name], heights + shift, xerr=bounds.T, lw=1.4, label=name, **style
        )
    for height, price in zip(heights, rows["price"], strict=True):
        text = "" if np.isnan(price) else f"{100 * price:+.1f}"
        axes.text(1.14, height, text, ha="right", va="center", size=9, color=INK)
    axes.set_xlim(0, 1.15)
    axes.set_xticks(np.arange(0, 1.01, 0.25))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
