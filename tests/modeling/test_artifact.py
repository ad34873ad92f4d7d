import json
import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from braintumor.modeling import artifact, backbones, recipes, training


@pytest.fixture(scope="module")
def recipe():
    return recipes.get_recipe("vgg16_four_class", "quick", side=32)


@pytest.fixture(scope="module")
def model(recipe):
    training.set_seed(11, deterministic=True)
    return backbones.build_classifier(recipe).model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 255, (5, 32, 32), np.uint8)


@pytest.fixture
def folder(model, recipe, tmp_path):
    history = pd.DataFrame({"epoch": [0], "val_loss": [1.25]})
    target = tmp_path / "vgg16_four_class"
    return artifact.save_artifact(
        model, recipe, target, history=history, facts={"seed": 11}
    )


def test_reloaded_it_answers_the_same(folder, model, recipe, images):
    loaded = artifact.load_artifact(folder)
    assert loaded.recipe == recipe and loaded.classes == recipe.classes
    direct = artifact.LoadedModel(model, loaded.contract, recipe)
    assert np.array_equal(
        artifact.predict(loaded, images), artifact.predict(direct, images)
    )


def test_weights_come_without_the_optimizer(recipe, tmp_path):
    trained = backbones.build_classifier(recipe).model
    trained.compile("adamw", "categorical_crossentropy")
    trained.fit(np.zeros((4, 32, 32, 3)), np.eye(4), verbose=0)
    folder = artifact.save_artifact(
        trained, recipe, tmp_path / "m", history=pd.DataFrame({"epoch": [0]}), facts={}
    )
    numbers = 4 * trained.count_params()
    assert numbers < (folder / artifact.WEIGHTS).stat().st_size < 1.1 * numbers
    images = np.full((1, 32, 32), 90, np.uint8)
    direct = artifact.LoadedModel(trained, {}, recipe)
    again = artifact.predict(artifact.load_artifact(folder), images)
    assert np.array_equal(again, artifact.predict(direct, images))


def test_probabilities_do_not_depend_on_the_batch(folder, images):
    loaded = artifact.load_artifact(folder)
    whole = artifact.predict(loaded, images, batch_size=4)
    single = artifact.predict(loaded, images[3:4], batch_size=4)
    np.testing.assert_allclose(whole[3:4], single, rtol=1e-5)
    assert whole.shape == (5, 4)
    assert artifact.predict(loaded, images[:0]).shape == (0, 4)


FRESH = """
import sys, numpy as np, keras
from pathlib import Path
from braintumor.data.batches import to_rgb
from braintumor.modeling import artifact
folder, images = Path(sys.argv[1]), np.load(sys.argv[2])
answers = [artifact.predict(artifact.load_artifact(folder), images)]
for name in ("vgg16_four_class.keras", "vgg_brain.h5"):
    model = keras.models.load_model(folder / "export" / name)
    answers.append(np.asarray(model.predict(to_rgb(images), verbose=0)))
np.save(sys.argv[3], np.stack(answers))
"""


def test_a_fresh_process_reads_artifact_and_both_exports(folder, images, tmp_path):
    loaded = artifact.load_artifact(folder)
    files = artifact.export(loaded, folder / "export")
    assert [file.name for file in files] == ["vgg16_four_class.keras", "vgg_brain.h5"]
    np.save(tmp_path / "images.npy", images)
    subprocess.run(
        [sys.executable, "-c", FRESH, folder, tmp_path / "images.npy",
         tmp_path / "answers.npy"],
        check=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
    )  # fmt: skip
    for answer in np.load(tmp_path / "answers.npy"):
        np.testing.assert_allclose(
            answer, artifact.predict(loaded, images), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("name", [artifact.WEIGHTS, artifact.HISTORY])
def test_altered_files_are_refused_before_they_are_opened(folder, name, monkeypatch):
    path = folder / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(backbones, "build_classifier", None)  # not even built
    with pytest.raises(artifact.ArtifactError, match=f"{name} was altered"):
        artifact.load_artifact(folder)


def test_missing_and_foreign_contracts_are_refused(folder, tmp_path):
    with pytest.raises(artifact.ArtifactError, match="train the model first"):
        artifact.load_artifact(tmp_path / "nothing")
    contract = json.loads((folder / artifact.CONTRACT).read_text())
    for change, words in (
        ({"format": 99}, "format 99"),
        ({"files": {}}, "format 1"),
        ({"files": contract["files"] | {"../outside": "0"}}, "outside is missing"),
    ):
        (folder / artifact.CONTRACT).write_text(json.dumps(contract | change))
        with pytest.raises(artifact.ArtifactError, match=words):
            artifact.load_artifact(folder)
    (folder / artifact.CONTRACT).write_text("{")
    with pytest.raises(artifact.ArtifactError, match="no contract"):
        artifact.load_artifact(folder)


def test_an_interrupted_save_leaves_no_artifact(folder, model, recipe, monkeypatch):
    def full_disk(path):
        raise OSError("No space left on device")

    monkeypatch.setattr(keras.Model, "save_weights", lambda self, path: full_disk(path))
    with pytest.raises(OSError, match="No space"):
        artifact.save_artifact(
            model, recipe, folder, history=pd.DataFrame({"epoch": [0]}), facts={}
        )
    with pytest.raises(artifact.ArtifactError, match="train the model first"):
        artifact.load_artifact(folder)


def test_wrong_shapes_are_refused_with_the_right_one(folder):
    loaded = artifact.load_artifact(folder)
    for shape in ((2, 16, 16), (32, 32), (1, 32, 32, 3)):
        with pytest.raises(ValueError, match=r"\(n, 32, 32\)"):
            artifact.predict(loaded, np.zeros(shape, np.uint8))
