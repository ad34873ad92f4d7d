"""Shortcuts see what they may see, and land at chance on shuffled labels."""

import cv2
import numpy as np
import pytest

from braintumor.evaluation import baselines, shortcuts


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def draw_head(generator, *, corner=0):
    """A bright ring, a dark gap, a textured brain; a mark outside, if any."""
    image = np.zeros((96, 96), np.uint8)
    cv2.circle(image, (48, 48), 34, 180, 3)
    brain = np.zeros_like(image)
    cv2.circle(brain, (48, 48), 28, 1, -1)
    texture = generator.integers(40, 220, image.shape, dtype=np.uint8)
    image[brain == 1] = texture[brain == 1]
    image[2:8, 2:20] = corner
    return image


def test_sizes_and_modes_are_told():
    features = shortcuts.describe_sizes([512, 200], [512, 300], ["L", "odd"])
    assert features.tolist() == [[512, 512, 1], [200, 300, len(shortcuts.MODES)]]


def test_intensities_by_hand():
    image = np.zeros((1, 20, 20), np.uint8)
    image[0, :10] = 100
    mean, spread, black, *levels = shortcuts.measure_intensities(image)[0]
    assert (mean, spread, black) == (50, 50, 0.5)
    assert levels == [0, 0, 0, 50, 100, 100, 100]


def test_intensities_do_not_know_where(generator):
    image = generator.integers(0, 256, (1, 24, 24), dtype=np.uint8)
    moved = generator.permutation(image.reshape(-1)).reshape(1, 24, 24)
    one, two = map(shortcuts.measure_intensities, (image, moved))
    np.testing.assert_allclose(one, two)


def test_nothing_of_the_head_is_left(generator):
    one, two = draw_head(generator), draw_head(generator)
    assert (one != two).any()
    assert (shortcuts.mask_head(one) == 0).all()  # not even its outline
    first, second = shortcuts.measure_backgrounds(np.stack([one, two]))
    assert (first == second).all()


def test_what_stands_outside_is_left(generator):
    marked = shortcuts.mask_head(draw_head(generator, corner=90))
    assert (marked[2:8, 2:20] == 90).all() and (marked != 0).sum() == 6 * 18


def test_a_slice_without_background_or_head_is_masked_too(generator):
    full = generator.integers(150, 256, (96, 96), dtype=np.uint8)
    assert (shortcuts.mask_head(full) == 0).all()
    empty = np.zeros((96, 96), np.uint8)
    assert not shortcuts.find_head(empty).any()
    assert (shortcuts.mask_head(empty) == 0).all()


@pytest.fixture
def planted(generator, classes):
    """Features that give the class away, and 200 test slices in 2 views."""
    labels = np.array(classes)[generator.integers(0, 4, 400)]
    shade = np.array([classes.index(name) for name in labels], float)
    features = np.stack([shade, generator.normal(size=400)], axis=1)
    views = {"all": np.ones(200, bool), "some": np.arange(200) < 60}
    return features, labels, views


def test_shuffled_labels_land_at_chance(planted, classes, monkeypatch):
    monkeypatch.setattr(baselines, "TREES", 20)
    features, labels, views = planted

    def answer(training_labels):
        return baselines.classify(
            features[:200], training_labels, features[200:], classes
        )

    table = shortcuts.permute_labels(
        answer, labels[:200], labels[200:], classes, views=views, permutations=12
    )
    assert table.set_index("view")["n"].to_dict() == {"all": 200, "some": 60}
    assert (table["accuracy"] > 0.95).all()
    assert table["inside"].all() and table["chance"].between(0.2, 0.3).all()
    assert (table["shuffled"] < 0.4).all()


def test_a_program_that_knows_the_test_is_not_at_chance(planted, classes):
    _, labels, views = planted
    truth = np.eye(4)[[classes.index(name) for name in labels[200:]]]
    table = shortcuts.permute_labels(
        lambda _: truth, labels[:200], labels[200:], classes, views=views
    )
    assert not table["inside"].any() and (table["shuffled"] == 1).all()
