import numpy as np
import pytest

from braintumor.data.augment import Augmentation
from braintumor.data.batches import SliceBatches, to_rgb


def make(augmentation=None, **changes):
    images = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones(
        (1, 16, 16), np.uint8
    )
    settings = dict(classes=4, batch_size=4, seed=3) | changes
    rows = np.arange(5, 15)
    return SliceBatches(
        images, np.arange(20) % 4, rows, augmentation=augmentation, **settings
    )


def content(batches):
    pairs = [batches[index] for index in range(len(batches))]
    images = np.concatenate([images for images, _ in pairs])
    labels = np.concatenate([labels for _, labels in pairs])
    return images, labels


def test_every_row_once_with_its_own_label_and_nothing_from_the_other_side():
    images, labels = content(make(Augmentation()))
    values = images[:, 0, 0, 0]
    assert images.shape == (10, 16, 16, 3) and images.dtype == np.uint8
    assert sorted(values) == list(range(5, 15))
    assert np.array_equal(labels.argmax(axis=1), values % 4)
    assert np.array_equal(labels.sum(axis=1), np.ones(10))


def test_without_augmentation_the_order_is_kept():
    assert list(content(make())[0][:, 0, 0, 0]) == list(range(5, 15))


def test_order_and_warps_depend_on_seed_and_epoch_only():
    moved = Augmentation(shift=0.2, brightness=0.3)
    one, other = make(moved), make(moved)
    other.epoch = 5
    content(other)
    other.epoch = one.epoch = 2
    assert np.array_equal(content(one)[0], content(other)[0])
    one.epoch = 3
    assert not np.array_equal(content(one)[0], content(other)[0])
    reseeded = make(moved, seed=4)
    reseeded.epoch = 2
    assert not np.array_equal(content(reseeded)[0], content(other)[0])


def test_an_empty_side_is_refused():
    with pytest.raises(ValueError, match="No slice"):
        SliceBatches(
            np.zeros((2, 16, 16), np.uint8),
            np.zeros(2, int),
            np.array([], int),
            classes=2,
            batch_size=2,
        )


def test_grey_becomes_three_equal_channels():
    grey = np.random.default_rng(0).integers(0, 255, (2, 8, 8), np.uint8)
    rgb = to_rgb(grey)
    assert rgb.shape == (2, 8, 8, 3)
    assert all(np.array_equal(rgb[..., channel], grey) for channel in range(3))
