"""Benchmarks of input, memory and the twin search: what they compare, not how fast."""

import numpy as np
import pandas as pd
import pytest
from benchmarks import formats, growth, inputs, memory, processes

from braintumor.data import sources, twins


@pytest.fixture
def here(monkeypatch, phantom_folder):
    """No process of its own, no real set, no phantoms but those of the suite."""

    def locate(name):
        raise sources.MissingSourceError(name)

    def generate(folder, **_):
        folder.symlink_to(phantom_folder)

    for module in (growth, memory):
        monkeypatch.setattr(module, "run_alone", processes.measure)
    for module in (growth, inputs):
        monkeypatch.setattr(module.phantom, "generate", generate)
    monkeypatch.setattr(inputs.sources, "locate", locate)
    monkeypatch.setattr(memory, "find_set", lambda: ("phantom", phantom_folder))


def test_both_searches_list_the_same_pairs(here):
    table = growth.run(slices=60, times=(1, 3, 4))
    assert table["slices"].tolist() == [60, 180, 240]
    assert table["same_pairs"].tolist()[:2] == [True, True]
    assert table["same_pairs"].isna().tolist() == [False, False, True]
    assert (table["pairs"] > 0).all()


def test_a_planted_missing_pair_is_told(here, monkeypatch):
    whole = twins.find_twins
    monkeypatch.setattr(twins, "find_twins", lambda thumbs: whole(thumbs).iloc[1:])
    assert growth.run(slices=60, times=(1,))["same_pairs"].tolist() == [False]


def test_a_last_digit_is_no_difference_but_a_turn_is():
    pair = {"left": 0, "right": 1, "similarity": 0.97, "orientation": "mirror"}
    one = pd.DataFrame([pair | {"upright": 0.1}])
    assert growth.are_same(one, one.assign(similarity=0.9701))
    assert not growth.are_same(one, one.assign(similarity=0.9702))
    assert not growth.are_same(one, one.assign(orientation="upright"))
    assert not growth.are_same(one, one.iloc[:0])
    at_the_threshold = one.assign(similarity=twins.SIMILARITY)
    assert growth.are_same(at_the_threshold, at_the_threshold.iloc[:0])
    just_above = one.assign(similarity=twins.SIMILARITY + growth.DIGIT)
    assert growth.are_same(at_the_threshold, just_above)
    assert not growth.are_same(just_above, just_above.iloc[:0])


def test_thumbnails_of_warped_phantoms_are_thumbnails(here, tmp_path):
    thumbs = growth.warp_phantoms(tmp_path / "phantom", 20, 40)
    assert thumbs.shape == (20, twins.SIDE**2) and thumbs.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(thumbs, axis=1), 1, atol=1e-5)
    assert (thumbs @ thumbs.T - np.eye(20) < 0.999).all()


def test_inputs_are_compared_both_ways(here, monkeypatch):
    monkeypatch.setattr(formats, "TURNS", 2)
    table = inputs.run(24, ("vgg16_four_class",), side=32, batch_size=4)
    ways = table[["one", "other"]].to_numpy().tolist()
    assert ways == [
        ["two threads", "one thread"],
        ["two processes", "one thread"],
        ["loader", "training step"],
        ["loader", "Keras layers"],
    ]
    ratio = table["times_as_fast"]
    assert ((table["least"] <= ratio) & (ratio <= table["most"])).all()
    shares = table.filter(like="_percent").loc[0]
    assert (shares > 0).all() and shares.sum() <= 100


def test_keras_layers_do_what_the_recipe_says(here):
    from braintumor.modeling import recipes

    recipe = recipes.get_recipe("vgg16_four_class", "cpu", side=32)
    batch = np.random.default_rng(7).uniform(0, 255, (4, 32, 32, 1)).astype(np.float32)
    augment = inputs.build_layers(recipe)
    one, other = augment(batch), augment(batch)
    assert one.shape == batch.shape and (one != other).any()
    assert one.min() >= 0 and one.max() <= 255


def test_every_step_of_the_pipeline_is_measured_at_every_size(here, monkeypatch):
    small = dict(model="vgg16_four_class", side=32, batch_size=4)
    once = memory.run((1,), **small)
    assert once["step"].tolist() == [step.__name__ for step in memory.STEPS]
    assert once["slices"].tolist()[:3] == [80] * 3 and (once["peak_mb"] > 0).all()
    monkeypatch.setattr(memory, "STEPS", memory.STEPS[:3])
    assert memory.run((2,), **small)["slices"].tolist() == [160] * 3


def hold(megabytes):
    return int(np.ones(megabytes * 10**6, np.uint8).sum())


def test_a_process_of_its_own_holds_what_it_holds():
    little = processes.run_alone(len, [1, 2])
    assert little.result == 2 and 0 < little.peak < 100


def test_memory_that_is_given_back_still_counts():
    assert processes.measure(hold, 300).peak > 300


def test_a_failed_process_says_why():
    with pytest.raises(RuntimeError, match="(?s)int failed.*seven"):
        processes.run_alone(int, "seven")
