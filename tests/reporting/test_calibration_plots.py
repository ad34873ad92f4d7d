import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

from braintumor.reporting import calibration_plots, tumor_bar_plots

PLACES = ("validation", "as_shipped", "group_disjoint", "navoneel")


def texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def make_bins():
    rows = [
        ("net", place, stage, "width", top, top - 0.1, top - 0.3, top, 10 + count)
        for place in PLACES[:3]
        for stage, count in (("before", 0), ("after", 5))
        for top in (0.5, 0.7, 0.9)
    ]
    names = ["model", "place", "stage", "equal", "confidence"]
    return pd.DataFrame(rows, columns=[*names, "value", "low", "high", "n"])


def make_rates():
    rows = [
        ("net", place, rule, metric, *rate)
        for place in PLACES
        for rule in ("largest", "bar")
        for metric, rate in (
            ("missed", (0.02, 0.01, 0.05, 100)),
            (
                "false_alarms",
                (np.nan,) * 3 + (0,)
                if place == "group_disjoint"
                else (0.1, 0, 0.2, 40),
            ),
        )
    ]
    columns = ["model", "place", "rule", "metric", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def test_reliability_draws_every_bin_of_every_place():
    bins = make_bins()
    figure = calibration_plots.reliability(bins)
    drawn = [axes for axes in figure.axes if axes.collections]
    assert len(drawn) == 3
    for axes in drawn:
        intervals, *_ = axes.findobj(LineCollection)
        np.testing.assert_allclose(intervals.get_segments()[0][:, 1], [0.2, 0.5])
        for points in axes.findobj(PathCollection):
            assert points.get_offsets().tolist() == [[0.5, 0.4], [0.7, 0.6], [0.9, 0.8]]
    assert "as shipped, n = 45" in texts(figure)


def test_reliability_refuses_a_mixture():
    bins = make_bins()
    with pytest.raises(ValueError, match="2 models"):
        calibration_plots.reliability(pd.concat([bins, bins.assign(model="other")]))
    with pytest.raises(ValueError, match="0 rows"):
        calibration_plots.reliability(bins, equal="mass")


def test_risk_coverage_draws_one_panel_per_model():
    curve = {"coverage": [0.2, 1.0], "risk": [0.0, 0.1]}
    metrics = ["coverage", "accuracy_of_answered"]
    bar_of_both = {"metric": metrics, "value": [0.8, 0.95]}
    risk = pd.concat(
        [
            pd.DataFrame({"model": model, "place": place, **curve})
            for model in ("one", "two")
            for place in PLACES[:2]
        ]
    )
    bar = pd.concat(
        [
            pd.DataFrame({"model": model, "place": place, **bar_of_both})
            for model in ("one", "two")
            for place in PLACES[:2]
        ]
    )
    figure = calibration_plots.risk_coverage(risk, bar)
    assert [len(axes.lines) for axes in figure.axes] == [4, 4]
    np.testing.assert_allclose(figure.axes[1].lines[1].get_xydata(), [[0.8, 0.05]])
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0, 0.1]
    with pytest.raises(ValueError, match="table `risk`"):
        calibration_plots.risk_coverage(risk.iloc[:0], bar)


def test_missed_tumours_are_drawn_where_no_slice_is_healthy():
    curve = {"missed": [0.0, 0.5], "false_alarms": [0.4, 0.0]}
    trade = pd.concat(
        [
            pd.DataFrame({"model": "net", "place": place, **curve})
            for place in PLACES
            if place != "group_disjoint"
        ]
    )
    figure = tumor_bar_plots.missed_and_false_alarms(trade, make_rates(), allowed=0.01)
    left, right = figure.axes
    assert len(left.lines) == 7  # a curve and a point of three places, the level
    points = [
        line.get_xydata().tolist() for line in left.lines if line.get_marker() != "None"
    ]
    assert points == [[[0.1, 0.02]]] * 3
    assert len(right.containers) == 8
    found = texts(figure)
    assert "group disjoint\nn = 100" in found
    assert not any(axes.get_title() for axes in figure.axes)
