"""The rules that every notebook keeps, and proof that each rule can fail."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from braintumor import paths
from braintumor.workflow import mirror, rules, stored

PROJECT = Path(__file__).parents[1]
NOTEBOOKS = stored.stored_notebooks(PROJECT)
RULES = {rule.__name__: rule for rule in rules.RULES}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", RULES)
def test_stored_notebook(name, path):
    assert RULES[name](rules.read(path)) == []


def test_the_eight_notebooks_are_there():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"0{n}" for n in range(1, 9)]


NAME = "06_weigh_toys"
OPENING = f"""\
# 06 · Weigh the toys

> Toys weigh less than a slice.

Teaching and research material, not for diagnosis.

| | |
|---|---|
| **Needs** | nothing |
| **Makes** | nothing |
| **Time** | a second |

[![Open in Colab](https://example.org/colab-badge.svg)](https://example.org/notebooks/{NAME}.ipynb)"""
COLAB = """\
import sys

if "google.colab" in sys.modules:
    print("Colab: fetching the project")
    !git clone -q --depth 1 https://example.org/toys
    %cd braintumor
    %pip install -q ."""
PARAMETERS = """\
seed: int = 7  # of every random choice
run: str = "interactive"  # name of the run's folder"""
PROSE = """\
## Toys differ in their weight

A toy that weighs more than another one is heavier, and that is why we compare them."""
CAPTION = """\
**Figure 6.1.** One white pixel, n = 1.

**Notice** its corner."""
END = """\
## Summary

- Toys were weighed.

## Exercises

1. Predict the weight of two.
2. Compare.
   <details><summary>Solution</summary>Twice as much.</details>

## Next

Nothing.

## References

None."""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAA"
    "SUVORK5CYII="
)


def compared(source, text):
    result = v4.new_output("execute_result", {"text/plain": text}, execution_count=1)
    cell = v4.new_code_cell(source, outputs=[result])
    cell.metadata["tags"] = ["nbval-check-output"]
    return cell


@pytest.fixture
def toy(tmp_path):
    """A notebook that keeps every rule; returns a function that stores it changed."""
    picture = v4.new_output("display_data", {"image/png": PIXEL, "text/plain": "<F>"})
    content = v4.new_notebook()
    content.cells = [
        v4.new_markdown_cell(OPENING),
        v4.new_code_cell(COLAB, metadata={"tags": ["colab"]}),
        v4.new_code_cell(
            "import base64\n\n"
            "from IPython import display\n\n"
            "from braintumor import parameters\n"
            "from braintumor.reporting import notebook"
        ),
        v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        v4.new_code_cell("settings = parameters.check(globals())"),
        v4.new_markdown_cell(PROSE),
        compared("6 * seed", "42"),
        v4.new_code_cell(
            f'display.Image(base64.b64decode("{PIXEL[:80]}"\n    "{PIXEL[80:]}"))',
            outputs=[picture],
        ),
        v4.new_markdown_cell(CAPTION),
        compared("sorted([3, 1])", "[1, 3]"),
        compared("assert seed\nnotebook.require_made([])", "[]"),
        v4.new_markdown_cell(END),
    ]
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count

    def store(change=lambda content: None, *, before_writing=True):
        path = tmp_path / "notebooks" / f"{NAME}.ipynb"
        path.parent.mkdir(exist_ok=True)
        if before_writing:
            change(content)
        stored._write(path, content)
        if not before_writing:
            written = nbformat.read(path, as_version=4)
            change(written)
            nbformat.write(written, path)
        return path

    return store


def test_what_takes_long_may_be_imported_below_the_check(toy):
    late = insert(5, v4.new_code_cell("import os\n\nfrom braintumor.data import cache"))
    assert RULES["imports"](rules.read(toy(late))) == []


def test_a_good_notebook_passes_every_rule(toy):
    good = rules.read(toy())
    assert {name: rule(good) for name, rule in RULES.items()} == {
        name: [] for name in RULES
    }


def replace(position, old, new):
    def change(content):
        cell = content.cells[position]
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return change


def insert(position, cell):
    return lambda content: content.cells.insert(position, cell)


def assign(position, name, value):
    return lambda content: content.cells[position].update({name: value})


def output(position, kind, **values):
    return assign(position, "outputs", [v4.new_output(kind, **values)])


FAULTS = {
    "title": ("opening", replace(0, "# 06 ·", "# 05 ·")),
    "finding": ("opening", replace(0, "> Toys", "Toys")),
    "needs": ("opening", replace(0, "**Needs**", "Needs")),
    "makes": ("opening", replace(0, "**Makes**", "Makes")),
    "time": ("opening", replace(0, "**Time**", "Time")),
    "badge of another file": ("opening", replace(0, "06_weigh_toys.ipynb", "05.ipynb")),
    "warning": ("opening", replace(0, ", not for diagnosis", "")),
    "colab tag": ("colab_cell", assign(1, "metadata", {})),
    "colab unguarded": ("colab_cell", replace(1, "if ", "print()\nif ")),
    "late import": ("imports", replace(6, "6 * seed", "import os")),
    "hidden import": ("imports", replace(6, "6 *", "def f():\n    import os\n6 *")),
    "work among imports": ("imports", replace(2, "import base64", "x = 1")),
    "work among late imports": (
        "imports",
        insert(5, v4.new_code_cell("import os\nx = 1")),
    ),
    "imports too late": ("imports", insert(6, v4.new_code_cell("import os"))),
    "imported object": (
        "imports",
        replace(
            2,
            "import parameters",
            "import parameters\nfrom braintumor.paths import project_root",
        ),
    ),
    "no parameters": ("parameters_cell", assign(3, "metadata", {})),
    "two parameters cells": (
        "parameters_cell",
        assign(4, "metadata", {"tags": ["parameters"]}),
    ),
    "no annotation": ("parameters_cell", replace(3, "seed: int", "seed")),
    "no comment": ("parameters_cell", replace(3, "  # of every random choice", "")),
    "more than parameters": (
        "parameters_cell",
        replace(3, "seed:", "print()  # hello\nseed:"),
    ),
    "unknown parameter": ("parameters_cell", replace(3, "seed:", "sede:")),
    "no validation": (
        "parameters_cell",
        replace(4, "check(globals())", "Parameters()"),
    ),
    "long cell": ("short_cells", replace(6, "6 *", "\n" * 25 + "6 *")),
    "no caption": ("captions", lambda content: content.cells.pop(8)),
    "figure number": ("captions", replace(8, "6.1", "6.2")),
    "figure chapter": ("captions", replace(8, "6.1", "5.1")),
    "no notice": ("captions", replace(8, "**Notice**", "See")),
    "title in figure": ("no_titles_in_figures", replace(6, "6 *", "ax.set_title(6) *")),
    "empty heading": ("headings", replace(5, "Toys differ in their weight", "EDA")),
    "no prose": ("headings", assign(5, "source", "## Toys differ in their weight")),
    "no summary": ("closing", replace(11, "## Summary", "")),
    "no exercises": ("closing", replace(11, "## Exercises", "")),
    "one exercise": ("closing", replace(11, "2. Compare", "Compare")),
    "no solution": ("closing", replace(11, "<details>", "")),
    "no next": ("closing", replace(11, "## Next", "")),
    "no references": ("closing", replace(11, "## References", "")),
    "no contract": (
        "closing",
        assign(10, "source", "seed"),
    ),
    "import hack": ("no_path_tricks", replace(6, "6 *", "sys.path.append('lib')\n6 *")),
    "walk upwards": ("no_path_tricks", replace(6, "6 *", "open('../data')\n6 *")),
    "private path": ("no_path_tricks", replace(8, "pixel", "pixel of /home/anna/x")),
    "private output": (
        "no_path_tricks",
        output(6, "stream", name="stdout", text="saved /root/toys.csv"),
    ),
    "error output": (
        "clean_outputs",
        output(6, "error", ename="E", evalue="", traceback=[]),
    ),
    "stderr output": (
        "clean_outputs",
        output(6, "stream", name="stderr", text="careful"),
    ),
    "two outputs": (
        "clean_outputs",
        lambda content: content.cells[6].outputs.append(
            v4.new_output("stream", name="stdout", text="hello")
        ),
    ),
    "never ran": ("ran_once", assign(6, "execution_count", None)),
    "ran twice": ("ran_once", assign(6, "execution_count", 12)),
    "unmarked cells": ("compared_cells", assign(6, "metadata", {})),
    "marked without output": ("compared_cells", assign(6, "outputs", [])),
    "marked without a count": ("compared_cells", assign(6, "execution_count", None)),
    "marked and skipped": (
        "compared_cells",
        assign(6, "metadata", {"tags": ["nbval-check-output", "nbval-skip"]}),
    ),
    "marked figure only": (
        "compared_cells",
        assign(
            9,
            "outputs",
            [v4.new_output("display_data", {"image/png": PIXEL, "text/plain": "<F>"})],
        ),
    ),
}
FAULTS_AFTER_WRITING = {
    "edited after the run": ("fresh_outputs", replace(6, "6 *", "7 *")),
    "no stamp": ("fresh_outputs", lambda content: content.metadata.pop("braintumor")),
    "edited prose": ("text_mirror", replace(5, "heavier", "lighter")),
    "lost tag": ("text_mirror", assign(6, "metadata", {})),
    "other kernel": (
        "file_name",
        lambda content: content.metadata.kernelspec.update(name="mine"),
    ),
    "too large": (
        "file_name",
        output(6, "stream", name="stdout", text="x" * 1_000_001),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_rule_sees_planted_fault(toy, fault):
    name, change = FAULTS[fault]
    assert RULES[name](rules.read(toy(change)))


@pytest.mark.parametrize("fault", FAULTS_AFTER_WRITING)
def test_rule_sees_fault_planted_after_the_run(toy, fault):
    name, change = FAULTS_AFTER_WRITING[fault]
    assert RULES[name](rules.read(toy(change, before_writing=False)))


def test_rule_sees_a_bad_name_and_a_missing_mirror(toy):
    path = toy()
    assert RULES["file_name"](rules.read(path.rename(path.with_name("6_Toys.ipynb"))))
    path = toy()
    mirror.mirror_path(path).unlink()
    assert RULES["text_mirror"](rules.read(path))


def test_every_rule_has_a_planted_fault():
    proven = {name for name, _ in (FAULTS | FAULTS_AFTER_WRITING).values()}
    assert proven == {*RULES}


@pytest.fixture
def project(toy, tmp_path, monkeypatch):
    """A project with one toy notebook; the tools work on it."""
    path = toy()
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "nbval.cfg").write_bytes(
        (PROJECT / "tests" / "nbval.cfg").read_bytes()
    )
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return path


def run_tool(*arguments, home):
    return subprocess.run(
        [sys.executable, "-m", "braintumor.workflow.stored", *arguments],
        env=os.environ | {paths.HOME_VARIABLE: str(home)},
        capture_output=True,
        text=True,
    )


def test_refresh_is_repeatable_and_check_catches_a_tampered_output(project):
    home = project.parents[1]
    edited = nbformat.read(project, as_version=4)
    edited.cells[6].source = "7 * seed"
    nbformat.write(edited, project)
    assert run_tool("refresh", home=home).returncode == 0
    first = project.read_bytes()
    assert "49" in rules.read(project).cells[6].outputs[0].data["text/plain"]
    assert RULES["fresh_outputs"](rules.read(project)) == []
    assert RULES["text_mirror"](rules.read(project)) == []
    assert run_tool("refresh", home=home).returncode == 0
    assert project.read_bytes() == first

    same = run_tool("check", home=home)
    assert same.returncode == 0, same.stdout
    project.write_bytes(first.replace(b'"49"', b'"50"'))
    tampered = run_tool("check", home=home)
    assert tampered.returncode == 1
    assert "1 failed" in tampered.stdout


def test_a_clean_home_has_the_shipped_models_and_nothing_else(project):
    home = project.parents[1]
    shipped, own = home / "data" / "models" / "toy", home / "data" / "runs" / "mine"
    for folder in (shipped, own):
        folder.mkdir(parents=True)
    (shipped / "contract.json").write_text("{}")
    for _ in range(2):  # the second time there is a home to be emptied
        clean = Path(stored.clean_home("stored")[paths.HOME_VARIABLE])
        assert (clean / "data" / "models" / "toy" / "contract.json").is_file()
        assert [path.name for path in (clean / "data").iterdir()] == ["models"]
    assert (shipped / "contract.json").is_file()


def test_refresh_keeps_a_notebook_whose_cell_raises(project):
    broken = nbformat.read(project, as_version=4)
    broken.cells[9].source = "1 / 0"
    nbformat.write(broken, project)
    before = project.read_bytes()
    assert run_tool("refresh", home=project.parents[1]).returncode != 0
    assert project.read_bytes() == before
    failed = project.parents[1] / "build" / "stored" / f"{NAME}.failed.ipynb"
    assert "ZeroDivisionError" in failed.read_text()


def test_pull_rebuilds_the_notebook_from_its_mirror(project):
    before = nbformat.read(project, as_version=4)
    project.unlink()
    stored.pull()
    after = nbformat.read(project, as_version=4)
    assert [(c.id, c.source) for c in after.cells] == [
        (c.id, c.source) for c in before.cells
    ]
    assert all(not cell.get("outputs") for cell in after.cells)


def test_a_widget_is_stored_as_its_text():
    data = {mirror.WIDGET_VIEW: {"model_id": "1a"}, "text/plain": "UploadDemo"}
    cell = v4.new_code_cell("demo", outputs=[v4.new_output("display_data", data)])
    kept = mirror.tidy(v4.new_notebook(cells=[cell])).cells[0].outputs
    assert kept[0]["data"] == {"text/plain": "UploadDemo"}


def test_only_tensorflows_start_up_noise_is_left_out():
    noise = "WARNING: All log messages before absl::InitializeLog() is called\n"
    noise += "I0000 00:00:1.5 port.cc:153] oneDNN custom operations are on.\n"
    cell = v4.new_code_cell("import keras")
    cell.outputs = [
        v4.new_output("stream", name="stderr", text=noise),
        v4.new_output("stream", name="stderr", text=noise + "a real warning\n"),
        v4.new_output("stream", name="stdout", text=noise),
    ]
    kept = mirror.tidy(v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [output["name"] for output in kept] == ["stderr", "stdout"]
    assert "a real warning" in kept[0]["text"]
