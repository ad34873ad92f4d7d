"""The predictor on a planted network, and on the shipped one beside Keras."""

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import cv2
import h5py
import numpy as np
import pytest

from braintumor import paths
from braintumor.data import cache, images, phantom
from braintumor.data.decoding import UnreadableSliceError
from braintumor.data.uploads import decode_upload
from braintumor.demo import facts, installed, predict
from braintumor.evaluation.calibration import calibrate
from braintumor.modeling import contract, gradcam, recipes

SHIPPED = Path(__file__).parents[2] / "data" / "models" / predict.SHIPPED
needs_shipped = pytest.mark.skipif(
    not (SHIPPED / contract.CONTRACT).is_file(),
    reason=f"no model in data/models/{predict.SHIPPED}: braintumor models ship",
)
RECIPE = recipes.get_recipe("densenet121_four_class", "cpu", side=64)
# Channel k speaks for class k, and is the brightness of quarter k of the picture.
HEAD = gradcam.HeadWeights(
    "average", (np.eye(4, dtype=np.float32) * 40,), (np.zeros(4, np.float32),)
)


class PlantedModel:
    """Says the class whose quarter of the picture is bright; counts its passes."""

    runtime, head = "planted", HEAD

    def __init__(self):
        self.passes = []

    def features(self, pixels):
        self.passes.append(len(pixels))
        corners = cv2.resize(pixels.transpose(1, 2, 0), (2, 2), interpolation=3)
        maps = np.zeros((len(pixels), 2, 2, 4), np.float32)
        for place in range(4):
            row, column = divmod(place, 2)
            bright = corners.reshape(2, 2, -1)[row, column] / 255
            maps[:, row, column, place] = bright
        return maps


def make_artifact(folder, calibrated='{"temperature": 2.0, "threshold": 0.7}'):
    folder.mkdir(parents=True)
    with h5py.File(folder / contract.WEIGHTS, "w") as file:
        file["nothing"] = np.zeros(1, np.float32)
    files = [contract.WEIGHTS]
    if calibrated:
        (folder / predict.CALIBRATION).write_text(calibrated)
        files.append(predict.CALIBRATION)
    contract.write_contract(folder, {"recipe": asdict(RECIPE)}, files)
    return folder


@pytest.fixture
def model(monkeypatch):
    planted = PlantedModel()
    monkeypatch.setattr(predict, "load_model", lambda folder, runtime: planted)
    return planted


@pytest.fixture
def predictor(model, tmp_path):
    return predict.Predictor(make_artifact(tmp_path / "m"))


def picture(*bright, size=(64, 64), colour=(1, 1, 1), value=255):
    """A PNG with some quarters bright: 0 top left, 1 top right, 2 and 3 below."""
    grey = np.zeros((2, 2), np.uint8)
    for place in bright:
        grey[divmod(place, 2)] = value
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST)
    return cv2.imencode(".png", grey[..., None] * np.array(colour, np.uint8))[
        1
    ].tobytes()


@pytest.mark.parametrize("place", range(4))
def test_a_plain_answer(predictor, place):
    answer = predictor.predict(picture(place))
    assert answer.state == "answer" and answer.reason == "" and not answer.warnings
    assert answer.decision == answer.classes[place] == RECIPE.classes[place]
    assert sum(answer.probabilities) == pytest.approx(1)
    assert np.argmax(answer.probabilities) == place
    assert answer.image.shape == (64, 64) and answer.image.dtype == np.uint8


def test_the_temperature_is_applied(predictor, model):
    prepared = predictor.prepare(picture(2))
    logits = gradcam.compute_logits(HEAD, model.features(prepared.pixels[None]))
    (answer,) = predictor.answer([prepared])
    assert answer.probabilities == pytest.approx(calibrate(logits, 2.0)[0])
    assert answer.probabilities != pytest.approx(calibrate(logits, 1.0)[0])


def test_it_abstains_below_the_bar_and_says_both_numbers(predictor):
    answer = predictor.predict(picture(0, 1))
    assert (answer.state, answer.decision) == ("uncertain", None)
    assert len(answer.probabilities) == 4 and answer.overlay is not None
    assert f"{100 * max(answer.probabilities):.1f} %" in answer.reason
    assert "70.0 %" in answer.reason


def test_what_the_gate_refuses_gets_a_reason_and_no_probability(predictor):
    seen = []

    def judge(features, measured):
        seen.append((features, measured))
        return "This is a page." if features[3] > 0.2 else None

    predictor._gate = SimpleNamespace(judge=judge)
    answers = predictor.answer([predictor.prepare(picture(k)) for k in (3, 0)])
    assert [answer.state for answer in answers] == ["not_a_slice", "answer"]
    assert (answers[0].reason, answers[0].probabilities) == ("This is a page.", ())
    assert answers[0].decision is None and answers[0].overlay is None
    assert seen[0][0] == pytest.approx([0, 0, 0, 0.25])
    bright, dark = (facts.measure(decode_upload(picture(k)).pixels) for k in (3, 0))
    assert np.array_equal(seen[0][1], bright) and not np.array_equal(bright, dark)


def test_a_refused_picture_is_not_said_to_have_been_read(predictor):
    coloured = picture(3, colour=(1, 0, 0))
    assert "coloured" in " ".join(predictor.predict(coloured).warnings)
    predictor._gate = SimpleNamespace(judge=lambda *given: "This is a page.")
    assert predictor.predict(coloured).warnings == ()


def test_many_slices_take_one_pass_and_keep_their_order(predictor, model):
    places = [3, 1, 0, 2, 2, 1]
    prepared = [predictor.prepare(picture(place)) for place in places]
    answers = predictor.answer(prepared)
    decided = [answer.decision for answer in answers]
    assert decided == [RECIPE.classes[place] for place in places]
    for answer, one in zip(answers, prepared, strict=True):
        assert answer.image is one.image
    assert model.passes == [6] and predictor.answer([]) == []


def test_the_overlay_lies_where_the_class_was_seen(predictor):
    for place in range(4):
        overlay = predictor.predict(picture(place, size=(90, 60))).overlay
        assert overlay.shape == (60, 90, 4) and overlay.dtype == np.uint8
        alpha = overlay[..., 3].astype(int)
        row, column = np.unravel_index(alpha.argmax(), alpha.shape)
        assert (row // 30, column // 45) == divmod(place, 2)
        # The hotter, the more opaque and the brighter.
        colour = overlay[..., :3].sum(axis=-1)
        assert np.corrcoef(alpha.ravel(), colour.ravel())[0, 1] > 0.9
        assert alpha.min() == 0 and alpha.max() < 255


def test_where_nothing_speaks_for_the_class_there_is_no_overlay(predictor):
    assert predictor.predict(picture()).overlay is None


def test_large_uploads_are_shown_and_kept_small(predictor):
    prepared = predictor.prepare(picture(1, size=(2000, 900)))
    assert prepared.image.shape == (230, 512)
    assert prepared.upload.pixels is prepared.image
    assert prepared.pixels.shape == (64, 64)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (picture(0, size=(20, 24)), "much smaller (20 × 24 pixels)"),
        (picture(0, size=(300, 100)), "squeezed to a square"),
        (picture(0, colour=(1, 0, 0)), "coloured"),
    ],
)
def test_warnings(predictor, content, words):
    assert any(words in warning for warning in predictor.predict(content).warnings)


def test_without_calibration_it_says_so_and_never_abstains(model, tmp_path):
    bare = predict.Predictor(make_artifact(tmp_path / "bare", calibrated=""))
    answer = bare.predict(picture(0, 1))
    assert answer.state == "answer" and predict.UNCALIBRATED in answer.warnings


def test_what_is_no_slice_raises_with_the_name_and_the_cure(predictor):
    with pytest.raises(UnreadableSliceError, match="notes.png.*PNG"):
        predictor.prepare(b"some text", "notes.png")


def test_an_altered_model_is_refused_before_anything_is_loaded(tmp_path, monkeypatch):
    folder = make_artifact(tmp_path / "m")
    monkeypatch.setattr(predict, "load_model", None)
    (folder / predict.CALIBRATION).write_text('{"temperature": 0.1, "threshold": 0}')
    with pytest.raises(contract.ArtifactError, match="calibration.json was altered"):
        predict.Predictor(folder)


@pytest.mark.parametrize("promises", [{}, {"recipe": None}, {"recipe": ["none"]}])
def test_a_contract_without_a_recipe_is_refused_by_name(tmp_path, promises):
    folder = make_artifact(tmp_path / "m")
    contract.write_contract(folder, promises, [contract.WEIGHTS])
    with pytest.raises(contract.ArtifactError, match="m/contract.json names no recipe"):
        predict.Predictor(folder)


def test_predict_loads_a_model_once(model, tmp_path, monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    folder = make_artifact(tmp_path / "data" / "models" / predict.SHIPPED)
    assert predict.predict(picture(3)).decision == "pituitary"
    (folder / contract.CONTRACT).unlink()
    assert predict.predict(picture(0)).decision == "glioma"
    with pytest.raises(contract.ArtifactError, match="vgg16_four_class holds no"):
        predict.predict(picture(0), model="vgg16_four_class")


def test_models_that_are_missing_say_how_they_are_made(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    make_artifact(tmp_path / "data" / "models" / "vgg16_four_class")
    found = {model.name: model for model in installed.find_models()}
    assert list(found) == ["densenet121_four_class", "vgg16_four_class", "vgg19_binary"]
    assert found["vgg16_four_class"].folder.name == "vgg16_four_class"
    assert found["vgg16_four_class"].how_to == ""
    assert found["vgg19_binary"].folder is None
    assert "models ship mine vgg19_binary" in found["vgg19_binary"].how_to


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """Two hundred phantom files, in the order of their manifest."""
    import pandas as pd

    root = phantom.generate(
        tmp_path_factory.mktemp("parity") / "p", slices=200, side=96
    )
    table = pd.read_csv(root / "slices.csv").head(200)
    table["sha256"] = [images.inspect_slice(root / p).sha256 for p in table["path"]]
    return root, table.assign(slice_id=table["path"])


@needs_shipped
def test_notebook_and_demo_agree_on_tensors_and_probabilities(
    phantoms, tmp_path, monkeypatch
):
    """What the notebooks read and ask, against what an upload goes through."""
    from braintumor.modeling import artifact

    root, table = phantoms
    loaded = artifact.load_artifact(SHIPPED)
    cached = cache.load_slices(
        table, root, side=loaded.side, filtering=loaded.filtering, folder=tmp_path
    ).images
    by_keras = artifact.predict(loaded, cached)

    predictor = predict.Predictor(SHIPPED, runtime="light")
    files = [(root / path).read_bytes() for path in table["path"]]
    prepared = [predictor.prepare(content) for content in files]
    assert len(prepared) == 200
    assert np.array_equal(np.stack([one.pixels for one in prepared]), cached)

    predictor._gate, temperature = None, predictor._temperature
    answers = np.array([one.probabilities for one in predictor.answer(prepared)])
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-9)
    calibrated = calibrate(np.log(np.maximum(by_keras, 1e-30)), temperature)
    np.testing.assert_allclose(answers, calibrated, atol=1e-4)
    assert np.ptp(answers, axis=0).max() > 0.1  # the answers do differ


LIGHT = """
import sys
from pathlib import Path
from braintumor.demo.predict import Predictor
folder, file = map(Path, sys.argv[1:])
answer = Predictor(folder, runtime="light").predict(file.read_bytes())
print(len(answer.image), *[m for m in ("keras", "tensorflow") if m in sys.modules])
"""


@needs_shipped
def test_the_light_path_never_loads_the_framework(phantoms):
    root, table = phantoms
    told = subprocess.run(
        [sys.executable, "-c", LIGHT, SHIPPED, root / table["path"][0]],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert told.stdout.split() == ["96"]
