import cv2
import numpy as np
import pytest

from braintumor.data import smoothing


@pytest.fixture
def noisy_steps():
    random = np.random.default_rng(0)
    image = np.zeros((3, 64, 64))
    image[:, 16:48, 16:32], image[:, 16:48, 32:48] = 80, 200
    return (
        (image + random.normal(0, 4, image.shape) * (image > 0))
        .clip(0, 255)
        .astype(np.uint8)
    )


def test_no_change_keeps_everything(noisy_steps):
    found = smoothing.measure_smoothing(noisy_steps, noisy_steps)
    assert found == {"change": 0, "texture_kept": 1, "edges_kept": 1}


def test_a_blur_loses_edges_that_a_bilateral_filter_keeps(noisy_steps):
    blurred = np.stack([cv2.GaussianBlur(s, (0, 0), 1.5) for s in noisy_steps])
    kept = np.stack([cv2.bilateralFilter(s, 7, 35, 5) for s in noisy_steps])
    blur = smoothing.measure_smoothing(noisy_steps, blurred)
    bilateral = smoothing.measure_smoothing(noisy_steps, kept)
    assert blur["edges_kept"] < 0.75 < 0.95 < bilateral["edges_kept"]
    assert bilateral["texture_kept"] < 0.6


def test_change_is_in_grey_levels(noisy_steps):
    brighter = np.minimum(noisy_steps, 250) + 5
    plain = np.minimum(noisy_steps, 250)
    assert smoothing.measure_smoothing(plain, brighter)["change"] == pytest.approx(5)


def test_slices_of_two_sizes_are_refused(noisy_steps):
    with pytest.raises(ValueError, match="same side"):
        smoothing.measure_smoothing(noisy_steps, noisy_steps[:, :32, :32])
