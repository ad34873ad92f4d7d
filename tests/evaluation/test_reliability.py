import numpy as np
import pytest
from sklearn.metrics import log_loss

from braintumor.evaluation import calibration, reliability


def errors(probabilities, labels):
    scored = reliability.score_calibration(
        probabilities, labels, np.ones((1, len(labels)))
    )
    return scored["error"][0], scored["adaptive_error"][0]


def test_a_calibrated_model_has_next_to_no_error(simulate):
    assert max(errors(*simulate(200_000))) < 0.006


@pytest.mark.parametrize("shift", [0.05, 0.2])
def test_the_error_of_a_shifted_model_is_the_shift(shift, simulate):
    found = errors(*simulate(200_000, shift=shift))
    assert found == pytest.approx((shift, shift), abs=0.006)


def test_bins_of_equal_width_agree_with_the_demo(simulate):
    probabilities, labels = simulate(2000, shift=0.1)
    assert errors(probabilities, labels)[0] == pytest.approx(
        calibration.expected_calibration_error(probabilities, labels)
    )


def test_adaptive_bins_are_cut_anew_for_every_weighting():
    random = np.random.default_rng(1)
    top, weights = random.random(400), random.integers(0, 4, (5, 400)).astype(float)
    place = reliability.place_in_bins(top, weights, bins=10, adaptive=True)
    for row, weight in zip(place, weights, strict=True):
        mass = np.bincount(row, weight, minlength=10)
        assert np.ptp(mass) <= 2 * weight.max()


def test_a_weight_of_two_is_the_slice_twice(simulate):
    probabilities, labels = simulate(60, shift=0.1)
    weights = np.random.default_rng(2).integers(0, 3, (4, 60)).astype(float)
    scored = reliability.score_calibration(probabilities, labels, weights)
    for row, weight in enumerate(weights.astype(int)):
        again = np.repeat(np.arange(60), weight)
        direct = reliability.score_calibration(
            probabilities[again], labels[again], np.ones((1, len(again)))
        )
        for name in ("accuracy", "brier", "log_loss", "error", "risk_area"):
            assert scored[name][row] == pytest.approx(direct[name][0]), name


def test_brier_and_log_loss_by_hand():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]])
    labels = np.array([0, 2])
    scored = reliability.score_calibration(probabilities, labels, np.ones((1, 2)))
    by_hand = (0.09 + 0.04 + 0.01 + 0.01 + 0.25 + 0.36) / 2
    assert scored["brier"][0] == pytest.approx(by_hand)
    assert scored["log_loss"][0] == pytest.approx(
        log_loss(labels, probabilities, labels=[0, 1, 2])
    )
