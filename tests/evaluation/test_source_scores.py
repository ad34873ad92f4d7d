"""Ranking told apart from the threshold, on scores whose answer is known."""

import numpy as np
import pytest

from braintumor.evaluation import source_scores
from braintumor.evaluation.source_scores import choose_threshold, detect, score_source

RANDOM = np.random.default_rng(0)
TUMOR = np.arange(400) < 200
HOME = np.where(TUMOR, RANDOM.normal(3, 1, 400), RANDOM.normal(0, 1, 400))


def measure(scores, tumor=TUMOR, threshold=None, **changes):
    threshold = choose_threshold(TUMOR, HOME) if threshold is None else threshold
    groups = changes.pop("groups", np.arange(len(scores)))
    table = score_source(
        tumor, scores, groups, threshold=threshold, replicates=200, **changes
    )
    return table.set_index("metric")


def test_the_threshold_spares_the_share_that_was_wanted():
    threshold = choose_threshold(TUMOR, HOME)
    assert (HOME[~TUMOR] <= threshold).mean() >= 0.95
    lower = np.sort(HOME[~TUMOR])
    lower = lower[lower < threshold][-1]
    assert (HOME[~TUMOR] <= lower).mean() < 0.95
    with pytest.raises(ValueError, match="No healthy"):
        choose_threshold(np.ones(3, bool), np.arange(3.0))


def test_at_home_the_threshold_costs_nothing():
    table = measure(HOME)
    assert table.loc["threshold_loss", "value"] == pytest.approx(0, abs=1e-12)
    assert table.loc["auc", "value"] > 0.95


def test_a_shift_costs_sensitivity_but_no_ranking():
    home, moved = measure(HOME), measure(HOME - 2)
    for name in ("auc", "matched_sensitivity", "best_sensitivity", "best_specificity"):
        assert moved.loc[name, "value"] == pytest.approx(home.loc[name, "value"])
    assert moved.loc["sensitivity", "value"] < 0.4
    loss = moved.loc["threshold_loss"]
    assert loss["low"] > 0.3 and loss["low"] < loss["value"] < loss["high"]


def test_lost_ranking_is_no_shift():
    noise = np.random.default_rng(1).normal(0, 1, 400)
    table = measure(noise)
    assert table.loc["auc", "value"] == pytest.approx(0.5, abs=0.08)
    assert abs(table.loc["threshold_loss", "value"]) < 0.1


def test_the_best_threshold_is_the_best_and_marked_as_out_of_reach():
    table = measure(HOME - 1)
    sums = [
        (HOME[TUMOR] > t).mean() + (HOME[~TUMOR] <= t).mean() for t in np.sort(HOME)
    ]
    best = (
        table.loc["best_sensitivity", "value"] + table.loc["best_specificity", "value"]
    )
    assert best == pytest.approx(max(sums))
    assert set(table.index[table["attainable"] == 0]) == {*source_scores.NOT_ATTAINABLE}


def test_ties_at_the_threshold_count_as_healthy():
    tumor = np.array([True, True, False, False])
    scores = np.array([1.0, 0.0, 0.0, 0.0])
    found = detect(tumor, scores, 0.0, np.ones((1, 4)))
    assert found["sensitivity"] == 0.5 and found["specificity"] == 1
    assert found["best_sensitivity"] == 0.5 and found["best_specificity"] == 1


def test_weights_are_repeats():
    some = np.random.default_rng(2).integers(0, 4, 400)
    weighted = detect(TUMOR, HOME, 1.0, some[None].astype(float))
    again = np.repeat(np.arange(400), some)
    repeated = detect(TUMOR[again], HOME[again], 1.0, np.ones((1, len(again))))
    for name in weighted:
        assert weighted[name][0] == pytest.approx(repeated[name][0]), name


def test_a_source_of_tumours_alone_has_a_sensitivity_and_no_more():
    table = measure(HOME[TUMOR], tumor=np.ones(200, bool))
    assert list(table.index) == ["sensitivity"]


def test_certainty_rests_on_groups():
    perfect = measure(np.where(TUMOR, 9.0, -9.0), groups=np.arange(400) // 20)
    row = perfect.loc["sensitivity"]
    assert (row["value"], row["high"], row["groups"], row["n"]) == (1, 1, 10, 200)
    assert row["low"] == pytest.approx(0.025 ** (1 / 10))
    area = perfect.loc["auc"]  # twenty groups, of which ten are of either side
    assert (area["value"], area["groups"]) == (1, 20)
    assert area["low"] == pytest.approx(0.025 ** (1 / 10))


def test_two_healthy_slices_rank_nothing():
    few = np.append(np.flatnonzero(TUMOR), [200, 201])
    table = measure(HOME[few], tumor=TUMOR[few])
    assert list(table.index) == ["sensitivity", "specificity"]
    assert table.loc["specificity", "n"] == 2


def test_a_planted_difference_comes_first():
    random = np.random.default_rng(3)
    one = {"same": random.normal(0, 1, 80), "darker": random.normal(-2, 1, 80)}
    other = {"same": random.normal(0, 1, 90), "darker": random.normal(0, 1, 90)}
    groups = np.arange(80), np.arange(90)
    table = source_scores.compare_looks(one, other, groups, replicates=100)
    assert list(table["measurement"]) == ["darker", "same"]
    darker, same = table.to_dict("records")
    assert darker["effect"] < -0.7 and darker["high"] < -0.5
    assert same["low"] < 0 < same["high"]
    assert (darker["n_one"], darker["n_other"]) == (80, 90)
