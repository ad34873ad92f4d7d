"""Test-time augmentation and the small ensemble, on answers of known quality."""

from dataclasses import replace

import numpy as np
import pytest

from braintumor.evaluation.calibration import calibrate
from braintumor.studies import options
from braintumor.studies.answers import Answers

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


def look(seed, labels, *, noise=2.0):
    """Return one noisy look at slices whose classes are known."""
    random = np.random.default_rng(seed)
    logits = 2.0 * np.eye(4)[labels] + random.normal(0, noise, (len(labels), 4))
    return Answers(logits, labels, labels != 2, np.arange(len(labels)) // 2, CLASSES)


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(0).integers(0, 4, 600)


def test_the_mean_is_of_probabilities(labels):
    looks = [look(seed, labels) for seed in (1, 2, 3)]
    mean = np.mean([calibrate(one.logits) for one in looks], axis=0)
    joined = options.average(*looks)
    np.testing.assert_allclose(calibrate(joined.logits), mean, atol=1e-12)
    np.testing.assert_array_equal(joined.labels, labels)


def test_answers_to_other_slices_are_not_averaged(labels):
    one, other = look(1, labels), look(2, labels[::-1])
    with pytest.raises(ValueError, match="other slices"):
        options.average(one, other)
    with pytest.raises(ValueError, match="other slices"):
        options.average(one, replace(one, classes=CLASSES[::-1]))


def compare(labels, *, ensemble):
    single = {
        place: look(seed, labels) for seed, place in enumerate(("validation", "t"))
    }
    other = {place: look(9 + seed, labels) for seed, place in enumerate(single)}
    joined = {place: ensemble(single[place], other[place]) for place in single}
    asked = {"densenet121": single, "vgg16": other, "ensemble": joined}
    found = options.compare(asked, replicates=200)
    return found["scores"].set_index(["option", "place", "metric", "kind"]), found


def test_two_independent_looks_are_better_than_one_and_it_shows(labels):
    scores, found = compare(labels, ensemble=options.average)
    gain = scores.loc[("ensemble", "t", "accuracy", "difference")]
    assert gain["low"] > 0
    one, two = (
        scores.loc[(option, "t", "accuracy", "value"), "value"]
        for option in ("densenet121", "ensemble")
    )
    assert gain["value"] == pytest.approx(two - one)
    costs = found["costs"].set_index("option")
    assert costs.loc["ensemble", ["passes_densenet121", "passes_vgg16"]].sum() == 2


def test_an_option_that_changes_nothing_has_no_difference(labels):
    scores, _ = compare(labels, ensemble=lambda single, other: single)
    rows = scores.xs(("ensemble", "difference"), level=("option", "kind"))
    assert (rows[["value", "low", "high"]] == 0).to_numpy().all()


def test_a_difference_is_paired(labels):
    scores, _ = compare(labels, ensemble=options.average)
    one = scores.loc[("densenet121", "t", "brier", "value")]
    difference = scores.loc[("ensemble", "t", "brier", "difference")]
    unpaired = np.sqrt(2) * (one["high"] - one["low"])
    assert difference["high"] - difference["low"] < 0.8 * unpaired


def test_test_slices_fit_no_temperature(labels, monkeypatch):
    def temperatures(last):
        single = {"validation": look(1, labels), "t": last}
        found = options.compare({"densenet121": single}, replicates=1)
        return found["costs"]["temperature"].tolist()

    sharper = replace(look(2, labels), logits=5 * look(2, labels).logits)
    assert temperatures(look(2, labels)) == temperatures(sharper)
    monkeypatch.setattr(options, "CHOOSES", "t")  # the fault would be seen
    assert temperatures(look(2, labels)) != temperatures(sharper)


def test_the_mirror_exchanges_left_and_right():
    image = np.zeros((1, 41, 41), np.uint8)
    image[0, 20, 35] = 200
    assert options.mirror(image)[0, 20, 5] == 200
    np.testing.assert_array_equal(options.mirror(options.mirror(image)), image)
