"""Repeats that are planted: each is what its name says, none twice from one group."""

import cv2
import numpy as np
import pandas as pd
import pytest

from braintumor.data import planting


def draw(seed=0, shape=(48, 64)):
    noise = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 4)
    return cv2.normalize(blurred, None, 60, 200, cv2.NORM_MINMAX).astype(np.uint8)


def plant(kind, **settings):
    return planting.plant(draw(), kind, np.random.default_rng(3), **settings)


def test_each_kind_is_what_it_says():
    image = draw()
    np.testing.assert_array_equal(plant("mirror"), image[:, ::-1])
    assert plant("quarter_turn").shape == image.shape[::-1]
    assert plant("crop").shape == image.shape
    assert 0 < np.abs(plant("jpeg").astype(int) - image).mean() < 5
    greys = np.corrcoef(plant("brightness").ravel(), image.ravel())[0, 1]
    assert greys > 0.999 and plant("brightness").mean() != image.mean()


def test_a_crop_leaves_the_share_it_is_told():
    ramp = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    part = planting.plant(ramp, "crop", np.random.default_rng(0), kept=0.5)
    assert np.ptp(part) == 99


@pytest.mark.parametrize("kind", planting.KINDS)
def test_no_kind_leaves_the_slice_as_it_was(kind):
    assert not np.array_equal(plant(kind), draw())


def test_what_cannot_be_planted_is_refused():
    with pytest.raises(ValueError, match="'blur' is no repeat"):
        plant("blur")
    with pytest.raises(ValueError, match="kept=0"):
        plant("crop", kept=0)


def test_no_two_repeats_of_a_kind_come_from_one_group():
    groups = np.repeat(np.arange(12), 3)
    kinds = np.repeat(["mirror", "crop"], 10)
    plan = planting.plan_repeats(groups, kinds, np.full(20, 0.9), seed=1)
    for _, part in plan.groupby("kind"):
        assert len(np.unique(groups[part["original"]])) == 10
    again = planting.plan_repeats(groups, kinds, np.full(20, 0.9), seed=1)
    pd.testing.assert_frame_equal(plan, again)
    with pytest.raises(ValueError, match="10 repeats of kind crop need as many groups"):
        planting.plan_repeats(groups[:9], kinds, np.full(20, 0.9), seed=1)


def test_repeats_are_written_in_order(tmp_path):
    plan = pd.DataFrame({"kind": ["mirror", "jpeg"], "kept": 0.9, "original": [0, 1]})
    images = [draw(0), draw(1)]
    written = planting.write_repeats(plan, images, tmp_path, seed=1)
    first = cv2.imread(str(tmp_path / written["path"][0]), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(first, images[0][:, ::-1])
    assert len([*tmp_path.iterdir()]) == 2
