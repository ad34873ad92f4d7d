"""Figures of other sources draw what their tables say."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from braintumor.reporting import source_plots

SCORES = pd.DataFrame(
    [
        (model, source, metric, value, value - 0.1, value + 0.05, 80, 40)
        for model, gain in (("before", 0.0), ("after", 0.3))
        for source, base in (("validation", 0.6), ("navoneel", 0.3))
        for metric, value in (
            ("sensitivity", base + gain),
            ("specificity", 0.9),
            ("auc", 0.7 + gain / 2),
            ("matched_sensitivity", base + gain / 2),
        )
    ],
    columns="model source metric value low high n groups".split(),
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def points(axes):
    return [list(bar.lines[0].get_xdata()) for bar in axes.containers]


def test_before_and_after_stand_in_every_panel():
    figure = source_plots.plot_detection(SCORES)
    sensitivity, specificity, area = figure.axes
    assert np.allclose(points(sensitivity), [[0.6, 0.3], [0.9, 0.6]])
    assert points(specificity) == [[0.9, 0.9]] * 2
    assert [tick.get_text() for tick in sensitivity.get_yticklabels()] == [
        "validation",
        "Navoneel",
    ]
    legend = [text.get_text() for text in area.get_legend().get_texts()]
    assert legend == ["before", "after"]


def test_one_model_needs_no_legend_but_tells_how_many_slices():
    alone = SCORES[SCORES["model"] == "before"].drop(columns="model")
    figure = source_plots.plot_detection(alone)
    assert figure.axes[2].get_legend() is None
    assert [text.get_text() for text in figure.axes[0].texts] == ["n = 80"] * 2
    with pytest.raises(ValueError, match="No source among"):
        source_plots.plot_detection(alone.assign(source="elsewhere"))


def test_looks_keep_one_order_in_every_panel():
    rows = [
        (compared, name, effect, effect - 0.1, effect + 0.1)
        for compared, pairs in (
            ("a against b", (("sharpness", 0.9), ("midtone", -0.2))),
            ("c against d", (("midtone", 0.6), ("sharpness", 0.1))),
        )
        for name, effect in pairs
    ]
    table = pd.DataFrame(rows, columns="compared measurement effect low high".split())
    figure = source_plots.plot_looks(table)
    assert [points(axes) for axes in figure.axes] == [[[0.9, -0.2]], [[0.1, 0.6]]]


def test_changes_of_the_input_stand_one_below_the_other():
    rows = [
        (change, source, metric, 0.5, 0.4, 0.6)
        for change in ("none", "cropped")
        for source in ("validation", "figshare", "navoneel")
        for metric in ("sensitivity", "specificity")
        if (source, metric) != ("figshare", "specificity")
    ]
    table = pd.DataFrame(rows, columns="change source metric value low high".split())
    axes = source_plots.plot_changed_inputs(table).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["none", "cropped"]
    assert len(axes.containers) == 3
