import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from braintumor.evaluation import calibration, reliability, summaries


def find_error(probabilities, labels):
    weights = np.ones((1, len(labels)))
    return reliability.score_calibration(probabilities, labels, weights)["error"][0]


def test_chance_alone_makes_the_error_of_a_calibrated_model(simulate):
    probabilities, labels = simulate(300, seed=5)
    chance = summaries.summarize_chance(probabilities.max(axis=1))
    assert chance["low"] < find_error(probabilities, labels) < chance["high"]
    shifted = simulate(300, shift=0.15, seed=5)
    assert find_error(*shifted) > chance["high"]


def test_groups_widen_the_interval(simulate):
    probabilities, labels = simulate(400, shift=0.1)
    again = np.repeat(np.arange(100), 4)  # every slice four times, as its own twins

    def weigh(weights):
        return reliability.score_calibration(
            probabilities[again], labels[again], weights
        )

    found = {
        name: summaries.summarize(weigh, groups, replicates=200)["brier"]
        for name, groups in (("slices", np.arange(400)), ("groups", again))
    }
    widths = {name: row["high"] - row["low"] for name, row in found.items()}
    assert widths["groups"] > 1.6 * widths["slices"]
    assert (found["groups"]["n"], found["groups"]["groups"]) == (400, 100)


def test_the_interval_of_an_error_stands_around_it(simulate):
    probabilities, labels = simulate(400)

    def weigh(weights):
        scored = reliability.score_calibration(probabilities, labels, weights)
        return {"error": scored["error"], "unmoved": scored["error"]}

    found = summaries.summarize(weigh, np.arange(400))
    moved, unmoved = found["error"], found["unmoved"]
    assert 0 <= moved["low"] < moved["value"] < moved["high"]
    assert unmoved["low"] > moved["low"] and unmoved["high"] > moved["high"]


def test_a_rate_of_nought_is_no_certainty():
    none = summaries.summarize_rate(np.zeros(40, bool), np.repeat(np.arange(10), 4))
    assert (none["value"], none["low"], none["n"], none["groups"]) == (0, 0, 40, 10)
    assert none["high"] == pytest.approx(1 - 0.025 ** (1 / 10))
    nothing = summaries.summarize_rate(np.zeros(0, bool), np.zeros(0, int))
    assert np.isnan(nothing["value"]) and nothing["n"] == 0


def test_the_interval_of_a_rate_holds_the_rate():
    random = np.random.default_rng(4)
    rate = summaries.summarize_rate(random.random(500) < 0.1, np.arange(500))
    assert rate["low"] < rate["value"] < rate["high"]
    assert rate["high"] - rate["low"] == pytest.approx(0.052, abs=0.01)


def tabulate_bins(probabilities, labels, **how):
    groups = np.arange(len(labels))
    return pd.DataFrame(summaries.summarize_bins(probabilities, labels, groups, **how))


def test_bins_of_equal_width_are_those_of_the_kept_library(simulate):
    probabilities, labels = simulate(600, shift=0.1)
    bins = tabulate_bins(probabilities, labels)
    shares, means = calibration_curve(
        labels == 0, probabilities.max(axis=1), n_bins=calibration.BINS
    )
    np.testing.assert_allclose(bins["value"], shares)
    np.testing.assert_allclose(bins["confidence"], means)
    assert (bins["low"] <= bins["value"]).all()
    assert (bins["value"] <= bins["high"]).all()


def test_adaptive_bins_have_equal_mass(simulate):
    probabilities, labels = simulate(1003)
    bins = tabulate_bins(probabilities, labels, adaptive=True)
    assert len(bins) == calibration.BINS and bins["n"].sum() == 1003
    assert bins["n"].max() - bins["n"].min() <= 1
    assert bins["confidence"].is_monotonic_increasing
    wide = tabulate_bins(probabilities, labels)
    assert wide["n"].max() - wide["n"].min() > 1  # the check sees unequal bins
