"""Who may import whom, and what must not be paid for at import."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

from braintumor.workflow import closure

LIBRARY = closure.PACKAGE
FREE = {
    "paths",
    "runs",
    "locks",
    "backend_devices",
}  # modules that know nothing of the rest; all may use them
# A package may import itself, the free modules, and what stands here.
ALLOWED = {
    "paths": set(),
    "locks": set(),
    "backend_devices": set(),
    "runs": set(),
    "parameters": set(),
    "provenance": set(),
    "data": set(),
    "examination": {"data", "modeling", "evaluation"},
    "modeling": {"data"},
    "evaluation": set(),
    "reporting": {"parameters", "evaluation"},
    "workflow": {"parameters", "provenance", "reporting"},
    "demo": {"data", "modeling", "evaluation", "reporting", "parameters"},
    "experiment": {"data", "modeling"},
    "data_commands": {"data"},
    "demo_commands": {"demo"},
    "studies": {"data", "modeling", "evaluation", "provenance", "examination"},
    "study_commands": {"data", "data_commands", "studies"},
    "sweeps": {"data", "evaluation", "parameters", "provenance", "studies", "workflow"},
    "sweep_commands": {"data", "data_commands", "sweeps", "workflow"},
    "model_commands": {"data_commands", "demo"},
    "result_commands": {
        *("data_commands", "evaluation", "examination", "parameters", "provenance"),
        *("reporting", "studies", "workflow"),
    },
    "cards": {
        *("data", "modeling", "evaluation", "reporting", "demo", "provenance"),
        "studies",
    },
    "card_commands": {"data_commands", "cards"},
    "cli": {
        *("data", "data_commands", "experiment", "modeling", "evaluation", "reporting"),
        "card_commands",
        *("demo_commands", "model_commands", "result_commands", "study_commands"),
        "sweep_commands",
        *("parameters", "provenance", "workflow", "demo", "examination"),
    },
}
HEAVY = ("keras", "tensorflow", "jax", "torch", "pandas", "matplotlib", "sklearn")


def imported(source, module=""):
    """Return the parts of the package that a module's source imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"braintumor.relative import in {module}"]
        found |= {n.split(".")[1] for n in names if n.startswith("braintumor.")}
    return found


def part_of(path, library=LIBRARY):
    return path.relative_to(library).parts[0].removesuffix(".py")


def breaches(library=LIBRARY):
    """Return every import that the rules do not allow."""
    found = []
    for path in sorted(library.rglob("*.py")):
        part = part_of(path, library)
        if part == "__init__":
            continue
        allowed = ALLOWED.get(part, set()) | FREE | {part, "__version__"}
        source = path.read_text(encoding="utf-8")
        for other in sorted(imported(source, path.name) - allowed):
            found.append(f"{path.relative_to(library)} imports {other}")
    return found


def test_packages_import_only_what_they_may():
    assert breaches() == []


def test_every_part_of_the_package_has_a_rule():
    parts = {part_of(path) for path in LIBRARY.rglob("*.py")} - {"__init__"}
    assert parts <= {*ALLOWED}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("data/images.py", "from braintumor.modeling import training"),
        ("data/images.py", "def f():\n    import braintumor.evaluation.metrics"),
        ("evaluation/metrics.py", "from braintumor.data import manifest"),
        ("reporting/plots.py", "from braintumor import modeling"),
        ("data/images.py", "from ..modeling import training"),
        ("runs.py", "from braintumor import parameters"),
    ],
)
def test_a_planted_breach_is_seen(tmp_path, module, source):
    path = tmp_path / "braintumor" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    assert len(breaches(tmp_path / "braintumor")) == 1


def test_evaluation_and_reporting_know_no_keras():
    """Keras may be imported lazily by the notebook's start alone."""
    users = [
        path.relative_to(LIBRARY).as_posix()
        for part in ("data", "evaluation", "reporting")
        for path in (LIBRARY / part).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        if "keras" in ast.unparse(node).replace(".", " ").split()
    ]
    assert set(users) <= {"reporting/notebook.py", "data/batches.py"}


def heavy_after(statement):
    """Return the heavy packages that a statement loads in a fresh process."""
    code = f"import sys\n{statement}\nprint(*[m for m in {HEAVY} if m in sys.modules])"
    started = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    print(f"{statement}: {time.perf_counter() - started:.2f} s")
    return result.stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    "statement",
    [
        "import braintumor",
        "from braintumor import parameters, provenance, runs",
        "from typer.testing import CliRunner; from braintumor import cli; "
        "assert CliRunner().invoke(cli.app, ['--help']).exit_code == 0",
    ],
)
def test_nothing_heavy_is_imported(statement):
    assert heavy_after(statement) == []


def test_a_heavy_import_would_be_seen():
    assert heavy_after("import pandas") == ["pandas"]


def test_no_module_is_too_long_or_named_for_nothing():
    empty = {"utils", "util", "helpers", "helper", "common", "misc"}
    modules = sorted(Path(LIBRARY).rglob("*.py"))
    assert [path for path in modules if path.stem in empty] == []
