"""Figures of scored explanations; none of them shows a slice."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from braintumor.evaluation.sanity import LIMIT
from braintumor.reporting.palette import INK, order_classes, show_name

# From what is scored, over what knows no network, to the bound: words and colour.
OWN, SIMPLE, BOUND = "#D55E00", "#0072B2", "#8C8C8C"
EXPLANATIONS = {
    ("grad_cam", "predicted"): ("Grad-CAM, predicted class", OWN),
    ("grad_cam", "true"): ("Grad-CAM, true class", OWN),
    ("grad_cam_as_drawn", "predicted"): ("predicted class, as drawn in demos", OWN),
    ("other_slices", "predicted"): ("Grad-CAM of other slices", SIMPLE),
    ("picture_centre", "none"): ("middle of the picture", SIMPLE),
    ("head_centre", "none"): ("middle of the head", SIMPLE),
    ("random_point", "none"): ("random point of the head", SIMPLE),
    ("even_heat", "none"): ("heat all over the picture", SIMPLE),
    ("edges", "none"): ("strongest edge", SIMPLE),
    ("edges_in_cells", "none"): ("edges, as coarse as heat", SIMPLE),
    ("brightness", "none"): ("brightest pixel", SIMPLE),
    ("brightness_in_cells", "none"): ("brightness, as coarse as heat", SIMPLE),
    ("best_cell", "none"): ("bound: best cell of each slice", BOUND),
}
PANELS = {
    "pointing": "hottest place in the lesion",
    "energy": "share of heat in the lesion",
}
STAGES = {
    ("reference", "edges"): "edges, whatever is shuffled",
    ("reference", "other_slice"): "nothing, but another slice",
    ("independent", "last_block"): "last block alone",
    ("independent", "last_two_blocks"): "last two blocks alone",
    ("cascading", "head"): "head",
    ("cascading", "last_block"): "head, last block",
    ("cascading", "last_two_blocks"): "head, last two blocks",
    ("cascading", "all"): "everything",
}
CURVES = {
    "best_cell": ("best cell (bound)", BOUND, "--"),
    "grad_cam": ("Grad-CAM", OWN, "-"),
    "picture_centre": ("middle of the picture", "#009E73", "-"),
    "random_point": ("random point of the head", "#56B4E9", "-"),
    "edges": ("strongest edge", SIMPLE, "-"),
}
BANDS = ("grad_cam", "picture_centre")  # further bands would hide each other


def plot_scores(
    scores: pd.DataFrame, *, model: str, subset: str = "twin_free"
) -> Figure:
    """Draw an explanation's scores above those of what it must beat.

    Args:
        scores: table of study `explanations`.
        model: whose rows are drawn.
        subset: of the slices.

    Raises:
        ValueError: there is no such row.
    """
    rows = scores[(scores["model"] == model) & (scores["subset"] == subset)]
    if rows.empty:
        raise ValueError(f"No scores of model={model!r} in subset={subset!r}.")
    figure, panels = plt.subplots(1, 2, figsize=(7.6, 4.4), sharey=True)
    for axes, (score, words) in zip(panels, PANELS.items(), strict=True):
        drawn = rows[rows["score"] == score].set_index(["explanation", "target"])
        for height, (key, (_, colour)) in enumerate(EXPLANATIONS.items()):
            if key in drawn.index:
                _draw_interval(axes, drawn.loc[key], height, colour)
        axes.set_xlim(0, 1.1 * drawn["high"].max())
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(words)
    names = [words for words, _ in EXPLANATIONS.values()]
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    return figure


def plot_cells(cells: pd.DataFrame) -> Figure:
    """Draw, class by class, in which cells lesions lie and which cell is hottest.

    Args:
        cells: table of study `explanations`.
    """
    classes = order_classes(cells["label"])
    figure, grid = plt.subplots(
        2, len(classes), figsize=(2.1 * len(classes), 4.2), squeeze=False
    )
    for label, column in zip(classes, grid.T, strict=True):
        rows = cells[cells["label"] == label]
        for axes, name in zip(column, ("lesions", "peaks"), strict=True):
            counts = rows.pivot(index="row", columns="column", values=name)
            _draw_shares(axes, counts.to_numpy())
        words = f"{show_name(label)}, n = {rows['lesions'].sum():,}"
        column[0].set_title(words, fontsize=10, color=INK)
    grid[0, 0].set_ylabel("middle of the lesion")
    grid[1, 0].set_ylabel("hottest cell")
    return figure


def plot_offsets(offsets: pd.DataFrame) -> Figure:
    """Draw where the hottest place lies, seen from the lesion's box.

    Args:
        offsets: table of study `explanations`; lengths in half boxes.
    """
    figure, axes = plt.subplots(figsize=(4.6, 4.2))
    style = {"s": 9 * offsets["slices"], "c": OWN, "alpha": 0.6, "linewidths": 0}
    points = axes.scatter(offsets["x"], offsets["y"], **style)
    axes.add_patch(Rectangle((-1, -1), 2, 2, fill=False, edgecolor=INK, linewidth=1.6))
    limit = float(offsets[["x", "y"]].abs().to_numpy().max()) + 0.5
    axes.set(xlim=(-limit, limit), ylim=(limit, -limit), aspect="equal")
    axes.set_xlabel("right of the box's middle, half boxes")
    axes.set_ylabel("below the box's middle, half boxes")
    shown = np.unique(np.quantile(offsets["slices"], [0, 0.9, 1]).astype(int)).tolist()
    handles, labels = points.legend_elements("sizes", num=shown, func=lambda s: s / 9)
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    axes.legend(handles, labels, title="slices", **place)
    return figure


def plot_reach(reach: pd.DataFrame, *, tolerance: float) -> Figure:
    """Draw the share of hottest places within each distance of the lesion.

    Args:
        reach: table of study `explanations`.
        tolerance: the customary one, marked; a fraction of the side.
    """
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for name, (words, colour, line) in CURVES.items():
        rows = reach[reach["explanation"] == name]
        axes.plot(rows["reach"], rows["value"], line, color=colour, label=words)
        if name in BANDS:
            bounds = rows["low"], rows["high"]
            axes.fill_between(rows["reach"], *bounds, color=colour, alpha=0.2, lw=0)
    axes.axvline(tolerance, color=INK, linestyle=":", linewidth=1.2)
    place = {"rotation": 90, "ha": "right", "va": "top", "fontsize": 9, "color": INK}
    axes.text(tolerance, 1.0, "customary tolerance ", **place)
    axes.set(xlim=(0, reach["reach"].max()), ylim=(0, 1.02))
    axes.set_xlabel("distance to the lesion that is still a hit, share of the side")
    axes.set_ylabel("slices")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_randomization(table: pd.DataFrame, *, limit: float = LIMIT) -> Figure:
    """Draw what is left of the heat when weights are shuffled.

    Args:
        table: `randomization` of study `explanations`.
        limit: mean rank correlation above which an explanation is refused; marked.
    """
    rows = table[table["measure"] == "rank_correlation"].set_index(["kind", "shuffled"])
    names = {key: words for key, words in STAGES.items() if key in rows.index}
    figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.36 * len(names)))
    for height, key in enumerate(names):
        colour = SIMPLE if key[0] == "reference" else OWN
        _draw_interval(axes, rows.loc[key], height, colour)
    axes.axvline(limit, color=INK, linestyle="--", linewidth=1.2)
    axes.axvline(0, color="#AAAAAA", linewidth=1)
    axes.set_yticks(range(len(names)), names.values())
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlim(-0.5, 1.05)
    axes.set_xlabel("rank correlation with the heat before")
    return figure


def _draw_interval(axes: Axes, row: pd.Series, height: int, colour: str) -> None:
    """Draw one value with its interval."""
    axes.plot([row["low"], row["high"]], [height, height], color=colour, lw=2.2)
    axes.plot(row["value"], height, "o", color=colour, ms=5)


def _draw_shares(axes: Axes, counts: np.ndarray) -> None:
    """Draw counts of cells (h, w) as percentages of their sum."""
    share = counts / max(1, counts.sum())
    axes.imshow(share, cmap="Blues", vmin=0, vmax=0.6)
    for (row, column), value in np.ndenumerate(share):
        colour = "white" if value > 0.35 else INK
        axes.text(column, row, f"{value:.0%}", ha="center", va="center", color=colour)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
