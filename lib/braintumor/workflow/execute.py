"""Execute a copy of one notebook; a copy under its final name means that all ran."""

import argparse
import ast
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from braintumor import paths, provenance, runs
from braintumor.parameters import Parameters, declared_names
from braintumor.workflow import closure

# Without it every kernel warns that it talks over a local TCP socket.
KERNEL_ARGUMENTS = ("--IPKernelApp.log_level=40",)


class NotebookFailedError(RuntimeError):
    """A cell raised; the message names it, the error and the copy to read."""


def parameters_source(notebook: Path) -> str:
    """Return the source of the cell tagged `parameters`, or nothing."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            return "".join(cell["source"])
    return ""


def known_parameters(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the given parameters that a notebook's own cell declares."""
    names = declared_names(parameters_source(notebook))
    return {name: given[name] for name in names if name in given}


def effective_parameters(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter of a notebook: its defaults, then what was given."""
    source = parameters_source(notebook)
    defaults = {
        node.target.id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and node.value is not None
    }
    values = defaults | known_parameters(notebook, given)
    return Parameters(**values).model_dump(include={*values})


def execute_notebook(
    notebook: Path,
    given: Mapping[str, Any],
    *,
    inputs: Iterable[Path] = (),
    resumable: Path | None = None,
) -> Path:
    """Run a copy of a notebook and write its provenance.

    The copy works under a temporary name beside its final one. Where a cell raises it
    becomes `<name>.failed.ipynb`, and nothing has the final name.

    Args:
        notebook: the notebook; it is not changed.
        given: parameters of the run; what the notebook does not know is left out.
        inputs: the data files that it reads, for the provenance.
        resumable: a folder of checkpoints from which the notebook resumes. It is
            removed where the last attempt had other code, parameters or inputs.

    Returns:
        The executed copy.

    Raises:
        NotebookFailedError: a cell raised.
    """
    inputs = list(inputs)
    files = runs.run_paths(given["run"])
    final, failed = files.executed(notebook.stem), files.failed(notebook.stem)
    unfinished = final.with_name(f"{notebook.stem}.running.ipynb")
    record = files.provenance(notebook.stem)
    final.parent.mkdir(parents=True, exist_ok=True)
    for old in (final, failed, record):
        old.unlink(missing_ok=True)
    _forget_other_attempt(final.with_suffix(".key"), notebook, given, inputs, resumable)
    resumed = resumable is not None and any(resumable.glob("*"))
    started = time.monotonic()
    try:
        _papermill(notebook, unfinished, known_parameters(notebook, given))
    except NotebookFailedError as error:
        unfinished.replace(failed)
        raise NotebookFailedError(f"{notebook.name}: {error} Read {failed}.") from None
    effective = effective_parameters(notebook, given)
    provenance.write(
        record,
        notebook=notebook.stem,
        parameters=effective,
        inputs=inputs,
        seconds=time.monotonic() - started,
        # Then the seconds of earlier attempts are not among those counted here.
        **({"resumed_from_checkpoint": True} if resumed else {}),
    )
    unfinished.replace(final)
    return final


def _forget_other_attempt(
    key_file: Path,
    notebook: Path,
    given: Mapping[str, Any],
    inputs: Iterable[Path],
    resumable: Path | None,
) -> None:
    """Keep checkpoints only for the code, parameters and inputs that made them."""
    facts = [closure.digest(notebook), effective_parameters(notebook, given)]
    facts += [provenance.file_hash(file) for file in inputs]
    key = json.dumps(facts)
    before = key_file.read_text() if key_file.is_file() else None
    if resumable is not None and resumable.exists() and before != key:
        shutil.rmtree(resumable)
    key_file.write_text(key)


def _papermill(notebook: Path, output: Path, parameters: Mapping[str, Any]) -> None:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=dict(parameters),
            kernel_name="python3",
            extra_arguments=list(KERNEL_ARGUMENTS),
            language="python",
            cwd=notebook.parent,
            progress_bar={"desc": notebook.stem},
            stderr_file=sys.stderr,  # the progress of long cells
        )
    except PapermillExecutionError as error:
        cell = error.exec_count
        raise NotebookFailedError(
            f"cell {cell} raised {error.ename}: {error.evalue}"
        ) from None


def main(arguments: list[str] | None = None) -> int:
    """Execute one notebook for the graph; returns the exit status."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--parameters", type=json.loads, required=True)
    parser.add_argument("--inputs", type=Path, nargs="*", default=())
    parser.add_argument("--resumable", type=Path)
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    notebook = paths.project_root() / chosen.notebook
    try:
        execute_notebook(
            notebook,
            chosen.parameters,
            inputs=chosen.inputs,
            resumable=chosen.resumable,
        )
    except NotebookFailedError as error:
        print(f"FAILED {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
