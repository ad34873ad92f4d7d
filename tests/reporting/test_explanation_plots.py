import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from braintumor.reporting import explanation_plots


@pytest.fixture(autouse=True)
def closed():
    matplotlib.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def scores():
    rows = [
        {
            "model": "toy",
            "subset": "twin_free",
            "explanation": name,
            "target": target,
            "score": score,
            "value": 0.1 * position,
            "low": 0.1 * position - 0.05,
            "high": 0.1 * position + 0.05,
            "n": 168,
            "groups": 60,
        }
        for position, (name, target) in enumerate(
            [("grad_cam", "predicted"), ("edges", "none"), ("best_cell", "none")]
        )
        for score in explanation_plots.PANELS
    ]
    return pd.DataFrame(rows)


def test_every_score_stands_where_it_belongs(scores):
    figure = explanation_plots.plot_scores(scores, model="toy")
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names[0] == "Grad-CAM, predicted class"
    assert names[-1].startswith("bound")
    for axes in figure.axes:
        points = [line for line in axes.lines if len(line.get_xdata()) == 1]
        drawn = {
            names[int(line.get_ydata()[0])]: line.get_xdata()[0] for line in points
        }
        assert drawn["strongest edge"] == pytest.approx(0.1)
        assert drawn[names[-1]] == pytest.approx(0.2)
        assert axes.get_title() == ""


def test_a_model_without_scores_is_named(scores):
    with pytest.raises(ValueError, match="'other' in subset='seen'"):
        explanation_plots.plot_scores(scores, model="other", subset="seen")


def test_cells_show_shares_of_each_class():
    cells = pd.DataFrame(
        {
            "label": ["glioma"] * 4 + ["pituitary"] * 4,
            "row": [0, 0, 1, 1] * 2,
            "column": [0, 1, 0, 1] * 2,
            "lesions": [1, 3, 0, 0, 5, 0, 0, 5],
            "peaks": [4, 0, 0, 0, 0, 0, 10, 0],
        }
    )
    figure = explanation_plots.plot_cells(cells)
    words = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert words[0] == ["25%", "75%", "0%", "0%"]  # glioma, lesions
    assert words[3] == ["0%", "0%", "100%", "0%"]  # pituitary, peaks
    assert "n = 4" in figure.axes[0].get_title()


def test_offsets_show_the_box_and_every_bin():
    offsets = pd.DataFrame({"x": [0.25, -3.25], "y": [0.25, 4.75], "slices": [7, 2]})
    figure = explanation_plots.plot_offsets(offsets)
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.collections[0].get_offsets(), offsets[["x", "y"]])
    assert axes.patches[0].get_bbox().bounds == (-1, -1, 2, 2)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # rows go down, as in a slice


def test_reach_marks_the_tolerance():
    reach = pd.DataFrame(
        {
            "explanation": ["grad_cam"] * 2 + ["edges"] * 2,
            "reach": [0.0, 0.4] * 2,
            "value": [0.3, 1.0, 0.1, 0.6],
            "low": [0.2, 0.9, 0.0, 0.5],
            "high": [0.4, 1.0, 0.2, 0.7],
        }
    )
    axes = explanation_plots.plot_reach(reach, tolerance=0.03).axes[0]
    assert any(list(line.get_xdata()) == [0.03, 0.03] for line in axes.lines)
    named = {line.get_label(): line for line in axes.lines}
    assert list(named["strongest edge"].get_ydata()) == [0.1, 0.6]


def test_randomization_orders_its_stages_and_marks_the_limit():
    table = pd.DataFrame(
        {
            "kind": ["cascading", "reference"],
            "shuffled": ["head", "edges"],
            "measure": "rank_correlation",
            "value": [0.1, 1.0],
            "low": [0.0, 1.0],
            "high": [0.2, 1.0],
        }
    )
    axes = explanation_plots.plot_randomization(table, limit=0.5).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["edges, whatever is shuffled", "head"]
    assert any(list(line.get_xdata()) == [0.5, 0.5] for line in axes.lines)
