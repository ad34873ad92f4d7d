"""Averages of changed answers, checked by counting by hand."""

import numpy as np
import pytest

from braintumor.evaluation import robustness

# Three classes; "no tumour" is the last. Right, right, wrong (missed), wrong (alarm).
BEFORE = np.array([[0.9, 0.1, 0], [0.6, 0.2, 0.2], [0.1, 0.1, 0.8], [0, 0.7, 0.3]])
LABELS = np.array([0, 0, 1, 2])
GROUPS = np.array([1, 1, 2, 3])


def read(columns, groups=GROUPS):
    return robustness.average(columns, groups, replicates=200).set_index("metric")


def check_description(describe):
    columns = describe(BEFORE, LABELS, threshold=0.7, no_tumor=2)
    values = {name: np.nanmean(column) for name, column in columns.items()}
    assert values == pytest.approx(
        {
            "accuracy": 0.5,
            "confidence": 0.75,
            "overconfidence": 0.25,
            "answered": 0.75,
            "answered_accuracy": 1 / 3,
            "missed_tumors": 1 / 3,
            "false_alarms": 1.0,
        }
    )


def test_answers_are_described_as_counted_by_hand():
    check_description(robustness.describe_answers)
    with pytest.raises(AssertionError):  # abstains at the bar itself
        check_description(
            lambda p, labels, threshold, no_tumor: robustness.describe_answers(
                p, labels, threshold=threshold + 1e-9, no_tumor=no_tumor
            )
        )


def test_slices_that_do_not_count_are_left_out():
    columns = robustness.describe_answers(BEFORE, LABELS, threshold=0.7, no_tumor=2)
    table = read(columns)
    assert table.loc["missed_tumors", ["n", "groups"]].tolist() == [3, 2]
    assert table.loc["false_alarms", ["n", "groups"]].tolist() == [1, 1]
    assert table.loc["accuracy", ["n", "groups"]].tolist() == [4, 3]
    none = robustness.describe_answers(BEFORE, LABELS, threshold=0.99, no_tumor=2)
    assert np.isnan(read(none).loc["answered_accuracy", "value"])


def test_changes_are_described_as_counted_by_hand():
    after = BEFORE.copy()
    after[0] = [0.4, 0.6, 0]  # right → wrong, 0.9 → 0.6
    after[3] = [0, 0.1, 0.9]  # wrong → right, 0.7 → 0.9
    columns = robustness.describe_changes(BEFORE, after, LABELS)
    values = {name: column.mean() for name, column in columns.items()}
    assert values == pytest.approx(
        {
            "changed": 0.5,
            "confidence_change": -0.025,
            "confidence_moved": 0.125,
            "accuracy_change": 0.0,
        }
    )
    still = robustness.describe_changes(BEFORE, BEFORE, LABELS)
    assert not any(column.any() for column in still.values())
    with pytest.raises(ValueError, match="same slices"):
        robustness.describe_changes(BEFORE, after[:2], LABELS)


def test_intervals_are_those_of_groups():
    """A hundred copies of one slice are one piece of evidence."""
    random = np.random.default_rng(0)
    right = random.integers(0, 2, 40).astype(float)
    once = read({"accuracy": right}, np.arange(40)).loc["accuracy"]
    copied = np.repeat(right, 25)
    grouped = read({"accuracy": copied}, np.repeat(np.arange(40), 25)).loc["accuracy"]
    assert grouped["high"] - grouped["low"] == pytest.approx(once["high"] - once["low"])
    planted = read({"accuracy": copied}, np.arange(1000)).loc["accuracy"]
    assert planted["high"] - planted["low"] < 0.5 * (once["high"] - once["low"])


def test_a_value_lies_inside_its_interval():
    row = read({"share": np.arange(50.0)}, np.arange(50)).loc["share"]
    assert row["low"] < row["value"] == 24.5 < row["high"]


def check_none(measure):
    """Nothing seen among forty groups does not mean never: at most about 9 %."""
    row = measure({"changed": np.zeros(80)}, np.arange(80) // 2).loc["changed"]
    assert row["low"] == row["value"] == 0
    assert row["high"] == pytest.approx(1 - 0.025 ** (1 / 40))


def test_a_share_of_none_has_an_interval():
    check_none(read)
    with pytest.raises(AssertionError):  # the bootstrap alone
        check_none(
            lambda c, g: read({"moved": c["changed"]}, g).rename({"moved": "changed"})
        )
    whole = read({"accuracy": np.ones(40)}, np.arange(40)).loc["accuracy"]
    assert whole["low"] < 0.92 and whole["high"] == 1
