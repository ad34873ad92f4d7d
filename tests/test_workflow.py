"""The graph of notebooks, on toy notebooks around a copy of the package."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from braintumor import parameters, runs
from braintumor.workflow import closure, settings
from braintumor.workflow import graph as notebooks

PROJECT = Path(__file__).parents[1]
SHIPPED = "data/models/densenet121_four_class/contract.json"
STUDIED = "data/results/studies/sins/provenance.json"
TRAININGS = ("train_vgg19_binary", "train_vgg16_four_class")
TRAININGS += ("train_densenet121_four_class",)
PARAMETERS = """\
dataset: str = "phantom"  # source
binary_dataset: str = "phantom"  # source
profile: str = "quick"  # profile
seed: int = 7  # seed
run: str = "interactive"  # run"""
WRITE = """\
files = runs.run_paths(run)
sources = {dataset, binary_dataset}
for path in %s:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{toy.VALUE} {seed}\\n")"""
TABLE = (
    "run,dataset,model,view,metric,value,low,high,n,groups\\n"
    "toy,phantom,majority,as_shipped,accuracy,0.5,0.4,0.6,80,30\\n"
)


def artifact(model):
    names = ("contract.json", "model.weights.h5", "history.csv")
    return "[" + ", ".join(f'files.model("{model}") / "{n}"' for n in names) + "]"


TOYS = {  # name: (imported toy module, what it writes, a parameter of its own)
    "01_explore_dataset": (
        "braintumor.data.toy_first",
        "[f(s) for s in sources for f in (files.manifest, files.audit, files.twins)]",
        "",
    ),
    "02_preprocess_images": (
        "braintumor.data.toy_first",
        "[files.splits(s) for s in sources]",
        "",
    ),
    "03_train_vgg19_binary": (
        "braintumor.modeling.toy_training",
        artifact("vgg19_binary"),
        "epochs: int | None = None  # epochs",
    ),
    "04_train_vgg16_four_class": (
        "braintumor.modeling.toy_training",
        artifact("vgg16_four_class"),
        "",
    ),
    "05_train_densenet121_four_class": (
        "braintumor.data.toy_first",
        artifact("densenet121_four_class"),
        "",
    ),
    "06_evaluate_models": (
        "braintumor.evaluation.toy_scores",
        "[files.predictions(m) for m in ('vgg19_binary', 'vgg16_four_class',"
        " 'densenet121_four_class')]",
        "replicates: int = 1000  # resamplings",
    ),
    "07_upload_demo": (
        "braintumor.demo.toy_answers",
        "[files.figures / '07_toy.png']",
        'model: str = "densenet121_four_class"  # artifact',
    ),
    "08_how_to_fake_99_percent": (
        "braintumor.reporting.toy_prices",
        "[files.folder / 'sins.csv']",
        "",
    ),
}


def write_toy(home, name, *, extra=""):
    """Write one toy notebook; `extra` is appended to its last cell."""
    module, made, own = TOYS[name]
    write = WRITE % made
    if name.startswith("06"):
        write += f'\nfiles.results.write_text("{TABLE}")\nfiles.confusion.touch()'
    tagged = nbformat.v4.new_code_cell(
        f"{PARAMETERS}\n{own}".strip(), id="p", metadata={"tags": ["parameters"]}
    )
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell(f"# {name[:2]} · Toy\n\n> Found.", id="a"),
        nbformat.v4.new_code_cell(
            f"import {module} as toy\nfrom braintumor import runs", id="i"
        ),
        tagged,
        nbformat.v4.new_code_cell(f"{write}\n{extra}", id="w"),
    ]
    nbformat.write(notebook, home / "notebooks" / f"{name}.ipynb")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project of toy notebooks, executed once."""
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(
        PROJECT / "lib" / "braintumor",
        home / "lib" / "braintumor",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(PROJECT / "notebooks" / "profiles", home / "notebooks" / "profiles")
    shutil.copy(PROJECT / "Snakefile", home)
    (home / "pyproject.toml").write_text("")
    package = home / "lib" / "braintumor"
    (package / "data" / "toy_first.py").write_text("VALUE = 1\n")
    (package / "modeling" / "toy_training.py").write_text("VALUE = 1\n")
    (package / "evaluation" / "toy_scores.py").write_text(
        "from braintumor.evaluation import toy_deep\n\nVALUE = toy_deep.VALUE\n"
    )
    (package / "evaluation" / "toy_deep.py").write_text("VALUE = 1\n")
    (package / "demo" / "toy_answers.py").write_text("VALUE = 1\n")
    (package / "reporting" / "toy_prices.py").write_text("VALUE = 1\n")
    for given in (home / SHIPPED, home / STUDIED):
        given.parent.mkdir(parents=True)
        given.write_text("{}")
    for name in TOYS:
        write_toy(home, name)
    result = graph(home)
    assert result.returncode == 0, result.stdout + result.stderr
    return home


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the executed project with equal file times, free to be changed."""
    home = tmp_path / "project"
    shutil.copytree(finished, home, copy_function=shutil.copy2)
    return home


def graph(home, **chosen):
    """Run the graph in a fresh process."""
    code = (
        "import sys, json\n"
        "from braintumor.workflow import graph, settings\n"
        "chosen = settings.resolve(**json.loads(sys.argv[1]))\n"
        "try:\n"
        "    graph.run_graph(chosen, cores=2, dry=json.loads(sys.argv[2]))\n"
        "except graph.RunFailedError as error:\n"
        "    sys.exit(str(error))\n"
    )
    dry = chosen.pop("dry", False)
    return subprocess.run(
        [sys.executable, "-c", code, json.dumps(chosen), json.dumps(dry)],
        cwd=home,
        env=os.environ
        | {"PYTHONPATH": str(home / "lib"), "BRAINTUMOR_HOME": str(home)},
        capture_output=True,
        text=True,
    )


def planned(home, **chosen):
    """Return the rules that a dry run would execute, without the two at the end."""
    result = graph(home, dry=True, **chosen)
    assert result.returncode == 0, result.stderr
    counted = re.findall(r"^(\w+)\s+\d+$", result.stdout, re.MULTILINE)
    return {*counted} - {"total", "all", "report"}


def run_files(home):
    return runs.RunPaths(home / "data" / "runs" / "phantom-quick-seed7")


EVERY_RULE = {"explore_dataset", "preprocess_images", *TRAININGS, "evaluate_models"}
EVERY_RULE |= {"how_to_fake_99_percent"}


def test_makes_every_file_and_publishes_no_phantom(finished):
    files = run_files(finished)
    pages = {path.name for path in files.report.glob("*.html")}
    assert pages == {"index.html"} | {f"{name}.html" for name in TOYS}
    assert "Phantoms, not patients" in (files.report / "index.html").read_text()
    assert [*(finished / "data" / "results").glob("phantom*")] == []


def test_only_runs_of_real_slices_are_results():
    for dataset in ("nickparvar", "figshare"):
        assert notebooks.is_real(settings.resolve(dataset))
    assert not notebooks.is_real(settings.resolve())
    assert not notebooks.is_real(
        settings.resolve("nickparvar", binary_dataset="phantom")
    )


def test_what_made_a_table_is_published_beside_it(project, monkeypatch):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(project))
    published = notebooks.publish("phantom-quick-seed7")
    assert published.read_bytes() == run_files(project).results.read_bytes()
    records = json.loads(published.with_suffix(".provenance.json").read_text())
    assert records["06_evaluate_models"]["parameters"]["replicates"] == 1000
    assert [*records] == [*TOYS]


def test_leaves_the_tracked_notebooks_alone(finished):
    for name in TOYS:
        cells = nbformat.read(finished / "notebooks" / f"{name}.ipynb", 4).cells
        assert all(not cell.get("outputs") for cell in cells)


def test_provenance_tells_inputs_and_code(finished):
    record = json.loads(
        run_files(finished).provenance("02_preprocess_images").read_text()
    )
    assert [*record["data"]] == ["data/runs/phantom-quick-seed7/manifests/phantom.csv"]
    assert {"python", "numpy", "backend"} <= {*record["versions"]}
    assert record["seed"] == 7
    assert record["hardware"]["cores"]


def test_second_call_has_nothing_to_do(finished):
    assert planned(finished) == set()


def test_touched_files_are_no_reason(project):
    for path in (*project.glob("notebooks/*.ipynb"), *project.rglob("lib/**/*.py")):
        path.touch()
    assert planned(project) == set()


def test_stored_outputs_are_no_reason(project):
    path = project / "notebooks" / "04_train_vgg16_four_class.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].execution_count = 5
    nbformat.write(notebook, path)
    assert planned(project) == set()


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("evaluation/toy_deep.py", {"evaluate_models"}),
        (
            "modeling/toy_training.py",
            {"train_vgg19_binary", "train_vgg16_four_class", "evaluate_models"},
        ),
        ("data/toy_first.py", EVERY_RULE),
        ("demo/toy_answers.py", {"upload_demo"}),
        ("reporting/toy_prices.py", {"how_to_fake_99_percent"}),
        ("cli_of_tomorrow.py", set()),
    ],
)
def test_changed_module_reruns_what_imports_it(project, module, expected):
    with (project / "lib" / "braintumor" / module).open("a") as stream:
        stream.write("OTHER = 2\n")
    assert planned(project) == expected


def test_changed_notebook_reruns_itself_and_what_follows(project):
    write_toy(project, "04_train_vgg16_four_class", extra="# another thought")
    assert planned(project) == {"train_vgg16_four_class", "evaluate_models"}


def test_changed_parameter_reruns_what_knows_it(project):
    run = "phantom-quick-seed7"
    assert planned(project, run=run, replicates=500) == {"evaluate_models"}
    assert planned(project, run=run, epochs=3) == {
        "train_vgg19_binary",
        "evaluate_models",
    }
    assert planned(project, run=run, seed=8) == EVERY_RULE | {"upload_demo"}


def test_another_shipped_model_reruns_the_demo_alone(project):
    (project / SHIPPED).touch()
    assert planned(project) == set()
    (project / SHIPPED).write_text('{"other": 1}')
    assert planned(project) == {"upload_demo"}


def test_another_study_reruns_what_shows_it(project):
    (project / STUDIED).write_text('{"other": 1}')
    assert planned(project) == {"how_to_fake_99_percent"}


def test_failure_is_named_and_leaves_nothing_that_looks_finished(project):
    files, name = run_files(project), "05_train_densenet121_four_class"
    checkpoint = files.model("densenet121_four_class") / "checkpoint"
    checkpoint.mkdir()
    write_toy(project, name, extra="assert seed == 0, 'planted'")
    result = graph(project)
    assert result.returncode != 0
    assert f"{name}.failed.ipynb" in result.stderr
    assert "planted" in files.failed(name).read_text()
    for gone in (files.executed(name), files.provenance(name), files.results):
        assert not gone.exists()
    assert not (files.report / "index.html").exists()
    assert not checkpoint.exists()  # made by other code: not to be resumed from
    checkpoint.mkdir(parents=True)
    assert graph(project).returncode != 0
    assert checkpoint.exists()  # the same attempt again: resumed
    write_toy(project, name)
    assert graph(project).returncode == 0
    assert files.results.exists()
    assert not files.failed(name).exists()
    record = files.provenance(name)
    assert "resumed_from_checkpoint" not in json.loads(record.read_text())
    checkpoint.mkdir(parents=True)
    (checkpoint / "last.npz").touch()
    for file in (
        files.results,
        files.model("densenet121_four_class") / "contract.json",
    ):
        file.unlink()
    assert graph(project).returncode == 0
    assert json.loads(record.read_text())["resumed_from_checkpoint"] is True


def test_two_executions_of_one_run_are_refused(project):
    fcntl = pytest.importorskip("fcntl")
    with (run_files(project).folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = graph(project)
    assert result.returncode != 0
    assert "another process" in result.stderr


def test_closure_follows_lazy_relative_and_package_imports(tmp_path):
    package = tmp_path / "toy"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("from . import second\n")
    (package / "inner" / "second.py").write_text("def f():\n    import toy.lazy\n")
    (package / "lazy.py").write_text("import numpy\n")
    (package / "unused.py").write_text("")
    (package / "inner" / "page.style").write_text("")
    start = tmp_path / "start.py"
    start.write_text("from toy.inner import anything\n")
    found = closure.import_closure(start, package)
    names = {path.relative_to(package).as_posix() for path in found}
    assert names == {
        "__init__.py",
        "lazy.py",
        "inner/__init__.py",
        "inner/second.py",
        "inner/page.style",
    }


def test_settings_fill_in_what_was_not_said():
    assert settings.resolve() == {
        "dataset": "phantom",
        "binary_dataset": "phantom",
        "profile": "quick",
        "seed": 7,
        "run": "phantom-quick-seed7",
    }
    real = settings.resolve(dataset="nickparvar")
    assert (real["profile"], real["binary_dataset"]) == ("cpu", "navoneel")
    assert settings.resolve(dataset="figshare")["binary_dataset"] == "figshare"
    assert settings.resolve(epochs="1")["run"] == "phantom-quick-seed7-epochs1"


@pytest.mark.parametrize(
    ("chosen", "named"),
    [({"epocs": 1}, "epocs"), ({"seed": "x"}, "seed"), ({"run": "../x"}, "run")],
)
def test_settings_refuse_by_name(chosen, named):
    with pytest.raises(parameters.ParameterError, match=named):
        settings.resolve(**chosen)


@pytest.mark.parametrize("profile", ["quick", "cpu", "paper", "best"])
def test_every_profile_has_its_file(profile):
    assert settings.read_profile(profile)["profile"] == profile


def test_an_interrupted_graph_may_stop_its_jobs(tmp_path):
    """Ctrl-C goes to the whole group, as a terminal sends it."""
    tidied = tmp_path / "tidied"
    jobs = (
        "import pathlib, sys, time\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    time.sleep(1)\n"
        "    pathlib.Path(sys.argv[1]).touch()\n"
    )
    caller = (
        "import sys\nfrom braintumor.workflow import graph\n"
        "sys.exit(graph.execute([sys.executable, '-c', *sys.argv[1:]]))\n"
    )
    command = [sys.executable, "-c", caller, jobs, str(tidied)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == notebooks.INTERRUPTED and tidied.exists()
