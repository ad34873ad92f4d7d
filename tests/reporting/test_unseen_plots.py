"""Figures of unseen patients draw every program, and every variant of every seed."""

import pandas as pd
import pytest

from braintumor.reporting import unseen_plots

SEEDS = (7, 8)


@pytest.fixture
def scores():
    rows = [
        (model, metric, value, value - 0.1, value + 0.05, 40)
        for model, value in (("majority", 0.2), ("densenet121_four_class", 0.9))
        for metric in ("accuracy", "auc", "sensitivity", "specificity")
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high", "n"])


@pytest.fixture
def differences():
    rows = [
        (variant, seed, metric, value + seed / 100, value - 0.2, value + 0.2)
        for variant, value in (("no_filter", 0.01), ("side_32", -0.1))
        for seed in SEEDS
        for metric in ("accuracy", "sensitivity", "specificity")
    ]
    columns = ["variant", "seed", "metric", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def row_names(figure):
    return [text.get_text() for text in figure.axes[0].get_yticklabels()]


def test_network_stands_above_the_baselines_in_every_panel(scores):
    figure = unseen_plots.plot_unseen(scores)
    assert row_names(figure) == ["densenet121 four class", "majority"]
    for axes, metric in zip(figure.axes, unseen_plots.METRICS, strict=True):
        values, _, (bars,) = axes.containers[0].lines
        assert list(values.get_xdata()) == [0.9, 0.2]
        assert bars.get_segments()[0][:, 0] == pytest.approx([0.8, 0.95])
        assert axes.get_xlabel() == f"{metric}\nn = 40"


def test_each_seed_of_a_variant_is_drawn_in_points(differences):
    figure = unseen_plots.plot_ablations(differences)
    assert row_names(figure) == ["no filter", "side 32"]
    drawn = [bars.lines[0].get_xdata() for bars in figure.axes[0].containers]
    assert [list(values) for values in drawn] == [
        pytest.approx([8, -3]),
        pytest.approx([9, -2]),
    ]
    _, labels = figure.axes[-1].get_legend_handles_labels()
    assert labels == ["seed 7", "seed 8"]


def test_what_is_far_below_is_written_at_the_edge(differences):
    far = differences["variant"] == "side_32"
    changed = differences.assign(
        difference=differences["difference"].mask(far, -0.4),
        low=differences["low"].mask(far, -0.5),
    )
    axes = unseen_plots.plot_ablations(changed).axes[0]
    assert axes.get_xlim()[0] == unseen_plots.FAR
    assert [text.get_text() for text in axes.texts] == ["◂ −40"] * len(SEEDS)


def test_a_missing_metric_is_named(scores, differences):
    for draw, table in (
        (unseen_plots.plot_unseen, scores),
        (unseen_plots.plot_ablations, differences),
    ):
        with pytest.raises(ValueError, match="recall_glioma"):
            draw(table, metrics=("accuracy", "recall_glioma"))
