"""From a trained run to a shipped model, on planted slices and a planted network."""

import json
from dataclasses import asdict

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from braintumor import cli, paths, runs
from braintumor.data import manifest, sources
from braintumor.demo import facts, fitting, gate, model_card, predict, shipping
from braintumor.demo.evidence import describe_test, find_evidence
from braintumor.evaluation import predictions, results
from braintumor.modeling import contract, gradcam, recipes

CLASSES = sources.FOUR_CLASSES
RECIPE = recipes.get_recipe("densenet121_four_class", "cpu", side=32)
NAME = RECIPE.model
PER_CLASS = 30


class PlantedModel:
    """Reads the class off the mean brightness, too sure of itself."""

    runtime = "planted"
    head = gradcam.HeadWeights(
        "average", (np.eye(4, dtype=np.float32) * 60,), (np.zeros(4, np.float32),)
    )

    def features(self, pixels):
        mean = pixels.reshape(len(pixels), -1).mean(axis=1) / 64 - 0.5
        near = 1 - np.abs(mean[:, None] - np.arange(4))
        return np.tile(near[:, None, None].astype(np.float32), (1, 2, 2, 1))


class PlantedGate:
    """Keeps what it was fitted on; lets everything pass."""

    fitted = None

    @classmethod
    def fit(cls, *sides, facts_phantoms):
        cls.fitted = sides
        return cls()

    def save(self, path):
        np.savez(path, *self.fitted)

    def judge(self, features, upload):
        return None


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A project with one run: noisy slices whose brightness tells the class."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(sources, "locate", lambda name: tmp_path / "slices")
    monkeypatch.setattr(fitting, "load_model", lambda folder: PlantedModel())
    monkeypatch.setattr(predict, "load_model", lambda folder, runtime: PlantedModel())
    monkeypatch.setattr(shipping, "Gate", PlantedGate)
    monkeypatch.setattr(shipping.known_phantoms, "measure_phantoms", lambda: None)
    monkeypatch.setattr(gate.Gate, "load", lambda path: PlantedGate())
    files = runs.run_paths("toy")
    files.splits("phantom").parent.mkdir(parents=True)
    plant_splits(tmp_path / "slices").to_csv(files.splits("phantom"), index=False)
    folder = files.model(NAME)
    folder.mkdir(parents=True)
    with h5py.File(folder / contract.WEIGHTS, "w") as file:
        file["layers/kernel"] = np.linspace(0, 1, 5000, dtype=np.float32)
    (folder / contract.HISTORY).write_text("epoch\n0\n")
    told = {"dataset": "phantom", "training_slices": 80, "validation_slices": 40}
    told |= {"epochs_run": 3, "kept_epoch": 2, "seed": 7}
    promises = {"model": NAME, "recipe": asdict(RECIPE), "pretrained": None}
    promises |= {"facts": told, "versions": {"keras": "3"}}
    contract.write_contract(folder, promises, (contract.WEIGHTS, contract.HISTORY))
    return files


def plant_splits(root):
    random, rows = np.random.default_rng(0), []
    root.mkdir()
    for label, name in enumerate(CLASSES):
        for number in range(PER_CLASS):
            level = 64 * label + 32 + random.normal(0, 16)
            grey = np.clip(random.normal(level, 30, (32, 32)), 0, 255).astype(np.uint8)
            path = f"{name}_{number}.png"
            Image.fromarray(grey).save(root / path)
            side = ("training", "validation", "test")[number % 3]
            rows.append((f"phantom/{path}", path, name, side, side, side, len(rows)))
    columns = ["slice_id", "path", "label", *predictions.VIEWS, "group_id"]
    frame = pd.DataFrame(rows, columns=columns).assign(source="phantom", mode="L")
    frame = frame.assign(official_split="training", patient_id=None, width=32)
    return frame.assign(height=32, sha256="0" * 64, pixel_sha256="0" * 64)


def test_a_shipped_model_is_whole_and_answers(run):
    folder = shipping.ship("toy", NAME)
    assert folder == paths.models_root() / NAME
    told = contract.read_contract(folder)
    assert {*told["files"]} == {path.name for path in folder.iterdir()} - {
        contract.CONTRACT
    }
    assert {*told["files"]} >= {"calibration.json", "gate.npz", "README.md"}
    assert told["recipe"]["precision"] == "float32"
    whole = (run.model(NAME) / contract.WEIGHTS).stat().st_size
    assert (folder / contract.WEIGHTS).stat().st_size < 0.8 * whole
    slice_ = (paths.project_root() / "slices" / "glioma_2.png").read_bytes()
    answer = predict.Predictor(folder).predict(slice_)
    assert sum(answer.probabilities) == pytest.approx(1)
    assert predict.UNCALIBRATED not in answer.warnings
    assert [path.name for path in folder.parent.iterdir()] == [NAME]
    shapes = [part.shape for part in PlantedGate.fitted]
    assert shapes == [(80, 4), (80, facts.COUNT), (80,)]


def test_what_is_fitted_never_sees_the_test(run, monkeypatch):
    seen = []
    look = PlantedModel.features

    def features(self, pixels):
        seen.append(len(pixels))
        return look(self, pixels)

    monkeypatch.setattr(PlantedModel, "features", features)
    before = json.loads((shipping.ship("toy", NAME) / "calibration.json").read_text())
    assert sum(seen) == 80  # training and validation, 40 each; test would make 120
    table = manifest.load_manifest(run.splits("phantom"))
    test = table["as_shipped"] == "test"
    table.loc[test, "label"] = "glioma"  # nonsense that would show
    table.to_csv(run.splits("phantom"), index=False)
    after = json.loads((shipping.ship("toy", NAME) / "calibration.json").read_text())
    assert before == after and before["validation_slices"] == 40
    assert [path.name for path in paths.models_root().iterdir()] == [NAME]
    assert before["temperature"] != 1 and 0 < before["threshold"] < 1


def test_an_interrupted_shipping_leaves_the_old_model(run, monkeypatch):
    folder = shipping.ship("toy", NAME)
    before = (folder / contract.CONTRACT).read_bytes()

    def full_disk(*given):
        raise OSError("No space left on device")

    monkeypatch.setattr(model_card, "write_card", full_disk)
    with pytest.raises(OSError, match="No space"):
        shipping.ship("toy", NAME)
    assert (folder / contract.CONTRACT).read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == [NAME]


def test_slices_other_than_those_trained_on_are_refused(run):
    folder = run.model(NAME)
    told = contract.read_contract(folder)
    told["facts"]["slices_key"] = "0123456789abcdef"
    contract.write_contract(folder, told, told.pop("files"))
    with pytest.raises(ValueError, match="trained on other slices"):
        shipping.ship("toy", NAME)


def write_test_results(run):
    """Results of an evaluation in which every glioma is called a meningioma."""
    splits = pd.read_csv(run.splits("phantom"))
    test = splits[splits["as_shipped"] == "test"]
    position = test["label"].map(dict(zip(CLASSES, (1, 1, 2, 3), strict=True)))
    table = predictions.tabulate(test, np.eye(4)[position], CLASSES)
    predictions.write_predictions(table, run.predictions(NAME))
    scores = pd.DataFrame(
        [
            ("toy", "phantom", model, view, metric, 0.75, 0.6, 0.9, 40, 40, 0)
            for model in (NAME, "nearest_neighbor", "majority")
            for view in predictions.VIEWS
            for metric in ("accuracy", "macro_f1", "auc", "sensitivity", "specificity")
        ],
        columns=results.COLUMNS,
    )
    results.write_results(scores, run.results)
    contract_file = run.model(NAME) / contract.CONTRACT
    told = {runs.relative(contract_file): contract.hash_file(contract_file)}
    run.provenance("06_evaluate_models").parent.mkdir()
    run.provenance("06_evaluate_models").write_text(json.dumps({"data": told}))


def identify(run):
    return contract.hash_file(run.model(NAME) / contract.CONTRACT)


def train_again(run):
    folder = run.model(NAME)
    told = contract.read_contract(folder)
    told["facts"]["seed"] = 8
    contract.write_contract(folder, told, told.pop("files"))


def test_the_card_tells_the_test_with_intervals_and_errors(run):
    write_test_results(run)
    card = (shipping.ship("toy", NAME) / "README.md").read_text(encoding="utf-8")
    for words in (
        "Teaching and research only",
        "0.750 (0.600–0.900, n=40)",
        "accuracy of nearest neighbor",
        "glioma called meningioma (10)",
        "10 of 40 test slices",
        "free use with notice",
        "drawn phantoms",
    ):
        assert words in card
    assert "majority" not in card and "nan" not in card.lower().split()


def test_the_card_tells_what_abstention_does(run):
    write_test_results(run)
    evidence = find_evidence("toy", NAME, identify(run))
    for bar, words in ((0.9, "40 of 40 (100.0 %) | 75.0 %"), (1.1, "(0.0 %) | –")):
        fitted = {"temperature": 1.0, "threshold": bar}
        assert words in describe_test(NAME, fitted, evidence)


def test_results_of_an_older_training_are_not_told(run):
    write_test_results(run)
    assert find_evidence("toy", NAME, identify(run)) is not None
    train_again(run)
    assert find_evidence("toy", NAME, identify(run)) is None
    card = (shipping.ship("toy", NAME) / "README.md").read_text(encoding="utf-8")
    assert "Not measured for this training" in card and "0.750" not in card


def test_results_of_a_newer_training_are_not_told_either(run, monkeypatch):
    fit = shipping.fit_answers

    def fit_while_the_run_goes_on(validation):
        train_again(run)
        write_test_results(run)
        return fit(validation)

    monkeypatch.setattr(shipping, "fit_answers", fit_while_the_run_goes_on)
    card = (shipping.ship("toy", NAME) / "README.md").read_text(encoding="utf-8")
    assert "Not measured for this training" in card


def test_the_commands(run):
    def call(*words):
        return CliRunner().invoke(cli.app, ["models", *words])

    assert "models ship mine" in call("list").output
    missing = call("ship", "toy", "vgg19_binary")
    assert missing.exit_code == 1 and "train the model first" in missing.output
    assert "densenet121_four_class of run toy" in call("ship", "toy").output
    assert "installed in data/models/densenet121_four_class" in call("list").output
    sound = call("check")
    assert sound.exit_code == 0 and f"{NAME}: sound" in sound.output
    with (paths.models_root() / NAME / "gate.npz").open("ab") as file:
        file.write(b"x")
    altered = call("check")
    assert altered.exit_code == 1 and "gate.npz was altered" in altered.output
