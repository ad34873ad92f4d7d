import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from braintumor.reporting import data_plots
from braintumor.reporting.palette import CLASS_COLOURS, VIEW_STYLES

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


@pytest.fixture(autouse=True)
def closed_figures():
    matplotlib.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def labels():
    return np.repeat(CLASSES, 5)


def texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def test_grey_levels_leave_air_out_and_add_up_to_the_tissue(labels):
    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16)).astype(np.uint8)
    images[:5] = 0  # nothing but air
    axes = data_plots.grey_levels(images, labels).axes[0]
    sums = [curve.get_data().values.sum() for curve in axes.patches]
    assert np.allclose(sums, [0, 100, 100, 100])
    edges = axes.patches[0].get_data().edges
    assert edges[0] == data_plots.BACKGROUND + 1 and edges[-1] == 256
    assert (np.diff(edges) == 5).all()


def test_borders_have_one_box_per_class_and_feature(labels):
    features = np.random.default_rng(0).random((20, 3))
    figure = data_plots.borders(features, labels)
    shown = texts(figure)
    assert [name.replace("_", " ") in shown for name in CLASSES] == [True] * 4
    assert "black pixels in the frame, %" in shown
    assert len(figure.axes) == 2


def test_group_sizes_count_groups_and_name_the_largest():
    manifest = pd.DataFrame({"group_id": [0, 0, 0, 1, 2, 2, 3]})
    figure = data_plots.group_sizes(manifest)
    heights = {
        round(bar.get_x() + bar.get_width() / 2): bar.get_height()
        for bar in figure.axes[0].patches
    }
    assert heights == {1: 2, 2: 1, 3: 1}
    assert "largest: 3 slices of 7" in texts(figure)


def test_filter_changes_show_the_change_and_its_scale():
    original = np.full((16, 16), 100, np.uint8)
    figure = data_plots.filter_changes(original, {"darker": original - 7})
    images = [image.get_array() for axes in figure.axes for image in axes.images]
    assert any((image == 7).all() for image in images)
    assert {"no filter", "darker", "change, grey levels"} <= set(texts(figure))


def test_view_counts_show_every_view_and_a_zero():
    index = pd.MultiIndex.from_product(
        [VIEW_STYLES, ["training", "test"]], names=["view", "side"]
    )
    counts = pd.DataFrame(np.arange(24).reshape(6, 4), index, CLASSES)
    counts.loc[("group_disjoint", "test"), "no_tumor"] = 0
    figure = data_plots.view_counts(counts)
    shown = texts(figure)
    assert {"as shipped", "deduplicated", "group disjoint", "0"} <= set(shown)
    widths = sorted(bar.get_width() for bar in figure.axes[0].patches)
    assert widths == sorted(counts.xs("test", level="side").to_numpy().ravel())
    assert set(CLASSES) <= set(CLASS_COLOURS)
