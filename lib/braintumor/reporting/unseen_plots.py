"""Figures of unseen patients: who answers them how well, and what a choice is worth."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting import tables
from braintumor.reporting.palette import INK, VIEW_STYLES, show_name

METRICS = ("accuracy", "sensitivity", "specificity")
COLOUR, MARKER = VIEW_STYLES["group_disjoint"]
FAR = -15  # points below the base, where the scale of ablations ends
SEED_STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "D"))


def plot_unseen(scores: pd.DataFrame, metrics: Sequence[str] = METRICS) -> Figure:
    """Draw what network and baselines score on the same patients, a panel per metric.

    Args:
        scores: table `scores` of the study `unseen_patients`.
        metrics: which rows to draw, from left to right.

    Raises:
        ValueError: nothing to draw.
    """
    names = tables.order_models(scores["model"].unique())
    if not set(metrics) <= set(scores["metric"]):
        raise ValueError(f"The scores lack one of {', '.join(metrics)}.")
    figure, panels = plt.subplots(
        1, len(metrics), figsize=(9, 0.9 + 0.36 * len(names)), sharey=True
    )
    for axes, metric in zip(panels, metrics, strict=True):
        rows = scores[scores["metric"] == metric].set_index("model").reindex(names)
        _draw_intervals(axes, rows, "value", np.arange(len(names)), COLOUR, MARKER)
        axes.set_xlim(-0.03, 1.03)
        axes.set_xlabel(f"{show_name(metric)}\nn = {rows['n'].iloc[0]:,}")
    _name_rows(panels, names)
    return figure


def plot_ablations(
    differences: pd.DataFrame, metrics: Sequence[str] = METRICS
) -> Figure:
    """Draw by how many points each variant lies above the base, seed by seed.

    Args:
        differences: table `differences` of the study `ablations`.
        metrics: which rows to draw, from left to right.

    Raises:
        ValueError: nothing to draw.
    """
    names = list(differences["variant"].drop_duplicates())
    seeds = sorted(differences["seed"].unique())
    if not set(metrics) <= set(differences["metric"]):
        raise ValueError(f"The differences lack one of {', '.join(metrics)}.")
    figure, panels = plt.subplots(
        1, len(metrics), figsize=(9, 1.1 + 0.42 * len(names)), sharey=True
    )
    for axes, metric in zip(panels, metrics, strict=True):
        shown = differences[differences["metric"] == metric]
        for place, (seed, style) in enumerate(zip(seeds, SEED_STYLES, strict=False)):
            rows = shown[shown["seed"] == seed].set_index("variant").reindex(names)
            rows = rows[["difference", "low", "high"]] * 100
            heights = np.arange(len(names)) + (place - (len(seeds) - 1) / 2) * 0.24
            label = f"seed {seed}"
            _draw_intervals(axes, rows, "difference", heights, *style, label=label)
            _name_far_ones(axes, rows, heights, style[0])
        axes.set_xlim(left=max(axes.get_xlim()[0], FAR))
        axes.axvline(0, color=INK, lw=1, ls="--", zorder=0)
        axes.set_xlabel(f"{show_name(metric)}\npoints above the base")
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    _name_rows(panels, names)
    return figure


def _name_far_ones(
    axes: Axes, rows: pd.DataFrame, heights: np.ndarray, colour: str
) -> None:
    """Write differences off the scale at its edge: drawn, they would hide the rest."""
    for value, height in zip(rows["difference"], heights, strict=True):
        if value < FAR:
            style = {"color": colour, "va": "center", "size": 8}
            axes.text(FAR + 0.5, height, f"◂ {value:.0f}".replace("-", "−"), **style)


def _draw_intervals(
    axes: Axes,
    rows: pd.DataFrame,
    value: str,
    heights: np.ndarray,
    colour: str,
    marker: str,
    label: str | None = None,
) -> None:
    bounds = np.abs(rows[["low", "high"]].to_numpy() - rows[[value]].to_numpy()).T
    style = {"color": colour, "marker": marker, "ms": 5, "ls": "none", "lw": 1.8}
    axes.errorbar(rows[value], heights, xerr=bounds, label=label, **style)
    axes.grid(axis="x")


def _name_rows(panels: Sequence[Axes], names: Sequence[str]) -> None:
    panels[0].set_yticks(range(len(names)), [show_name(name) for name in names])
    panels[0].set_ylim(len(names) - 0.45, -0.55)
    for axes in panels:
        axes.tick_params(axis="y", length=0)
