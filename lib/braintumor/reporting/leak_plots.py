"""Figures of leakage: the similarity of twins, and repeats that were planted."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import (
    CLASS_COLOURS,
    INK,
    order_classes,
    show_name,
)

FOUR_CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
USED = 0.95  # the similarity of the project's groups
MODEL_STYLES = {
    "nearest_neighbor": (INK, "o", "--"),
    "vgg16_four_class": ("#56B4E9", "s", "-"),
    "densenet121_four_class": ("#004C7A", "D", "-"),
}
SEARCH_STYLES = {"whole": ("#0072B2", "o"), "crops": ("#D55E00", "s")}
SEARCH_NAMES = {"whole": "whole slices", "crops": "and crops"}


def plot_thresholds(groups: pd.DataFrame, scores: pd.DataFrame) -> Figure:
    """Draw groups, test slices left and accuracy against the similarity of twins.

    Args:
        groups: table `groups` of study `leak_threshold`.
        scores: its table `scores`.
    """
    turned = groups[groups["search"] == "turned"].sort_values("similarity")
    upright = groups[groups["search"] == "upright"].sort_values("similarity")
    places = np.arange(len(turned))
    figure, panels = plt.subplots(
        3, 1, figsize=(7, 7.2), sharex=True, height_ratios=(1, 1.3, 1.5)
    )
    panels[0].plot(places, turned["groups"], "o-", color=INK, label="flips and turns")
    panels[0].plot(
        places, upright["groups"], "o:", color="#999999", label="upright only"
    )
    panels[0].set_ylabel("groups")
    panels[0].set_ylim(0)
    _stack_classes(panels[1], places, turned)
    panels[1].set_ylabel("test slices left")
    _draw_accuracy(panels[2], turned["similarity"].to_numpy(), scores)
    for axes in panels:
        used = int(np.flatnonzero(np.isclose(turned["similarity"], USED))[0])
        axes.axvline(used, color=INK, lw=1, ls="--", zorder=0)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    names = [f"{value:g}" for value in turned["similarity"]]
    names[-1] = "equal\npixels"
    panels[-1].set_xticks(places, names)
    panels[-1].set_xlabel("similarity that two slices reach to be twins")
    return figure


def _stack_classes(axes: Axes, places: np.ndarray, table: pd.DataFrame) -> None:
    """Stack the test slices of each class."""
    bottom = np.zeros(len(table))
    for name in order_classes(FOUR_CLASSES):
        values = table[name].to_numpy()
        colour = CLASS_COLOURS[name]
        axes.bar(places, values, 0.7, bottom, color=colour, label=show_name(name))
        bottom += values
    for place, total in zip(places, bottom, strict=True):
        axes.annotate(
            f"{total:,.0f}",
            (place, total),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    axes.margins(y=0.1)


def _draw_accuracy(axes: Axes, similarities: np.ndarray, scores: pd.DataFrame) -> None:
    """Draw the accuracy of each model with its interval."""
    rows = scores[scores["metric"] == "accuracy"]
    for offset, (model, (colour, marker, line)) in enumerate(MODEL_STYLES.items()):
        part = rows[rows["model"] == model].set_index("similarity")
        part = part.reindex(similarities)
        bounds = np.abs(part[["low", "high"]].to_numpy() - part[["value"]].to_numpy())
        axes.errorbar(
            np.arange(len(part)) + 0.1 * (offset - 1),
            100 * part["value"],
            yerr=100 * bounds.T,
            color=colour,
            marker=marker,
            ms=4,
            ls=line,
            lw=1.3,
            label=show_name(model.removesuffix("_four_class")),
        )
    axes.set_ylabel("accuracy there, %\n95 % interval over groups")
    axes.grid(axis="y")


def plot_planted(found: pd.DataFrame, crops: pd.DataFrame) -> Figure:
    """Draw the share of planted repeats that each search finds.

    Args:
        found: table `found` of study `planted_repeats`.
        crops: its table `crops`.
    """
    figure, grid = plt.subplots(
        2, 2, figsize=(7, 5), sharey=True, sharex="col", width_ratios=(1, 1.2)
    )
    for row, source in enumerate(found["source"].unique()):
        kinds = found[found["source"] == source]
        names = list(kinds["kind"].unique())
        shares = crops[crops["source"] == source]
        for offset, (search, (colour, marker)) in enumerate(SEARCH_STYLES.items()):
            style = {"color": colour, "marker": marker, "ms": 4, "lw": 1.3}
            style |= {"label": SEARCH_NAMES[search]}
            part = kinds[kinds["search"] == search].set_index("kind").reindex(names)
            heights = np.arange(len(names)) + 0.2 * (offset - 0.5)
            _draw_shares(grid[row, 0], heights, part, ls="none", **style)
            part = shares[shares["search"] == search].sort_values("kept")
            _draw_shares(grid[row, 1], 100 * part["kept"] + offset * 0.3, part, **style)
        grid[row, 0].set_xticks(
            range(len(names)),
            [show_name(name) for name in names],
            rotation=30,
            ha="right",
        )
        grid[row, 0].set_ylabel(f"{source}: found, %")
        for axes in grid[row]:
            axes.grid(axis="y")
    grid[1, 1].set_xlabel("share of each side that a crop leaves, %")
    grid[0, 1].invert_xaxis()
    grid[0, 1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _draw_shares(axes: Axes, places: np.ndarray, part: pd.DataFrame, **style) -> None:
    """Draw shares in percent with their intervals."""
    bounds = np.abs(part[["low", "high"]].to_numpy() - part[["share"]].to_numpy())
    axes.errorbar(places, 100 * part["share"], yerr=100 * bounds.T, **style)
