"""Figures of leakage: every number of the table is in them, and no title."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from braintumor.reporting import leak_plots, patient_plots

CLASSES = leak_plots.FOUR_CLASSES


@pytest.fixture(autouse=True)
def quiet():
    matplotlib.use("Agg")
    yield
    plt.close("all")


def texts(figure):
    figure.canvas.draw()
    assert not any(axes.get_title() for axes in figure.axes)
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def test_thresholds_show_what_is_left():
    rows = [
        {"search": search, "similarity": s, "groups": 100 * n, "test_slices": 4 * n}
        | dict.fromkeys(CLASSES, n)
        for search in ("turned", "upright")
        for n, s in enumerate((0.9, 0.95, 1.0), start=3)
    ]
    scores = pd.DataFrame(
        [
            (s, model, "accuracy", 0.8, 0.7, 0.9)
            for s in (0.9, 0.95, 1.0)
            for model in leak_plots.MODEL_STYLES
        ],
        columns=["similarity", "model", "metric", "value", "low", "high"],
    )
    figure = leak_plots.plot_thresholds(pd.DataFrame(rows), scores)
    shown = texts(figure)
    assert {"12", "16", "20", "0.9", "equal\npixels", "nearest neighbor"} <= {*shown}
    drawn = [container.lines[0].get_ydata() for container in figure.axes[2].containers]
    assert len(drawn) == 3 and np.allclose(drawn, 80)


def test_planted_repeats_show_both_searches_and_every_kind():
    rows = [
        {"source": source, "search": search, "share": 0.5, "low": 0.2, "high": 0.8}
        for source in ("nickparvar", "phantom")
        for search in leak_plots.SEARCH_STYLES
    ]
    found = pd.DataFrame([r | {"kind": k} for r in rows for k in ("crop", "jpeg")])
    crops = pd.DataFrame([r | {"kept": k} for r in rows for k in (0.9, 0.8)])
    figure = leak_plots.plot_planted(found, crops)
    assert {"crop", "jpeg", "whole slices", "and crops"} <= {*texts(figure)}
    assert figure.axes[1].xaxis_inverted()


def test_distances_add_up_to_the_whole_test():
    columns = ["view", "test_slices", "without_number"]
    columns += ["distance_0", "distance_1", "distance_2", "further"]
    table = pd.DataFrame([("as_shipped", 100, 20, 30, 40, 6, 4)], columns=columns)
    figure = patient_plots.plot_distances(table)
    assert {"20", "30", "40", "6", "as shipped\nn = 100"} <= {*texts(figure)}
    ends = [bar.get_x() + bar.get_width() for bar in figure.axes[0].patches]
    assert max(ends) == pytest.approx(100)


def test_folds_show_accuracy_and_recalls():
    metrics = ["accuracy", *(f"recall_{name}" for name in CLASSES)]
    table = pd.DataFrame(
        [
            (grouping, metric, 0.9, 0.8, 0.95)
            for grouping in ("slices", "twins", "patients")
            for metric in metrics
        ],
        columns=["grouping", "metric", "value", "low", "high"],
    )
    shown = texts(patient_plots.plot_folds(table))
    assert {"nothing", "twins", "accuracy", "no tumor"} <= {*shown}
