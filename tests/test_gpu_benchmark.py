"""The GPU program in small: that it computes what it claims, never how fast it was."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from benchmarks import gpu, ways
from tests.modeling.shared_trainings import small_recipe

from braintumor.data.augment import Augmentation, augment_slice
from braintumor.data.batches import SliceBatches
from braintumor.modeling import backbones, optimizers, recipes
from braintumor.modeling.recipes import Phase

BACKEND = keras.backend.backend()
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="the resident way is JAX's")
RANGES = Augmentation(rotation=15, shift=0.1, zoom=0.1, flip=True, brightness=0.2)
RATES = Phase(2, "sgd", 1e-2, "cosine")


def make_batches(augmentation, side=32):
    """Three batches of which the last is smaller; slices smooth as real ones are."""
    random = np.random.default_rng(3)
    coarse = random.uniform(0, 255, (20, 6, 6))
    images = np.stack([np.kron(c, np.ones((side // 4, side // 4))) for c in coarse])
    images = images[:, :side, :side].astype(np.uint8)
    return SliceBatches(
        images,
        np.arange(20) % 4,
        np.arange(20),
        classes=4,
        batch_size=8,
        seed=5,
        augmentation=augmentation,
    )


@on_jax
def test_the_card_warps_a_slice_as_the_processor_does():
    from benchmarks import resident

    batches = make_batches(RANGES, side=48)
    batches.epoch = 2
    rows, warps, light = resident.draw_epoch(batches)
    here = resident.warp_slices(batches.images[rows], warps, light)
    keys = [(5, 2, int(row)) for row in rows]
    there = [augment_slice(batches.images[key[2]], RANGES, key) for key in keys]
    apart = np.abs(np.asarray(here, int) - np.array(there, int))
    print(f"mean {apart.mean():.3f}, largest {apart.max()} grey levels")
    # OpenCV 5 differs by one level. OpenCV 4 rounds a place to 1/32 pixel: of a step of
    # 255 levels that is 4 each way.
    assert apart.mean() < 0.5 and apart.max() <= 12
    wrong = resident.warp_slices(batches.images[rows], np.roll(warps, 1, 0), light)
    assert np.abs(np.asarray(wrong, int) - np.array(there, int)).mean() > 5


def compile_small():
    keras.utils.set_random_seed(4)
    recipe = small_recipe()
    classifier = backbones.build_classifier(recipe)
    optimizers.compile_network(classifier.model, recipe, RATES)
    return classifier.model


@on_jax
@pytest.mark.parametrize(
    ("augmentation", "tolerance"), [(Augmentation(), 1e-5), (RANGES, 1e-2)]
)
def test_resident_epochs_learn_what_fit_learns(augmentation, tolerance):
    from benchmarks.resident import ResidentTraining

    batches, network = make_batches(augmentation), compile_small()
    training = ResidentTraining(network, batches, RATES)
    resident = [float(training.run_epoch(epoch)) for epoch in range(2)]
    fitted = []
    for epoch in range(2):
        batches.epoch = epoch
        rates = optimizers.StepRates(RATES, epoch, len(batches), 0)
        log = network.fit(batches, shuffle=False, verbose=0, callbacks=[rates])
        fitted += log.history["loss"]
    print(resident, fitted)
    np.testing.assert_allclose(resident, fitted, rtol=tolerance)
    weights = [np.array(variable.value) for variable in network.trainable_variables]
    training.store()
    for variable, fit_weights in zip(network.trainable_variables, weights, strict=True):
        stored = np.asarray(variable.value)
        np.testing.assert_allclose(stored, fit_weights, atol=tolerance)


def test_a_row_for_each_way_of_the_backend(monkeypatch):
    small = small_recipe()

    def take_small(model, profile, **changes):
        return replace(small, **changes)

    monkeypatch.setattr(recipes, "get_recipe", take_small)
    table = gpu.measure(replace(gpu.SMALL, roof_side=64))
    wanted = ["loader", "still"] + ["resident"] * (BACKEND == "jax")
    assert table["way"].tolist() == wanted
    assert set(table["backend"]) == {BACKEND}
    assert (table[["epoch_seconds", "slices_per_second"]] > 0).all(axis=None)


def test_epochs_are_waited_for(monkeypatch):
    clock = iter([0.0, 5.0, 10.0, 16.0])
    monkeypatch.setattr(ways.time, "perf_counter", lambda: next(clock))
    ran = []
    assert ways.time_epochs(ran.append, 4) == (5, 2)
    assert ran == [0, 1, 2, 3]


def test_shares_are_operations_over_the_roof_of_the_format():
    plan = replace(gpu.SMALL, slices=100, precision="mixed_bfloat16")
    roofs = {"float32": 1e12, "bfloat16": 4e12}
    told = gpu.rate(plan, 3.0, 0.5, operations=10**10, roofs=roofs)
    assert told["slices_per_second"] == 200
    assert told["share_of_roof"] == 0.5
    assert told["twenty_epochs_seconds"] == 12.5


def test_a_machine_without_a_gpu_is_told_of_the_small_form(monkeypatch, capsys):
    monkeypatch.setattr(gpu.provenance, "hardware", lambda: {"accelerators": []})
    with pytest.raises(SystemExit):
        gpu.main([])
    assert "--small" in capsys.readouterr().err


def test_every_installed_backend_is_measured_and_kept(monkeypatch, tmp_path):
    asked, kept = [], {}
    hardware = {"accelerators": ["a card"]}
    monkeypatch.setattr(gpu.provenance, "hardware", lambda: hardware)
    monkeypatch.setattr(gpu.importlib.util, "find_spec", lambda name: name != "torch")

    def measure(backend, arguments):
        asked.append((backend, arguments))
        return pd.DataFrame({"backend": [backend]})

    monkeypatch.setattr(gpu, "measure_elsewhere", measure)
    monkeypatch.setattr(
        gpu.record, "keep", lambda name, table, **facts: kept.update({name: table})
    )
    gpu.main(["--batch", "64"])
    assert asked == [(name, ["--batch", "64"]) for name in ("jax", "tensorflow")]
    assert kept["gpu"]["backend"].tolist() == ["jax", "tensorflow"]
