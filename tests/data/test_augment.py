import numpy as np
import pytest

from braintumor.data.augment import Augmentation, augment_slice, draw_warp

ALL = Augmentation(rotation=15, shift=0.1, zoom=0.1, flip=True, brightness=0.2)


@pytest.fixture
def image():
    smooth = np.zeros((48, 48), np.uint8)
    smooth[10:30, 8:20] = 120
    smooth[30:40, 24:44] = 200
    return smooth


def test_the_key_alone_decides(image):
    first = augment_slice(image, ALL, (7, 3, 11))
    augment_slice(image, ALL, (7, 4, 11))
    assert np.array_equal(augment_slice(image, ALL, (7, 3, 11)), first)


@pytest.mark.parametrize("key", [(8, 3, 11), (7, 4, 11), (7, 3, 12)])
def test_seed_epoch_and_slice_each_change_the_draw(image, key):
    assert not np.array_equal(
        augment_slice(image, ALL, key), augment_slice(image, ALL, (7, 3, 11))
    )


def test_no_range_means_no_change(image):
    assert np.array_equal(augment_slice(image, Augmentation(), (1, 2, 3)), image)


def test_flip_mirrors_left_and_right_half_of_the_time(image):
    only_flip = Augmentation(flip=True)
    seen = [augment_slice(image, only_flip, (0, 0, n)) for n in range(200)]
    mirrored = sum(np.array_equal(one, image[:, ::-1]) for one in seen)
    same = sum(np.array_equal(one, image) for one in seen)
    assert mirrored + same == 200 and 70 <= mirrored <= 130


def test_ranges_are_kept_and_filled():
    wide = Augmentation(rotation=20, shift=0.1, zoom=0.2, brightness=0.3)
    drawn = [draw_warp(wide, 100, (1, 0, n)) for n in range(2000)]
    angles = np.degrees([np.arctan2(m[0, 1], m[0, 0]) for m, _ in drawn])
    scales = np.array([np.hypot(m[0, 0], m[0, 1]) for m, _ in drawn])
    lights = np.array([light for _, light in drawn])
    centre = np.array([49.5, 49.5, 1])
    moves = np.array([m @ centre - centre[:2] for m, _ in drawn])
    for values, low, high in (
        (angles, -20, 20),
        (scales, 0.8, 1.2),
        (lights, 0.7, 1.3),
        (moves, -10, 10),
    ):
        assert values.min() >= low - 1e-9 and values.max() <= high + 1e-9
        assert values.min() < low + 0.1 * (high - low)
        assert values.max() > high - 0.1 * (high - low)


def test_brightness_saturates_instead_of_wrapping():
    white = np.full((32, 32), 250, np.uint8)
    brighter = [
        augment_slice(white, Augmentation(brightness=0.5), (0, 0, n)) for n in range(50)
    ]
    assert max(one[16, 16] for one in brighter) == 255
    assert min(one[16, 16] for one in brighter) < 250
