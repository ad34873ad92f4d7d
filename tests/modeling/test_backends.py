"""What holds on every Keras backend; `make test-jax` has no TensorFlow at all."""

import os
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from braintumor.modeling import artifact, recipes, training
from braintumor.modeling.recipes import Phase

BACKEND = keras.backend.backend()


@pytest.mark.parametrize("model", recipes.MODELS)
def test_one_epoch_of_each_model_on_phantoms(
    model, phantom_folder, tmp_path, monkeypatch
):
    from braintumor import experiment
    from braintumor.data import sources

    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    monkeypatch.setattr(sources, "locate", lambda name: phantom_folder)
    folder = experiment.train_model(
        model,
        dataset="phantom",
        profile="quick",
        seed=7,
        run="one-epoch",
        side=32,
        frozen=Phase(1, "adam", 1e-3),
        fine_tuning=Phase(1, "sgd", 1e-3, open_layers=20),
    )
    loaded = artifact.load_artifact(folder)
    assert loaded.contract["versions"]["backend"] == BACKEND
    assert loaded.contract["facts"]["epochs_run"] == 2
    answer = artifact.predict(loaded, np.zeros((2, 32, 32), np.uint8))
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)


def test_only_the_chosen_backend_is_loaded():
    others = {"tensorflow", "jax", "torch"} - {BACKEND}
    assert not others & sys.modules.keys()


@pytest.mark.skipif(
    BACKEND == "tensorflow", reason="TensorFlow is the backend of this environment"
)
def test_tensorflow_is_not_even_installed():
    with pytest.raises(ImportError):
        __import__("tensorflow")
    assert os.environ["KERAS_BACKEND"] == BACKEND


def test_resumed_training_equals_the_undisturbed_one(
    toy_data, toy_recipe, tmp_path, monkeypatch
):
    from braintumor.modeling import checkpoint

    recipe = replace(toy_recipe, frozen=Phase())
    whole = training.train(recipe, toy_data, tmp_path / "whole", seed=1)
    save = checkpoint.save_checkpoint

    def save_and_stop(*arguments, **names):
        save(*arguments, **names)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_checkpoint", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        training.train(recipe, toy_data, tmp_path / "parts", seed=1)
    monkeypatch.setattr(checkpoint, "save_checkpoint", save)
    parts = training.train(recipe, toy_data, tmp_path / "parts", seed=1)
    assert len(parts.history) == len(whole.history) == 2
    one, other = (
        checkpoint.hash_values(t.classifier.model.variables) for t in (whole, parts)
    )
    assert one == other
