"""The second search: slices of which one is a part of the other."""

import cv2
import numpy as np
import pytest

from braintumor.data import crops

SIDE = crops.SIDE


def draw(seed, side=SIDE):
    noise = np.random.default_rng(seed).normal(size=(side, side)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), side / 12)


def cut(image, kept, top, left):
    side = round(kept * len(image))
    first, second = (round(place * (len(image) - side)) for place in (top, left))
    window = image[first : first + side, second : second + side]
    return cv2.resize(window, image.shape, interpolation=cv2.INTER_LINEAR)


def thumbs(*images):
    return np.stack([image.ravel() for image in images]).astype(np.float32)


def test_a_whole_slice_shrinks_as_opencv_shrinks_it():
    image, side = draw(1), crops.COARSE
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).ravel()
    small = (small - small.mean()) / np.linalg.norm(small - small.mean())
    np.testing.assert_allclose(crops.shrink(image[None])[0], small, atol=1e-5)


def test_a_window_shrinks_as_if_it_were_cut():
    image = draw(1)
    window = crops.shrink(image[None], 0.5, 1.0, 0.0)
    np.testing.assert_allclose(window, crops.shrink(image[None, 32:, :32]), atol=1e-5)


@pytest.mark.parametrize("kept", [0.94, 0.88, 0.81])
@pytest.mark.parametrize("flip", [1, -1])
def test_a_planted_crop_is_found_from_either_side(kept, flip):
    whole = draw(2)
    part = cut(whole, kept, 0.2, 0.9)[:, ::flip]
    images = thumbs(part, draw(3), whole)
    for asked, among, partner in (([0], [1, 2], 2), ([2], [0, 1], 0)):
        found = crops.find_crops(images, asked, among, similarity=0.97)
        assert found[["asked", "among"]].to_numpy().tolist() == [[asked[0], partner]]


def test_without_bringing_it_into_place_the_crop_escapes(monkeypatch):
    whole = draw(2)
    images = thumbs(cut(whole, 0.81, 0.2, 0.9), whole)
    assert len(crops.find_crops(images, [0], [1], similarity=0.97)) == 1
    monkeypatch.setattr(crops, "PARTNERS", 0)
    assert crops.find_crops(images, [0], [1], similarity=0.97).empty


def test_strangers_and_the_slice_itself_are_no_pair():
    images = thumbs(*(draw(seed) for seed in range(6)))
    rows = np.arange(6)
    assert crops.find_crops(images, rows, rows, similarity=0.95).empty


def test_a_slice_of_one_grey_level_resembles_nothing():
    images = thumbs(np.full((SIDE, SIDE), 7.0), draw(1))
    assert crops.find_crops(images, [0, 1], [0, 1], similarity=0.5).empty


def test_thumbnails_of_another_side_are_refused():
    with pytest.raises(ValueError, match="1024 values per slice, not 4096"):
        crops.find_crops(np.zeros((2, 1024), np.float32), [0], [1], similarity=0.9)
