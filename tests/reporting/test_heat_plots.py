import numpy as np
import pytest

from braintumor.reporting import heat_plots, plots

SLICES = np.full((2, 8, 8), 90, np.uint8)


def drawn(axes):
    return [image.get_array().shape for image in axes.get_images()]


def test_heat_lies_over_its_slice_and_has_a_scale():
    figure = plots.slice_grid(SLICES, columns=2)
    heat = np.full((8, 8, 4), 200, np.uint8)
    assert heat_plots.lay_heat(figure, [None, heat]) is figure
    first, second, *_, scale = figure.axes
    assert drawn(first) == [(8, 8)]
    assert drawn(second) == [(8, 8), (8, 8, 4)]
    assert scale.get_xlabel() == heat_plots.SCALE


def test_more_heat_than_slices_is_refused():
    figure = plots.slice_grid(SLICES[:1], columns=1)
    with pytest.raises(ValueError, match="2 overlays for 1 slices"):
        heat_plots.lay_heat(figure, [None, None])
