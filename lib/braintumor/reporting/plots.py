"""Every figure of the notebooks: data in, `Figure` out; nothing is shown or saved.

Figures of slices stand here, those of a training and of scores in their own modules.
No figure has a title: its caption stands below it in the notebook.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import (
    CLASS_COLOURS,
    INK,
    SPLIT_COLOURS,
    order_classes,
    show_name,
)
from braintumor.reporting.score_plots import confusion, roc, view_comparison
from braintumor.reporting.training_plots import learning_curves

__all__ = [
    "class_counts",
    "confusion",
    "learning_curves",
    "roc",
    "similarity_histogram",
    "slice_grid",
    "view_comparison",
]


def class_counts(frame: pd.DataFrame, *, split: str | None = None) -> Figure:
    """Draw how many slices each class has, one bar per split.

    Args:
        frame: one row per slice; needs `label`, and the column named by `split`.
        split: column of split names, such as "official_split" or a view; without it
            each class gets one bar in its own colour. Slices without a split, or
            "excluded", are left out.
    """
    classes = order_classes(frame["label"])
    height = 0.9 + 0.5 * len(classes)
    figure, axes = plt.subplots(figsize=(7, height))
    if split is None:
        counts = frame["label"].value_counts().reindex(classes, fill_value=0)
        colours = [CLASS_COLOURS.get(name, INK) for name in classes]
        bars = axes.barh(classes, counts, color=colours, height=0.7)
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=9)
    else:
        table = pd.crosstab(frame["label"], frame[split]).reindex(classes)
        _draw_split_bars(axes, table)
    axes.set_yticks(range(len(classes)), [show_name(name) for name in classes])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("slices")
    axes.margins(x=0.1)
    return figure


def _draw_split_bars(axes: Axes, table: pd.DataFrame) -> None:
    """Draw one group of bars per row of `table`, one bar per known split."""
    splits = [name for name in SPLIT_COLOURS if name in table.columns]
    height = 0.8 / max(1, len(splits))
    for position, name in enumerate(splits):
        offset = (position - (len(splits) - 1) / 2) * height
        bars = axes.barh(
            np.arange(len(table)) + offset,
            table[name],
            height=height * 0.92,
            color=SPLIT_COLOURS[name],
            label=name,
        )
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def slice_grid(
    images: Sequence[np.ndarray],
    labels: Sequence[str] | None = None,
    *,
    columns: int = 4,
    masks: Sequence[np.ndarray] | None = None,
) -> Figure:
    """Show slices in a grid, row by row, grey values 0 to 255, true aspect.

    Args:
        images: slices (height, width) uint8, or an array (n, height, width).
        labels: what to write above each slice; class names come in their colour.
        columns: slices per row.
        masks: lesion masks like the slices, outlined in yellow; where one is empty or
            None nothing is drawn.

    Raises:
        ValueError: there is no slice, or not one label per slice.
    """
    if not len(images):
        raise ValueError("No slice to show: pass at least one.")
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{len(labels)} labels for {len(images)} slices: pair them.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    size = 7 / max(columns, 4)
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(size * columns, (size + (0.22 if labels is not None else 0)) * rows),
        squeeze=False,
    )
    for axes in grid.flat:
        axes.axis("off")
    for position, (axes, image) in enumerate(zip(grid.flat, images, strict=False)):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        if labels is not None:
            name = str(labels[position])
            colour = CLASS_COLOURS.get(name, INK)
            axes.set_title(show_name(name), fontsize=9, color=colour, pad=3)
        mask = None if masks is None else masks[position]
        if mask is not None and np.any(mask):
            axes.contour(np.asarray(mask) > 0, [0.5], colors="#F0E442", linewidths=1)
    return figure


def similarity_histogram(
    similarities: np.ndarray | Mapping[str, np.ndarray],
    *,
    threshold: float | None = 0.95,
    bins: int = 50,
) -> Figure:
    """Draw how similar slices are to their nearest neighbour.

    Args:
        similarities: (n,) correlations, or one such array per class name; classes are
            stacked.
        threshold: marked by a line; above it slices count as twins. None: no line.
        bins: number of bars.
    """
    figure, axes = plt.subplots()
    if isinstance(similarities, Mapping):
        names = order_classes(list(similarities))
        values = [np.asarray(similarities[name]) for name in names]
        style = {
            "color": [CLASS_COLOURS.get(name, INK) for name in names],
            "label": [show_name(name) for name in names],
        }
    else:
        values, style = [np.asarray(similarities)], {"color": ["#0072B2"]}
    lowest = min((value.min() for value in values if len(value)), default=0.0)
    edges = np.linspace(min(lowest, 0.5 if threshold else lowest), 1, bins + 1)
    axes.margins(y=0.1)
    axes.hist(values, edges, stacked=True, edgecolor="white", linewidth=0.4, **style)
    if threshold is not None:
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2)
        axes.annotate(
            f"twins above {threshold:g}",
            (threshold, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=9,
            color=INK,
        )
    if len(values) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.set_xlabel("similarity to the nearest neighbour (correlation)")
    axes.set_ylabel("slices")
    return figure
