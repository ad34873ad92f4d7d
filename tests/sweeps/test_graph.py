"""The graph of a sweep, on toy notebooks around a copy of the package."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from braintumor import cli, runs
from braintumor.sweeps import plan, running

PROJECT = Path(__file__).parents[2]
PARAMETERS = """\
dataset: str = "phantom"  # source
seed: int = 7  # seed
run: str = "interactive"  # run"""
SIDE = "\nside: int = 32  # pixels"  # of all but the first
IMPORTS = "import os, shutil, signal\nfrom braintumor import paths, runs"
TOYS = {
    "01_explore_dataset": """\
target = runs.run_paths(run).manifest(dataset)
target.parent.mkdir(parents=True, exist_ok=True)
shutil.copy(paths.project_root() / "manifest.csv", target)""",
    "02_preprocess_images": "",
    # The first attempt at one cell is killed, with a checkpoint behind it.
    "04_train_vgg16_four_class": """\
folder = runs.run_paths(run).model("vgg16_four_class")
last = folder / "checkpoint" / "last.npz"
resumed = last.exists()
last.parent.mkdir(parents=True, exist_ok=True)
last.touch()
if run.endswith("seed7-fold1") and not resumed:
    os.kill(os.getppid(), signal.SIGKILL)
    os._exit(1)
for name in ("contract.json", "model.weights.h5", "history.csv"):
    (folder / name).write_text("{}")""",
}
TOY_LOCATE = "\n\ndef locate(name):\n    return None\n"
TOY_ANSWER = '''

def answer_test(folder, splits, root):
    """Answer every slice rightly."""
    import numpy as np
    from braintumor.data.sources import FOUR_CLASSES
    from braintumor.evaluation import predictions

    test = splits[splits["as_shipped"] == "test"]
    labels = [FOUR_CLASSES.index(label) for label in test["label"]]
    return predictions.tabulate(test, np.eye(4)[labels], FOUR_CLASSES)
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory, toy_manifest):
    """A project whose trainings take no time."""
    home = tmp_path_factory.mktemp("project")
    package = home / "lib" / "braintumor"
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "lib" / "braintumor", package, ignore=unneeded)
    shutil.copytree(PROJECT / "notebooks" / "profiles", home / "notebooks" / "profiles")
    shutil.copytree(PROJECT / "workflow", home / "workflow")
    (home / "pyproject.toml").touch()
    toy_manifest.to_csv(home / "manifest.csv", index=False)
    for module, toy in {
        "data/sources.py": TOY_LOCATE,
        "studies/trained.py": TOY_ANSWER,
    }.items():
        with (package / module).open("a") as stream:
            stream.write(toy)
    for name, source in TOYS.items():
        notebook = nbformat.v4.new_notebook()
        parameters = PARAMETERS + ("" if name.startswith("01") else SIDE)
        tagged = nbformat.v4.new_code_cell(
            parameters, id="p", metadata={"tags": ["parameters"]}
        )
        notebook.cells = [
            nbformat.v4.new_code_cell(IMPORTS, id="i"),
            tagged,
            nbformat.v4.new_code_cell(source, id="w"),
        ]
        nbformat.write(notebook, home / "notebooks" / f"{name}.ipynb")
    return home


def sweep(home, *words, seeds="7"):
    """Call `braintumor sweep` in a fresh process."""
    command = [sys.executable, "-m", "braintumor.cli", "sweep", "--seeds", seeds]
    command += ["--folds", "2", "--run", "toy", "--cores", "2"]
    command += ["--models", "vgg16_four_class", *words]
    environment = {"PYTHONPATH": str(home / "lib"), "BRAINTUMOR_HOME": str(home)}
    return subprocess.run(
        command, cwd=home, env=os.environ | environment, capture_output=True, text=True
    )


def planned(result):
    """Return how many jobs of each rule a dry run would execute."""
    assert result.returncode == 0, result.stderr
    found = re.findall(r"^(\w+) +(\d+)$", result.stdout + result.stderr, re.MULTILINE)
    return {rule: int(count) for rule, count in found if rule not in ("total", "all")}


def test_a_killed_training_is_resumed_and_nothing_is_done_twice(home):
    killed = sweep(home)
    assert killed.returncode == 1
    assert "1 of 2 trainings have no answers" in killed.stderr
    assert "toy-seed7-fold1/logs/vgg16_four_class.log" in killed.stderr
    table = home / "data" / "runs" / "toy" / "sweep.csv"
    assert not table.exists()
    before = trainings(home)
    assert "toy-seed7-fold1" not in before and len(before) == 1

    whole = sweep(home)
    assert whole.returncode == 0, whole.stderr
    assert "1.000 (n=1)" in whole.stdout
    after = trainings(home)
    assert after.pop("toy-seed7-fold1")["resumed_from_checkpoint"]
    assert after == before
    record = json.loads(table.with_suffix(".provenance.json").read_text())
    assert len(record["data"]) == 2 and record["parameters"]["seeds"] == [7]

    assert planned(sweep(home, "--dry")) == {}
    more = {"deal_folds": 1, "train": 2, "answer": 2, "join": 1}
    assert planned(sweep(home, "--dry", seeds="7 8")) == more
    # Behind ancient() a job would not be asked where the one before it is due.
    changed = planned(sweep(home, "--dry", "--parameter", "side=64"))
    everything = {"preprocess_images": 1, "train": 2, "answer": 2, "join": 1}
    assert changed | everything == changed
    (answers,) = home.glob("data/runs/toy-seed7-fold0/predictions/*.csv")
    answers.write_text(answers.read_text() + "\n")  # the planted fault
    assert planned(sweep(home, "--dry")) == {"join": 1}


def trainings(home):
    """Return the record of every training, by cell."""
    return {
        file.parents[1].name: json.loads(file.read_text())
        for file in home.glob("data/runs/*/provenance/04_*.json")
    }


def test_every_seed_meets_every_fold_and_model(home, monkeypatch):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(home))
    models = ("vgg16_four_class",)
    toy = plan.Sweep("shape", "phantom", "phantom", "quick", (7, 9), 3, models)
    told = describe_jobs(home, toy)
    cells = {(str(seed), str(fold), *models) for seed in (7, 9) for fold in range(3)}
    assert told == cells


def describe_jobs(home, toy):
    """Return seed, fold and model of every training in a dry run."""
    command = running.graph.snakemake_command(
        running.SNAKEFILE,
        *("--configfile", str(plan.save_plan(toy)), "--cores", "1", "--dry-run"),
    )
    result = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": str(home / "lib")},
        capture_output=True,
        text=True,
    )
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    pattern = r"^\s*rule train:.*?seed=(\d+), fold=(\d+), model=(\w+)"
    return {*re.findall(pattern, text, re.MULTILINE | re.DOTALL)}


def test_an_executor_without_a_plugin_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(PROJECT))
    result = CliRunner().invoke(cli.app, ["sweep", "--executor", "nowhere"])
    assert result.exit_code == 1
    assert "pip install snakemake-executor-plugin-nowhere" in result.output


def test_a_second_execution_is_refused(home, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    folder = runs.RunPaths(home / "data" / "runs" / "toy").folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = sweep(home, "--dry")
    assert result.returncode == 1 and "another process" in result.stderr
