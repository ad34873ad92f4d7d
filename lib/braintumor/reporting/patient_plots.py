"""Figures of stand-in patients: how near they come to the test, and what that costs."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from braintumor.reporting.palette import CLASS_COLOURS, INK, show_name

KEPT = {
    "slices": "nothing",
    "twins": "twins",
    "finer": "short runs\nof numbers",
    "patients": "runs, as many\nas patients",
    "coarser": "long runs\nof numbers",
}
FOUR_CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


def plot_distances(distances: pd.DataFrame) -> Figure:
    """Draw how near in number the next training or validation slice is.

    Args:
        distances: table `distances` of study `patients`.
    """
    names = {
        "distance_0": "the same number",
        "distance_1": "a neighbouring number",
        "distance_2": "two numbers away",
        "further": "further away",
        "without_number": "no number known",
    }
    colours = ("#004C7A", "#0072B2", "#56B4E9", "#E69F00", "#C8C8C8")
    figure, axes = plt.subplots(figsize=(7, 2.2))
    starts = np.zeros(len(distances))
    totals = distances["test_slices"].to_numpy()
    for (column, name), colour in zip(names.items(), colours, strict=True):
        shares = 100 * distances[column].to_numpy() / totals
        bars = axes.barh(
            range(len(distances)), shares, 0.65, starts, color=colour, label=name
        )
        texts = [
            f"{count:,}" if share > 4 else ""
            for count, share in zip(distances[column], shares, strict=True)
        ]
        ink = INK if colour in ("#C8C8C8", "#56B4E9", "#E69F00") else "white"
        axes.bar_label(bars, texts, label_type="center", fontsize=8, color=ink)
        starts += shares
    axes.set_yticks(
        range(len(distances)),
        [
            f"{show_name(row.view)}\nn = {row.test_slices:,}"
            for row in distances.itertuples()
        ],
    )
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("test slices, %, by the nearest number in training or validation")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_folds(folds: pd.DataFrame) -> Figure:
    """Draw the cross-validated nearest neighbour against what is kept together.

    Args:
        folds: table `folds` of study `patients`.
    """
    metrics = ["accuracy", *(f"recall_{name}" for name in FOUR_CLASSES)]
    groupings = [name for name in KEPT if name in {*folds["grouping"]}]
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for offset, metric in enumerate(metrics):
        part = folds[folds["metric"] == metric].set_index("grouping").reindex(groupings)
        bounds = np.abs(part[["low", "high"]].to_numpy() - part[["value"]].to_numpy())
        label = metric.removeprefix("recall_")
        axes.errorbar(
            np.arange(len(part)) + 0.13 * (offset - 2),
            100 * part["value"],
            yerr=100 * bounds.T,
            color=CLASS_COLOURS.get(label, INK),
            marker="D" if metric == "accuracy" else "o",
            ms=6 if metric == "accuracy" else 4,
            lw=1.6,
            ls="none",
            label=show_name(label),
        )
    axes.set_xticks(range(len(groupings)), [KEPT.get(n, n) for n in groupings])
    axes.set_xlabel("what a fold keeps together")
    axes.set_ylabel("nearest neighbour, five folds:\naccuracy and recall, %")
    axes.grid(axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
