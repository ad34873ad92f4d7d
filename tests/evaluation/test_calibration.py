import numpy as np
import pytest

from braintumor.evaluation import calibration


@pytest.fixture(scope="module")
def overconfident():
    """Logits whose honest temperature is 2.5, and labels drawn from honest answers."""
    random = np.random.default_rng(0)
    honest = random.normal(0, 1.5, (4000, 4))
    answers = calibration.calibrate(honest)
    labels = np.array([random.choice(4, p=row) for row in answers])
    return honest * 2.5, labels


def test_the_temperature_that_was_planted_is_found(overconfident):
    assert calibration.fit_temperature(*overconfident) == pytest.approx(2.5, rel=0.06)


def test_calibration_heals_the_error_and_keeps_the_decisions(overconfident):
    logits, labels = overconfident
    temperature = calibration.fit_temperature(logits, labels)
    before = calibration.calibrate(logits)
    after = calibration.calibrate(logits, temperature)
    error = calibration.expected_calibration_error
    assert error(before, labels) > 0.15 and error(after, labels) < 0.03
    assert np.array_equal(before.argmax(axis=1), after.argmax(axis=1))
    likelihood = calibration.negative_log_likelihood
    assert likelihood(logits, labels, temperature) < likelihood(logits, labels)


def test_probabilities_sum_to_one_whatever_the_logits():
    logits = np.array([[1e4, -1e4, 0], [-800, -900, -1000], [0, 0, 0]], np.float32)
    for temperature in (0.05, 1, 20):
        answers = calibration.calibrate(logits, temperature)
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-12)
        assert np.isfinite(answers).all()


def test_the_calibration_error_by_hand():
    # Two bins: 0.9 said and 1/2 right (gap 0.4, twice), 0.6 said and right (gap 0.4).
    answers = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    error = calibration.expected_calibration_error(answers, np.array([0, 1, 1]))
    assert error == pytest.approx(0.4)
    sure = np.eye(2)[[0, 1]]
    assert calibration.expected_calibration_error(sure, np.array([0, 1])) == 0


def test_the_lowest_bar_that_suffices_is_chosen():
    top = np.array([0.51, 0.62, 0.71, 0.83, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995])
    answers = np.stack([top, 1 - top], axis=1)
    labels = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])  # 0.51 and 0.71 are wrong
    bar = calibration.choose_threshold(answers, labels, accuracy=1.0)
    assert bar.value == pytest.approx(0.83) and bar.accuracy == 1
    assert (bar.coverage, bar.n) == (0.7, 10)
    easy = calibration.choose_threshold(answers, labels, accuracy=0.85)
    assert easy.value == pytest.approx(0.62)


def test_where_no_bar_suffices_the_best_is_taken():
    answers = np.array([[0.6, 0.4], [0.8, 0.2], [0.9, 0.1], [0.7, 0.3]])
    bar = calibration.choose_threshold(answers, np.array([1, 0, 1, 0]), accuracy=0.98)
    assert (bar.value, bar.accuracy) == (0.7, pytest.approx(2 / 3))


@pytest.mark.parametrize(
    ("answers", "labels"),
    [
        (np.ones((2, 2)), np.zeros(3, int)),
        (np.ones(2), np.zeros(2, int)),
        (np.ones((0, 2)), np.zeros(0, int)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(answers, labels):
    for function in (
        calibration.fit_temperature,
        calibration.choose_threshold,
        calibration.expected_calibration_error,
    ):
        with pytest.raises(ValueError, match="same slices"):
            function(answers, labels)
