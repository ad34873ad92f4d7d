"""Figures of notebooks 01 and 02: grey levels, borders, groups, filters, views."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from braintumor.reporting.palette import (
    CLASS_COLOURS,
    INK,
    VIEW_STYLES,
    order_classes,
    show_name,
)

BACKGROUND = 20  # grey level up to which a pixel counts as air


def grey_levels(images: np.ndarray, labels: np.ndarray) -> Figure:
    """Draw how often each grey level occurs in each class, air left out.

    Args:
        images: (n, side, side) uint8.
        labels: (n,) class names.
    """
    figure, axes = plt.subplots()
    edges = np.arange(BACKGROUND + 1, 257, 5)  # whole levels, or the bars are uneven
    labels = np.asarray(labels)
    for name in order_classes(labels):
        counts, _ = np.histogram(images[labels == name], edges)
        shares = 100 * counts / max(1, counts.sum())
        colour = CLASS_COLOURS.get(name, INK)
        axes.stairs(shares, edges, color=colour, label=show_name(name), linewidth=1.6)
    axes.set_xlabel("grey level (0 is black, 255 white)")
    axes.set_ylabel("pixels that are not air, %")
    axes.legend(loc="upper right")
    return figure


def borders(features: np.ndarray, labels: np.ndarray) -> Figure:
    """Draw what the frame of a slice tells: mean grey level and black share by class.

    Args:
        features: (n, 3) mean, spread and black share of the frame.
        labels: (n,) class names.
    """
    names = order_classes(labels)
    labels = np.asarray(labels)
    figure, panels = plt.subplots(1, 2, figsize=(7, 3))
    drawn = {
        "mean grey level of the frame": features[:, 0],
        "black pixels in the frame, %": 100 * features[:, 2],
    }
    for axes, (title, values) in zip(panels, drawn.items(), strict=True):
        boxes = axes.boxplot(
            [values[labels == name] for name in names],
            widths=0.6,
            patch_artist=True,
            medianprops={"color": INK},
            flierprops={"marker": ".", "markersize": 2, "markeredgecolor": INK},
        )
        for box, name in zip(boxes["boxes"], names, strict=True):
            box.set_facecolor(CLASS_COLOURS.get(name, INK))
        axes.set_xticks(range(1, len(names) + 1), [show_name(name) for name in names])
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel(title)
    return figure


def group_sizes(manifest: pd.DataFrame) -> Figure:
    """Draw how many groups there are of each size.

    Args:
        manifest: needs `group_id`.
    """
    sizes = manifest.groupby("group_id").size()
    counts = sizes.value_counts().sort_index()
    figure, axes = plt.subplots(figsize=(7, 2.8))
    axes.bar(counts.index, counts, width=0.8, color="#0072B2")
    axes.set_yscale("log")
    axes.set_ylim(0.7, 3 * counts.max())
    axes.set_xlabel("slices in the group")
    axes.set_ylabel("groups (log scale)")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.text(
        1.0,
        0.97,
        f"largest: {sizes.max()} slices of {len(manifest):,}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=9,
        color=INK,
    )
    return figure


def filter_changes(original: np.ndarray, filtered: Mapping[str, np.ndarray]) -> Figure:
    """Show a slice, what each filter makes of it, and where it changed.

    Args:
        original: (side, side) uint8.
        filtered: what to write above each, and the slice after that filter.
    """
    columns = {"no filter": original, **filtered}
    size = 7 / len(columns)
    figure, grid = plt.subplots(2, len(columns), figsize=(7, 2 * size + 0.3))
    for (name, image), (top, below) in zip(columns.items(), grid.T, strict=True):
        top.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        top.set_title(name, fontsize=9, pad=3)
        change = np.abs(image.astype(int) - original)
        heat = below.imshow(change, cmap="inferno", vmin=0, vmax=20)
    for axes in grid.flat:
        axes.axis("off")
    grid[1, 0].set_visible(False)
    bar = figure.colorbar(heat, ax=grid[1, :], fraction=0.03, pad=0.02)
    bar.set_label("change, grey levels", fontsize=9)
    return figure


def view_counts(counts: pd.DataFrame) -> Figure:
    """Draw how many test slices each class keeps in each view.

    Args:
        counts: slices by (view, side) and class, as `splits.count_views` returns them.
    """
    tests = counts.xs("test", level="side")
    classes = order_classes(tests.columns)
    height = 0.8 / len(VIEW_STYLES)
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.55 * len(classes)))
    for position, (view, (colour, _)) in enumerate(VIEW_STYLES.items()):
        places = np.arange(len(classes)) + (position - 1) * height
        values = tests.loc[view, classes]
        bars = axes.barh(
            places, values, 0.92 * height, color=colour, label=show_name(view)
        )
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
    axes.set_yticks(range(len(classes)), [show_name(name) for name in classes])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("test slices")
    axes.margins(x=0.1)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
