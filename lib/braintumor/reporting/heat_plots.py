"""Heat over slices: where a model looked, beside the lesion that was really there."""

from collections.abc import Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

SCALE = "heat, each slice by its own hottest place"


def lay_heat(figure: Figure, overlays: Sequence[np.ndarray | None]) -> Figure:
    """Lay heat over the slices of a grid, and add its scale.

    Args:
        figure: of `plots.slice_grid`; it drew the slices and outlined the lesions.
        overlays: uint8 (height, width, 4) RGBA in inferno colours, in the order of the
            slices, each scaled to its own hottest place; None leaves a slice grey.

    Raises:
        ValueError: there are more overlays than places in the grid.
    """
    places = list(figure.axes)
    if len(overlays) > len(places):
        raise ValueError(f"{len(overlays)} overlays for {len(places)} slices.")
    for axes, overlay in zip(places, overlays, strict=False):
        if overlay is not None:
            axes.imshow(overlay)
    scale = ScalarMappable(cmap="inferno")
    scale.set_clim(0, 1)
    figure.colorbar(scale, ax=places, label=SCALE, orientation="horizontal", shrink=0.5)
    return figure
