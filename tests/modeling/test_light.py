import json
import sys
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest

from braintumor.modeling import (
    artifact,
    backbones,
    contract,
    gradcam,
    half,
    keras_form,
    light,
    recipes,
    runtime,
    training,
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An untrained VGG16 at side 64, with a hidden layer, that says bfloat16."""
    recipe = recipes.get_recipe("vgg16_four_class", "quick", side=64)
    training.set_seed(11, deterministic=True)
    model = backbones.build_classifier(recipe).model
    folder = tmp_path_factory.mktemp("trained") / "vgg16_four_class"
    told = replace(recipe, precision="mixed_bfloat16")
    history = pd.DataFrame({"epoch": [0]})
    artifact.save_artifact(model, told, folder, history=history, facts={})
    return folder


@pytest.fixture(scope="module")
def made(trained, tmp_path_factory):
    """The project folder in which the light form was made, once."""
    home = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRAINTUMOR_HOME", str(home))
        light.make_light(trained)
    return home


@pytest.fixture(autouse=True)
def own_project(made, monkeypatch):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(made))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (40, 64, 64), np.uint8)


def test_both_runtimes_give_the_same_in_float32(trained, images):
    one, other = light.load_light(trained), keras_form.KerasModel(trained)
    features = one.features(images)
    assert features.shape == (40, 2, 2, 512) and features.dtype == np.float32
    np.testing.assert_allclose(features, other.features(images), rtol=1e-3, atol=1e-3)
    logits = gradcam.compute_logits(one.head, features)
    exact = keras_form.load_float32(trained).model(light.as_input(images))
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers, exact, atol=1e-4)
    assert np.ptp(answers, axis=0).max() > 0.001  # the slices do differ


def test_answers_do_not_depend_on_the_batch(trained, images):
    model = light.load_light(trained)
    np.testing.assert_allclose(
        model.features(images)[33:34], model.features(images[33:34]), atol=1e-4
    )


def test_it_is_made_once_and_leaves_nothing_else(trained, made, monkeypatch):
    monkeypatch.setattr(light, "_export_elsewhere", None)
    folder = light.make_light(trained)
    weights = contract.read_contract(trained)["files"][contract.WEIGHTS]
    assert folder == made / "data" / "cache" / "light" / weights[:16]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", [light.BASE, light.HEAD, light.PASSPORT])
def test_altered_parts_are_refused_before_they_are_parsed(trained, name, monkeypatch):
    path = light.locate_light(contract.read_contract(trained)) / name
    before = path.read_bytes()
    monkeypatch.setattr(light, "LightModel", None)
    monkeypatch.setattr(light, "_parse_head", None)
    try:
        path.write_bytes(before[:-20] + b"x" + before[-19:])
        with pytest.raises(artifact.ArtifactError, match="delete it, it is made again"):
            light.load_light(trained)
    finally:
        path.write_bytes(before)


def test_a_light_form_of_other_weights_is_refused(trained):
    path = light.locate_light(contract.read_contract(trained)) / light.PASSPORT
    before = path.read_text()
    try:
        path.write_text(json.dumps(json.loads(before) | {"weights": "0" * 64}))
        with pytest.raises(artifact.ArtifactError, match="was altered"):
            light.load_light(trained)
    finally:
        path.write_text(before)


def test_a_failed_export_says_why_and_keras_answers(
    trained, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho no tensorflow >&2; exit 3\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(artifact.ArtifactError, match="no tensorflow"):
        runtime.load_model(trained, "light")
    assert runtime.load_model(trained).runtime == "keras"
    assert "Answering with Keras" in caplog.text
    assert not list((tmp_path / "data" / "cache" / "light").iterdir())


def test_the_choice_of_a_runtime(trained):
    assert runtime.load_model(trained).runtime == "light"
    with pytest.raises(ValueError, match="auto, light, keras"):
        runtime.load_model(trained, "litert")


def test_half_precision_halves_the_file_and_loads(trained, tmp_path, images):
    whole = contract.read_contract(trained)
    half.halve_weights(trained / contract.WEIGHTS, tmp_path / contract.WEIGHTS)
    sizes = [(place / contract.WEIGHTS).stat().st_size for place in (trained, tmp_path)]
    assert sizes[1] < 0.51 * sizes[0]
    promises = {name: whole[name] for name in whole if name != "files"}
    contract.write_contract(tmp_path, promises, [contract.WEIGHTS])
    exact, halved = (
        np.asarray(keras_form.load_float32(place).model(light.as_input(images)))
        for place in (trained, tmp_path)
    )
    assert 0 < np.abs(exact - halved).max() < 0.01


def test_weights_beyond_half_precision_are_refused_by_name(tmp_path):
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file["layers/dense/0"] = np.array([1, 7e4], np.float32)
        file["seed"] = np.array([2**31], np.uint32)
    with pytest.raises(ValueError, match="layers/dense/0 leaves the range"):
        half.halve_weights(tmp_path / "old.h5", tmp_path / "new.h5")
    with h5py.File(tmp_path / "old.h5", "r+") as file:
        file["layers/dense/0"][1] = 0.1
    half.halve_weights(tmp_path / "old.h5", tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5") as file:
        assert file["layers/dense/0"].dtype == np.float16
        assert file["seed"][0] == 2**31
