"""Figures of a training: loss and accuracy by epoch."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from braintumor.reporting.palette import INK, SPLIT_COLOURS, show_name


def learning_curves(
    history: pd.DataFrame, *, chosen_epoch: int | None = None
) -> Figure:
    """Draw loss and accuracy by epoch: validation bold, the chosen epoch marked.

    Args:
        history: one row per epoch: `loss`, `accuracy`, `val_loss`, `val_accuracy`
            (those that are there are drawn). Epochs are the rows, counted from 1 over
            all phases; a column `phase` draws and names a line where a new one begins.
        chosen_epoch: the epoch whose weights were kept, counted likewise.
    """
    epochs = np.arange(1, len(history) + 1)
    shown = [name for name in ("loss", "accuracy") if name in history]
    figure, row = plt.subplots(1, len(shown), figsize=(8, 2.8), squeeze=False)
    for axes, name in zip(row.flat, shown, strict=True):
        axes.plot(
            epochs,
            history[name],
            color=SPLIT_COLOURS["training"],
            lw=1,
            label="training",
        )
        if f"val_{name}" in history:
            validation = np.asarray(history[f"val_{name}"])
            colour = SPLIT_COLOURS["validation"]
            axes.plot(epochs, validation, color=colour, lw=2.6, label="validation")
            _mark_epoch(axes, epochs, validation, chosen_epoch)
        _mark_phases(axes, epochs, history)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.margins(x=0.03)
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
    row.flat[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _mark_epoch(
    axes: Axes, epochs: np.ndarray, values: np.ndarray, chosen: int | None
) -> None:
    """Put a ring on the chosen epoch."""
    for position in np.flatnonzero(epochs == chosen):
        axes.axvline(chosen, color=INK, lw=0.8, ls=":", zorder=0)
        style = {"mfc": "white", "mec": INK, "mew": 1.5, "ms": 7, "ls": "none"}
        axes.plot(chosen, values[position], "o", label=f"kept: epoch {chosen}", **style)


def _mark_phases(axes: Axes, epochs: np.ndarray, history: pd.DataFrame) -> None:
    """Draw a line where a new phase begins, and name it."""
    if "phase" not in history:
        return
    phases = np.asarray(history["phase"])
    for position in np.flatnonzero(phases[1:] != phases[:-1]):
        begin = epochs[position] + 0.5
        axes.axvline(begin, color="#AAAAAA", lw=1, zorder=0)
        axes.annotate(
            f" {show_name(phases[position + 1])}",
            (begin, 1.0),
            xycoords=("data", "axes fraction"),
            fontsize=8,
            color="#777777",
        )
