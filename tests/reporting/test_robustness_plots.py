"""Figures of changed slices show what their tables hold."""

import numpy as np
import pandas as pd
import pytest

from braintumor.reporting import robustness_plots as plots


@pytest.fixture
def scores():
    """Blur costs accuracy but no confidence; JPEG costs neither."""
    falls = {"none": [0.95], "jpeg": [0.95] * 5, "blur": [0.9, 0.8, 0.7, 0.5, 0.3]}
    rows = []
    for name, values in falls.items():
        for severity, value in enumerate(values, start=name != "none"):
            for metric, shown in (
                ("accuracy", value),
                ("confidence", 0.9),
                ("answered", 0.8),
                ("missed_tumors", 0.1),
            ):
                row = name, severity, metric, shown, shown - 0.02, shown + 0.02
                rows.append(row)
    columns = ["corruption", "severity", "metric", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def read_curves(figure):
    """Return panel → curve → heights."""
    return {
        axes.get_title(): {
            line.get_label(): list(line.get_ydata()) for line in axes.get_lines()
        }
        for axes in figure.axes
        if axes.get_title()
    }


def check_curves(draw, scores):
    figure = draw(scores)
    assert figure.axes[0].get_ylim()[0] <= 0.28  # the lowest bound is in sight
    curves = read_curves(figure)
    assert list(curves) == ["blur", "JPEG"]  # the worst first
    assert curves["blur"]["accuracy"] == [0.95, 0.9, 0.8, 0.7, 0.5, 0.3]
    assert curves["blur"]["mean confidence"] == [0.9] * 6


def test_curves_start_at_the_untouched_slices(scores):
    check_curves(plots.severity_curves, scores)
    with pytest.raises(AssertionError):
        check_curves(lambda s: plots.severity_curves(s[s["severity"] > 0]), scores)


def count_filled(axes):
    """Return how many severities the gap covers."""
    shapes = [
        c for c in axes.collections if c.get_label() == "more confident than right"
    ]
    reach = [path.vertices[:, 0] for shape in shapes for path in shape.get_paths()]
    return max((np.ptp(values) for values in reach), default=0)


def test_the_gap_is_filled_where_confidence_stays(scores):
    blur, jpeg = plots.severity_curves(scores).axes[:2]
    assert count_filled(blur) >= 4
    assert count_filled(jpeg) == 0


def test_curves_without_confidence_are_refused(scores):
    with pytest.raises(ValueError, match="No row of confidence"):
        plots.severity_curves(scores[scores["metric"] != "confidence"])


@pytest.fixture
def changes():
    rows = [
        ("as_shipped", kind, name, metric, value, max(0, value - 0.01), value + 0.01)
        for kind, name, share in (
            ("place", "turn_left_10_degrees", 0.1),
            ("file", "jpeg_quality_75", 0.025),
            ("file", "png_8_bit", 0.0),
        )
        for metric, value in (("changed", share), ("confidence_moved", share / 2))
    ]
    columns = ["view", "kind", "transformation", "metric", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def test_bars_show_shares_in_percent(changes):
    figure = plots.invariance_bars(changes)
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx([10, 2.5, 0])
    assert [bar.get_width() for bar in right.patches] == pytest.approx([5, 1.25, 0])
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels == ["turn left 10 degrees", "JPEG quality 75", "PNG 8 bit"]
    written = [text.get_text() for text in left.texts]
    assert written == ["10.0", "2.5", "0.0"]
    with pytest.raises(ValueError, match="No row of view"):
        plots.invariance_bars(changes, view="group_disjoint")


def test_a_grid_has_a_row_per_corruption():
    grey = np.zeros((8, 8), np.uint8)
    figure = plots.corruption_grid({"blur": [grey] * 3, "jpeg": [grey] * 3})
    assert len(figure.axes) == 6
    assert figure.axes[3].get_ylabel() == "JPEG"
    with pytest.raises(ValueError, match="No corruption"):
        plots.corruption_grid({})
