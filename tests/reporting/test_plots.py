import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting import palette, plots

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture
def results():
    rows = [
        (
            model,
            view,
            "accuracy",
            value - loss,
            value - loss - 0.02,
            value,
            1000 - 300 * i,
        )
        for model, value in (("vgg16_four_class", 0.97), ("majority", 0.3))
        for i, (view, loss) in enumerate(zip(VIEWS, (0.01, 0.02, 0.09), strict=True))
    ]
    columns = ["model", "view", "metric", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def test_classes_keep_one_order():
    names = ["pituitary", "other", "no_tumor", "glioma", "glioma"]
    expected = ["glioma", "no_tumor", "pituitary", "other"]
    assert palette.order_classes(names) == expected


def test_class_counts_shows_every_count(generator):
    frame = pd.DataFrame({"label": ["no_tumor"] * 1200 + ["glioma"] * 30})
    figure = plots.class_counts(frame)
    assert {"1,200", "30"} <= set(texts(figure))
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels == ["glioma", "no tumor"]
    assert figure.axes[0].yaxis_inverted()  # the first class on top


def test_class_counts_by_split():
    frame = pd.DataFrame(
        {
            "label": ["glioma"] * 7 + ["no_tumor"] * 4,
            "view": ["training"] * 5 + ["test", "excluded"] + ["validation"] * 4,
        }
    )
    bars = plots.class_counts(frame, split="view").axes[0].containers
    counts = {c.get_label(): [bar.get_width() for bar in c] for c in bars}
    assert counts == {"training": [5, 0], "validation": [0, 4], "test": [1, 0]}


def test_slice_grid_keeps_greys_and_aspect(generator):
    images = [generator.integers(100, 120, (20, 30), dtype=np.uint8) for _ in range(5)]
    figure = plots.slice_grid(images, ["glioma"] * 5, columns=3)
    drawn = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(drawn) == 5 and len(figure.axes) == 6
    assert {image.get_clim() for image in drawn} == {(0, 255)}
    assert {axes.get_aspect() for axes in figure.axes[:5]} == {1}
    assert not any(axes.axison for axes in figure.axes)


def test_slice_grid_outlines_lesions(generator):
    images = np.zeros((2, 16, 16), np.uint8)
    masks = [np.zeros((16, 16)), np.pad(np.full((6, 6), 255), 5)]
    figure = plots.slice_grid(images, masks=masks)
    outlines = [len(axes.collections) for axes in figure.axes]
    assert outlines == [0, 1]


def test_slice_grid_refuses_what_does_not_pair():
    with pytest.raises(ValueError, match="No slice"):
        plots.slice_grid([])
    with pytest.raises(ValueError, match="1 labels for 2"):
        plots.slice_grid(np.zeros((2, 4, 4)), ["glioma"])


def test_similarity_histogram_counts_every_slice(generator):
    values = {name: generator.uniform(-0.2, 1, 50) for name in CLASSES}
    axes = plots.similarity_histogram(values).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == 200
    assert axes.lines[0].get_xdata()[0] == 0.95
    alone = plots.similarity_histogram(np.array([0.1, 0.97]), threshold=None).axes[0]
    assert not alone.lines and sum(bar.get_height() for bar in alone.patches) == 2


def test_learning_curves_make_validation_bold_and_mark_the_choice():
    history = pd.DataFrame(
        {
            "phase": ["frozen"] * 3 + ["fine_tuning"] * 2,
            "epoch": [0, 1, 2, 0, 1],
            "loss": [5, 4, 3, 2, 1],
            "accuracy": [0.1, 0.2, 0.3, 0.4, 0.5],
            "val_loss": [5, 4, 3, 2.5, 2.7],
            "val_accuracy": [0.1, 0.2, 0.3, 0.4, 0.3],
        }
    )
    figure = plots.learning_curves(history, chosen_epoch=4)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    widths = {name: lines[name].get_linewidth() for name in ("training", "validation")}
    assert widths["validation"] > 2 * widths["training"]
    assert lines["training"].get_xdata().tolist() == [1, 2, 3, 4, 5]
    ring = lines["kept: epoch 4"]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (4, 2.5)
    assert " fine tuning" in texts(figure)


def test_confusion_shows_counts_and_row_shares():
    counts = pd.DataFrame(
        [(a, b, 30 if a == b else 10) for a in CLASSES[:3] for b in CLASSES[:3]],
        columns=["label", "predicted", "count"],
    )
    counts.loc[0, "count"] = 1980
    found = texts(plots.confusion(counts, CLASSES))  # pituitary has no slice
    assert "1,980\n99.0%" in found and "30\n60.0%" in found
    assert found.count("–") == 4
    assert {"true class", "predicted class", "no tumor"} <= set(found)


def test_confusion_has_the_true_class_in_rows():
    counts = pd.DataFrame(
        {
            "label": ["tumor", "no_tumor", "tumor", "no_tumor"],
            "predicted": ["no_tumor", "tumor", "tumor", "no_tumor"],
            "count": [3, 0, 1, 4],
        }
    )
    axes = plots.confusion(counts, ["no_tumor", "tumor"]).axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[1, 0], [0.75, 0.25]])


def test_roc_area_is_the_auc(generator):
    from sklearn.metrics import roc_auc_score

    labels = generator.choice(["no_tumor", "tumor"], 200)
    tumor = np.round(0.3 * (labels == "tumor") + 0.7 * generator.random(200), 1)
    table = pd.DataFrame({"label": labels, "probability_tumor": tumor})
    (curve, _) = plots.roc(table, ["no_tumor", "tumor"]).axes[0].lines
    area = np.trapezoid(curve.get_ydata(), curve.get_xdata())
    assert area == pytest.approx(roc_auc_score(labels == "tumor", tumor))


def test_view_comparison_draws_every_interval_and_the_published_star(results):
    figure = plots.view_comparison(results, published={"vgg16_four_class": 0.975})
    axes = figure.axes[0]
    assert len(axes.containers) == 3
    for view, container in zip(VIEWS, axes.containers, strict=True):
        line, _, (bars,) = container
        drawn = results[results["view"] == view]
        assert line.get_xdata().tolist() == drawn["value"].tolist()
        ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
        np.testing.assert_allclose(ends, drawn[["low", "high"]])
    stars = [c for c in axes.collections if c.get_label() == "published"]
    assert stars[0].get_offsets()[0, 0] == 0.975
    assert {"as shipped\nn = 1,000", "published"} <= set(texts(figure))


def test_view_comparison_draws_what_has_no_interval(results):
    results.loc[0, ["low", "high"]] = np.nan
    results.loc[1, ["value", "low", "high"]] = np.nan
    texts(plots.view_comparison(results))
    with pytest.raises(ValueError, match="kappa"):
        plots.view_comparison(results, metric="kappa")


def test_no_figure_has_a_title(generator, results):
    frame = pd.DataFrame({"label": CLASSES})
    counts = pd.DataFrame(
        [(a, b, 1) for a in CLASSES for b in CLASSES],
        columns=["label", "predicted", "count"],
    )
    history = pd.DataFrame({"loss": [2.0, 1], "accuracy": [0.1, 0.2]})
    figures = [
        plots.class_counts(frame),
        plots.similarity_histogram(generator.random(9)),
        plots.confusion(counts, CLASSES),
        plots.learning_curves(history),
        plots.view_comparison(results),
    ]
    for figure in figures:
        assert isinstance(figure, Figure)
        assert not figure.get_suptitle()
        assert not any(axes.get_title() for axes in figure.axes)


def test_colours_are_told_apart():
    colours = [palette.CLASS_COLOURS[name] for name in CLASSES]
    assert len(set(colours)) == 4
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
