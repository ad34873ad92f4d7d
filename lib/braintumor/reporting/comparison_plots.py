"""Figures of comparisons: who is better, by how much, and how large a test must be."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting import published, tables
from braintumor.reporting.palette import INK, VIEW_STYLES, show_name
from braintumor.reporting.score_plots import view_comparison

LEFT_OUT = ("majority",)  # far from the rest, it would press them together


def plot_four_classes(results: pd.DataFrame) -> Figure:
    """Draw the four-class models and baselines of a run in the three views.

    Args:
        results: results table of one run.
    """
    named = results[~results["model"].str.endswith(tables.BINARY)]
    models = [
        name
        for name in tables.order_models(named["model"].unique())
        if name not in LEFT_OUT
    ]
    stars = published.published_accuracy(named["dataset"].iloc[0])
    return view_comparison(named, models=models, published=stars)


def plot_differences(
    differences: pd.DataFrame, *, first: str, metric: str = "accuracy"
) -> Figure:
    """Draw by how much a model is better than each rival, in the three views.

    Args:
        differences: table `differences` of the study `comparison`.
        first: the model in question; rows that name it second are turned round.
        metric: which rows to draw.

    Raises:
        ValueError: nothing to draw.
    """
    rows = _turn(differences[differences["metric"] == metric], first)
    rows = rows[rows["first"] == first].dropna(subset="difference")
    if rows.empty:
        raise ValueError(f"No {metric!r} of {first!r} beside another program.")
    names = tables.order_models(rows["second"].unique())
    figure, axes = plt.subplots(figsize=(7, 1.1 + 0.55 * len(names)))
    for position, (view, (colour, marker)) in enumerate(VIEW_STYLES.items()):
        drawn = rows[rows["view"] == view].set_index("second").reindex(names)
        values = 100 * drawn[["difference", "low", "high"]].to_numpy().T
        bounds = np.abs(values[1:] - values[0])
        style = {"color": colour, "marker": marker, "ms": 5, "ls": "none", "lw": 1.8}
        sizes = drawn["n"].dropna().unique()
        label = show_name(view) + (f"\nn = {sizes[0]:,.0f}" if len(sizes) == 1 else "")
        heights = np.arange(len(names)) + (position - 1) * 0.22
        axes.errorbar(values[0], heights, xerr=bounds, label=label, **style)
    axes.axvline(0, color=INK, lw=1, ls="--", zorder=0)
    axes.set_yticks(range(len(names)), [show_name(name) for name in names])
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel(
        f"{show_name(metric)} of {show_name(first)} above each, points, 95 % interval"
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_needs(needs: pd.DataFrame, *, second: str | Sequence[str]) -> Figure:
    """Draw how many test slices a difference needs, and how many there are.

    Args:
        needs: table `power` of the study `comparison`.
        second: the rival, or several, each in its own panel.
    """
    rivals = [second] if isinstance(second, str) else list(second)
    figure, panels = plt.subplots(
        1, len(rivals), figsize=(1 + 3 * len(rivals), 3.4), sharey=True, squeeze=False
    )
    for axes, rival in zip(panels.flat, rivals, strict=True):
        for view in VIEWS:
            rows = needs[(needs["second"] == rival) & (needs["view"] == view)]
            colour, marker = VIEW_STYLES[view]
            style = {"color": colour, "marker": marker, "ms": 5, "lw": 1.6}
            bounds = np.abs(
                rows[["slices_low", "slices_high"]].to_numpy()
                - rows[["slices"]].to_numpy()
            ).T
            axes.errorbar(
                rows["points"], rows["slices"], bounds, label=show_name(view), **style
            )
            axes.axhline(rows["n"].iloc[0], color=colour, lw=1, ls=":")
        axes.set_xscale("log")
        axes.set_yscale("log")
        ticks = sorted(needs["points"].unique())
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
        axes.set_xticks([], minor=True)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y")
        axes.set_xlabel(f"points to notice\nagainst {show_name(rival)}")
    panels.flat[-1].plot([], [], color=INK, lw=1, ls=":", label="slices there are")
    panels.flat[0].set_ylabel("test slices for 80 % power")
    panels.flat[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_permuted(permuted: pd.DataFrame) -> Figure:
    """Draw what baselines score with true training labels and with shuffled ones.

    Args:
        permuted: table `permuted` of the study `shortcuts`.
    """
    names = tables.order_models(permuted["baseline"].unique())
    figure, axes = plt.subplots(figsize=(7, 1.1 + 0.6 * len(names)))
    for position, (view, (colour, marker)) in enumerate(VIEW_STYLES.items()):
        rows = permuted[permuted["view"] == view].set_index("baseline").reindex(names)
        heights = np.arange(len(names)) + (position - 1) * 0.22
        style = {"color": colour, "marker": marker, "ms": 5, "ls": "none"}
        axes.plot(rows["accuracy"], heights, label=show_name(view), **style)
        bounds = np.abs(
            rows[["low", "high"]].to_numpy() - rows[["shuffled"]].to_numpy()
        ).T
        hollow = style | {"markerfacecolor": "white", "lw": 1.8}
        axes.errorbar(rows["shuffled"], heights, xerr=bounds, **hollow)
        axes.plot(rows["chance"], heights, color=INK, marker="|", ms=9, ls="none")
    axes.plot([], [], color=INK, marker="|", ms=9, ls="none", label="chance")
    axes.set_yticks(range(len(names)), [show_name(name) for name in names])
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_xlim(0, 1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel("accuracy; hollow: training labels shuffled, central 95 %")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _turn(rows: pd.DataFrame, first: str) -> pd.DataFrame:
    """Turn the rows round that name `first` second."""
    turned = rows["second"] == first
    other = rows[turned].rename(columns={"first": "second", "second": "first"})
    other = other.assign(
        difference=-other["difference"], low=-other["high"], high=-other["low"]
    )
    return pd.concat([rows[~turned], other], ignore_index=True)
