"""An artifact from an enemy: nothing outside is read, nothing in it is executed."""

import json

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

from braintumor.modeling import artifact, backbones, contract, recipes

SIDE = 32
# Keras says of every layer that it looked for its weights.
pytestmark = pytest.mark.filterwarnings("ignore:Skipping nested container")


@pytest.fixture(scope="module")
def recipe():
    return recipes.get_recipe("vgg16_four_class", "quick", side=SIDE)


@pytest.fixture(scope="module")
def sound(recipe, tmp_path_factory):
    model = backbones.build_classifier(recipe).model
    return artifact.save_artifact(
        model,
        recipe,
        tmp_path_factory.mktemp("sound"),
        history=pd.DataFrame({"epoch": [0]}),
        facts={},
    )


@pytest.fixture
def folder(sound, tmp_path):
    """Return an artifact that shares its unaltered files with the sound one."""
    target = tmp_path / "artifact"
    target.mkdir()
    for file in sound.iterdir():
        (target / file.name).hardlink_to(file)
    return target


def rewrite(folder, **promises):
    """Alter the contract as an enemy would, who can write it as well."""
    path = folder / contract.CONTRACT
    told = json.loads(path.read_text()) | promises
    path.unlink()
    path.write_text(json.dumps(told))


def replace_weights(folder, write):
    """Put other weights into place, whose hash is the contract's again."""
    path = folder / contract.WEIGHTS
    path.unlink()
    write(path)
    rewrite(folder, files={contract.WEIGHTS: contract.hash_file(path)})


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/passwd",
        "a/../../secret",
        "..",
        ".",
        "",
        "a\0b",
        "\\\\host\\a",
    ],
)
def test_a_contract_names_no_file_elsewhere(folder, name, monkeypatch):
    (folder.parent / "secret").write_text("secret")
    opened = []
    monkeypatch.setattr(contract, "hash_file", lambda path: opened.append(path) or "0")
    rewrite(folder, files={name: "0", contract.WEIGHTS: "0"})
    with pytest.raises(artifact.ArtifactError, match="is missing"):
        artifact.load_artifact(folder)
    assert opened == []


@pytest.mark.parametrize("weights", ["imagenet", "/tmp/other.weights.h5"])
def test_a_contract_brings_no_weights_of_its_own(folder, recipe, weights):
    """They would be downloaded or opened, and no hash is known of them."""
    told = json.loads((folder / contract.CONTRACT).read_text())["recipe"]
    rewrite(folder, recipe=told | {"weights": weights})
    with pytest.raises(artifact.ArtifactError, match="weights of its own"):
        artifact.load_artifact(folder)


@pytest.mark.parametrize("strange", [[], "none", {"weights": {}}, 7])
def test_a_strange_recipe_is_an_error_like_any_other(folder, strange):
    rewrite(folder, recipe=strange)
    with pytest.raises(ValueError):
        artifact.load_artifact(folder)


@pytest.fixture
def armed(tmp_path):
    """Return a whole `.h5` model with code inside, and the file that it writes."""
    marker = tmp_path / "executed"
    code = f"lambda x: [__import__('pathlib').Path({str(marker)!r}).touch(), x][1]"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(eval(code))])
    path = tmp_path / "armed.h5"
    model.save(path)
    marker.unlink()
    return path, marker


def test_a_model_with_code_would_execute_it(armed):
    """Else the next test would prove nothing."""
    path, marker = armed
    keras.models.load_model(path, safe_mode=False)
    assert marker.exists()


def test_a_model_with_code_in_place_of_weights_executes_nothing(folder, armed):
    path, marker = armed
    told = (folder / contract.CONTRACT).read_text()
    replace_weights(folder, lambda place: place.write_bytes(path.read_bytes()))
    with pytest.raises(artifact.ArtifactError, match="does not fit"):
        artifact.load_artifact(folder)
    assert not marker.exists()
    (folder / contract.CONTRACT).write_text(told)
    with pytest.raises(artifact.ArtifactError, match="altered.*It was not opened"):
        artifact.load_artifact(folder)
    assert not marker.exists()


def test_weights_that_announce_terabytes_are_refused(folder, sound):
    def write(place):
        place.write_bytes((sound / contract.WEIGHTS).read_bytes())
        with h5py.File(place, "r+") as file:
            names = []
            file.visititems(
                lambda name, item: (
                    names.append(name) if isinstance(item, h5py.Dataset) else None
                )
            )
            del file[names[0]]
            file.create_dataset(names[0], (2**40,), np.float32, chunks=(1024,))

    replace_weights(folder, write)
    with pytest.raises(artifact.ArtifactError, match="does not fit"):
        artifact.load_artifact(folder)
