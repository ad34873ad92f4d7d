"""Each number of a look answers to what it is named for, and to little else."""

import cv2
import numpy as np
import pytest

from braintumor.data.slice_look import NAMES, measure_look


def head(level=100, side=120, margin=40):
    grey = np.zeros((side + 2 * margin, side + 2 * margin), np.uint8)
    middle = side // 2 + margin
    random = np.random.default_rng(0)
    cv2.circle(grey, (middle, middle), side // 2, level, -1)
    speckle = cv2.GaussianBlur(random.normal(0, 40, grey.shape), (0, 0), 2)
    return np.where(grey > 0, np.clip(grey + speckle, 1, 255), 0).astype(np.uint8)


def look(grey):
    return dict(zip(NAMES, measure_look(grey), strict=True))


def test_the_frame_is_told_apart_from_the_head():
    close, far = look(head(margin=0)), look(head(margin=100))
    assert close["head_share"] > 0.9 and far["head_share"] < 0.2
    for name in ("head_grey", "midtone", "sharpness", "ring_to_centre", "symmetry"):
        assert far[name] == pytest.approx(close[name], rel=0.15), name


def test_place_and_shape_of_the_head():
    moved = np.roll(head(), 30, axis=1)
    assert look(moved)["off_centre"] == pytest.approx(30 / 200, abs=0.02)
    wide = cv2.resize(head(), (400, 200))
    assert look(wide)["head_shape"] == pytest.approx(2, abs=0.1)


def test_brightness_moves_levels_but_no_ratio():
    dark, bright = look(head() // 2), look(head())
    assert bright["head_grey"] == pytest.approx(2 * dark["head_grey"], rel=0.1)
    assert bright["midtone"] == pytest.approx(dark["midtone"], rel=0.1)
    grey = head()
    grey[:5] = 200
    assert look(grey)["border_grey"] == 0  # a strip at one side is no border


def test_blur_costs_sharpness():
    blurred = cv2.GaussianBlur(head(), (0, 0), 3)
    assert look(blurred)["sharpness"] < 0.7 * look(head())["sharpness"]


def test_a_bright_skull_shows_in_the_ring():
    skull = head()
    cv2.circle(skull, (100, 100), 57, 250, 6)
    assert look(skull)["ring_to_centre"] > 1.3 * look(head())["ring_to_centre"]


def test_a_lesion_on_one_side_costs_symmetry():
    one = head()
    cv2.circle(one, (70, 100), 20, 255, -1)
    assert look(one)["symmetry"] < look(head())["symmetry"] - 0.05


def test_a_picture_of_nothing_is_measured_all_the_same():
    assert np.isfinite(measure_look(np.zeros((40, 30), np.uint8))).all()
