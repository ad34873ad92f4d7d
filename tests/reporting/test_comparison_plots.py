"""Figures of comparisons draw every row, and turn a pair round where they must."""

import matplotlib
import pandas as pd
import pytest

from braintumor.evaluation import baselines
from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting import comparison_plots, tables


def texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


@pytest.fixture
def differences():
    rows = [
        (one, two, view, "accuracy", value, value - 0.02, value + 0.03, 100)
        for one, two, value in (
            ("densenet121_four_class", "majority", 0.4),
            ("densenet121_four_class", "vgg16_four_class", 0.1),
            ("vgg16_four_class", "majority", 0.3),
        )
        for view in VIEWS
    ]
    columns = ["first", "second", "view", "metric", "difference", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def test_every_baseline_has_its_place():
    assert {*tables.BASELINES} == {*baselines.BASELINES}


def test_differences_stand_from_the_model_in_question(differences):
    figure = comparison_plots.plot_differences(differences, first="vgg16_four_class")
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["densenet121 four class", "majority"]
    drawn = figure.axes[0].containers[0].lines
    assert list(drawn[0].get_xdata()) == pytest.approx([-10, 30])
    low = drawn[2][0].get_segments()[0][0][0]
    assert low == pytest.approx(-13)  # the upper end, turned round
    assert any("n = 100" in text for text in texts(figure))


def test_nothing_to_draw_is_said(differences):
    with pytest.raises(ValueError, match="No 'auc' of 'majority'"):
        comparison_plots.plot_differences(differences, first="majority", metric="auc")


def test_needs_are_drawn_for_every_rival():
    rows = [
        ("majority", view, point, 1000 / point, 900 / point, 1200 / point, 300)
        for view in VIEWS
        for point in (0.5, 1, 2, 3)
    ]
    columns = ["second", "view", "points", "slices", "slices_low", "slices_high", "n"]
    needs = pd.DataFrame(rows, columns=columns)
    figure = comparison_plots.plot_needs(needs, second="majority")
    assert len(figure.axes[0].containers) == 3
    assert "points to notice\nagainst majority" in texts(figure)


def test_controls_are_drawn_with_chance():
    rows = [("border_statistics", view, 0.8, 0.25, 0.2, 0.3, 0.26) for view in VIEWS]
    columns = ["baseline", "view", "accuracy", "shuffled", "low", "high", "chance"]
    figure = comparison_plots.plot_permuted(pd.DataFrame(rows, columns=columns))
    assert "chance" in texts(figure)


def test_the_headline_figure_leaves_the_majority_out():
    rows = [
        ("phantom", model, view, "accuracy", 0.9, 0.8, 1.0, 50)
        for model in ("vgg16_four_class", "file_size", "majority", "file_size_binary")
        for view in VIEWS
    ]
    columns = ["dataset", "model", "view", "metric", "value", "low", "high", "n"]
    frame = pd.DataFrame(rows, columns=columns)
    figure = comparison_plots.plot_four_classes(frame)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["vgg16 four class", "file size"]
