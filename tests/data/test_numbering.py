"""Numbers found again, and runs of neighbours that stand in for patients."""

import cv2
import numpy as np
import pytest

from braintumor.data import numbering, twins


def draw(count, seed=0):
    noise = np.random.default_rng(seed).normal(size=(count, 64, 64)).astype(np.float32)
    return np.stack([cv2.GaussianBlur(image, (0, 0), 5) for image in noise])


def thumbs(images):
    flat = np.asarray(images, np.float32).reshape(len(images), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def test_every_slice_finds_its_number_and_how_it_lies():
    images = draw(6)
    numbers = np.array([3, 7, 8, 12, 40, 41])
    asked = [images[4], twins.orient(images[1], "mirror")]
    asked.append(twins.orient(images[2], "quarter_turn"))
    found = numbering.match_numbers(thumbs(asked), thumbs(images), numbers)
    assert found["number"].tolist() == [40, 7, 8]
    assert found["orientation"].tolist() == ["upright", "mirror", "three_quarter_turn"]
    assert (found["similarity"] > 0.999).all()
    assert found["upright"][0] > 0.999 > 0.9 > found["upright"][1:].max()
    assert (found["second"] < 0.9).all()


def test_a_second_number_is_told():
    images = draw(3)
    near = images[0] + 0.05 * images[1]
    found = numbering.match_numbers(
        thumbs(images[:1]), thumbs([images[2], near, images[0]]), np.array([1, 2, 3])
    )
    assert found["number"][0] == 3 and 0.99 < found["second"][0] < 1


def test_blocks_change_nothing(monkeypatch):
    images = thumbs(draw(9))
    whole = numbering.match_numbers(images, images[2:], np.arange(7))
    monkeypatch.setattr(numbering, "BLOCK", 4)
    parts = numbering.match_numbers(images, images[2:], np.arange(7))
    np.testing.assert_array_equal(whole["number"], parts["number"])
    np.testing.assert_allclose(whole["second"], parts["second"], atol=1e-3)


def make_patients(sizes, labels):
    """Slices of patients in order: near-twins within, strangers between."""
    heads = draw(len(sizes), seed=4)
    noise = draw(sum(sizes), seed=5)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return thumbs(heads[owner] + 0.2 * noise), np.repeat(labels, sizes), owner


PATIENTS = ([4, 1, 6, 3], ["a", "a", "a", "b"])


def cut(runs, largest=6, patients=PATIENTS):
    slices, labels, owner = make_patients(*patients)
    alike = numbering.compare_neighbours(slices)
    return numbering.cut_runs(alike, labels, runs=runs, largest=largest), owner


def test_runs_are_the_patients_where_neighbours_look_alike():
    runs, owner = cut(4)
    np.testing.assert_array_equal(runs, owner)


@pytest.mark.parametrize("runs", range(3, 15))
def test_as_many_runs_as_are_asked_for_and_none_too_long(runs):
    found, _ = cut(runs, largest=7)
    assert np.diff(found).max() == 1 and found[-1] == runs - 1
    assert np.bincount(found).max() <= 7


def test_long_runs_are_cut_first():
    alike = np.array([0.9, 0.8, 0.9, 0.1, 0.9])
    labels = np.array(["a", "a", "a", "a", "b", "b"])
    runs = numbering.cut_runs(alike, labels, runs=3, largest=2)
    assert runs.tolist() == [0, 0, 1, 1, 2, 2]  # at 0.8, the class ends at 0.1


def test_a_class_ends_a_run_however_alike_its_neighbours_are():
    labels = np.array(["a", "a", "b", "a"])
    runs = numbering.cut_runs(np.ones(3), labels, runs=3, largest=4)
    assert runs.tolist() == [0, 0, 1, 2]


def test_what_cannot_be_is_refused():
    labels = np.array(["a", "b", "b"])
    for runs in (1, 4):
        with pytest.raises(ValueError, match="these 3 slices make 2 to 3 runs"):
            numbering.cut_runs(np.ones(2), labels, runs=runs, largest=3)
    with pytest.raises(ValueError, match="one of them still has 2 slices"):
        numbering.cut_runs(np.ones(2), labels, runs=2, largest=1)
    with pytest.raises(ValueError, match="1 numbered slices"):
        numbering.match_numbers(thumbs(draw(2)), thumbs(draw(1)), np.array([1]))


def test_patients_are_those_that_were_published():
    assert sum(numbering.PATIENTS.values()) == 233
