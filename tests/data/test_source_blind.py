"""Looks, lesions and groups: drawn by key, and only as far as they may."""

from dataclasses import replace

import numpy as np
import pytest

from braintumor.data.appearance import Appearance, change_appearance
from braintumor.data.augment import Augmentation
from braintumor.data.batches import SliceBatches
from braintumor.data.planted_lesions import Planting, plant_lesion
from braintumor.data.sampling import draw_per_group

NOTHING = Appearance(chance=0, curve=0)


@pytest.fixture
def image():
    ramp = np.linspace(0, 200, 64)[None].repeat(64, axis=0).astype(np.uint8)
    ramp[:, :8] = 0
    ramp[20:30, 20:50] = 250
    return ramp


@pytest.mark.parametrize("change", [change_appearance, plant_lesion])
def test_the_key_alone_decides(image, change):
    options = Appearance() if change is change_appearance else Planting()
    first = change(image, options, (7, 3, 11))
    change(image, options, (7, 4, 11))
    assert np.array_equal(change(image, options, (7, 3, 11)), first)
    others = [
        change(image, options, key) for key in ((8, 3, 11), (7, 4, 11), (7, 3, 12))
    ]
    assert all(not np.array_equal(other, first) for other in others)
    assert first.dtype == np.uint8 and first.shape == image.shape


def test_no_chance_no_change(image):
    for place in range(20):
        assert np.array_equal(change_appearance(image, NOTHING, (0, 0, place)), image)


@pytest.mark.parametrize(
    "ranges",
    [
        {"blur": 0.0, "resolution": 1.0, "noise": 0.0, "quality": 100},
        {"gamma": 0.0, "resolution": 1.0, "noise": 0.0, "quality": 100},
        {"gamma": 0.0, "blur": 0.0, "noise": 0.0, "quality": 100},
        {"gamma": 0.0, "blur": 0.0, "resolution": 1.0, "quality": 100},
        {"gamma": 0.0, "blur": 0.0, "resolution": 1.0, "noise": 0.0},
    ],
)
def test_each_change_works_alone(image, ranges):
    alone = replace(Appearance(chance=1.0, curve=0.0), **ranges)
    changed = [change_appearance(image, alone, (0, 0, place)) for place in range(8)]
    gaps = [np.abs(one.astype(int) - image).mean() for one in changed]
    assert 0.3 < max(gaps) < 60


def test_a_tone_curve_may_turn_bright_into_dark_but_leaves_black(image):
    curve = Appearance(chance=0, curve=1)
    changed = [change_appearance(image, curve, (0, 0, place)) for place in range(50)]
    assert all(not one[:, :8].any() for one in changed)
    falls = [one[25, 30] < one[40, 60] for one in changed]
    assert 5 < sum(falls) < 45


def test_a_lesion_stands_in_the_head_and_spares_the_rest():
    healthy = np.full((96, 96), 90, np.uint8)
    plain = Planting(halo=0, rim=0)
    sizes, brighter = [], []
    for place in range(100):
        gap = plant_lesion(healthy, plain, (1, 0, place)).astype(int) - healthy
        where = np.argwhere(np.abs(gap) > 15)
        assert len(where), place
        middle = np.abs(where.mean(axis=0) - 47.5).max()
        assert middle < 0.32 * 96
        sizes.append(np.sqrt(len(where) / np.pi) / 96)
        brighter.append(gap[tuple(where.T)].mean() > 0)
    assert 0.03 < min(sizes) and max(sizes) < 0.24 and max(sizes) > 2 * min(sizes)
    assert 50 < sum(brighter) < 90


def test_a_halo_stays_inside_the_head():
    half = np.zeros((96, 96), np.uint8)
    half[:, 48:] = 90
    wide = Planting(smallest=0.05, largest=0.06, halo=1, rim=0, bright=1)
    for place in range(20):
        gap = plant_lesion(half, wide, (1, 0, place)).astype(int) - half
        lesion = np.abs(gap) > 60
        assert not (np.abs(gap[:, :40]) > 8)[~_grow(lesion, 8)[:, :40]].any()


def _grow(mask, width):
    import cv2

    brush = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), brush) > 0


def test_an_epoch_shows_each_group_once():
    groups = np.repeat(np.arange(6), [1, 2, 3, 50, 1, 8])
    drawn = [draw_per_group(groups, np.random.default_rng((3, e))) for e in range(300)]
    for chosen in drawn:
        assert sorted(groups[chosen]) == list(range(6))
    assert np.array_equal(
        drawn[5], draw_per_group(groups, np.random.default_rng((3, 5)))
    )
    seen = np.bincount(np.concatenate(drawn), minlength=len(groups))
    assert seen.min() > 0 and seen[groups == 5].max() < 80  # none is preferred
    first = np.bincount([groups[chosen[0]] for chosen in drawn], minlength=6)
    assert first.max() < 90  # nor does a large group stand first


def make(**changes):
    images = np.arange(40, dtype=np.uint8)[:, None, None] + np.zeros(
        (1, 16, 16), np.uint8
    )
    settings = dict(
        classes=4,
        batch_size=8,
        seed=3,
        augmentation=Augmentation(),
        groups=np.arange(40) // 4,
        planting=Planting(),
        healthy=2,
    )
    labels = np.arange(40) // 4 % 4
    return SliceBatches(images, labels, np.arange(4, 36), **settings | changes)


def test_every_healthy_slice_is_shown_again_with_a_lesion():
    batches = make()
    assert len(batches.order) == 8 + 2 == len(batches) * 8 - 6
    targets = np.concatenate([batches[i][1] for i in range(len(batches))])
    assert np.allclose(targets.sum(axis=1), 1)
    planted = batches.planted
    assert planted.sum() == 2 and np.allclose(
        targets[planted], [1 / 3, 1 / 3, 0, 1 / 3]
    )
    rows = batches.rows[batches.order]
    assert sorted(rows[planted]) == sorted(r for r in rows[~planted] if r // 4 % 4 == 2)
    images = np.concatenate([batches[i][0] for i in range(len(batches))])[..., 0]
    same = [(image == row).all() for image, row in zip(images, rows, strict=True)]
    assert np.array_equal(same, ~planted)


def test_groups_and_lesions_change_with_the_epoch_and_come_back_with_it():
    one, other = make(), make()
    before = [one[i][0] for i in range(len(one))]
    other.epoch = 4
    assert not np.array_equal(np.sort(other.order), np.sort(one.order))
    other.epoch = 0
    after = [other[i][0] for i in range(len(other))]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_without_augmentation_nothing_is_drawn():
    plain = make(augmentation=None)
    assert list(plain.order) == list(range(32)) and not plain.planted.any()


def test_lesions_want_to_know_the_healthy_class():
    with pytest.raises(ValueError, match="healthy"):
        make(healthy=None)
