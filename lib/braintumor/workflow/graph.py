"""Run the graph of notebooks, and keep the table that it ends in."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from braintumor import locks, paths, runs

INTERRUPTED = 130  # the status of a shell's command that Ctrl-C ended


class RunFailedError(RuntimeError):
    """A notebook of the graph stopped; the message names what to read."""


def run_graph(
    chosen: Mapping[str, Any], *, cores: int | None = None, dry: bool = False
) -> Path:
    """Bring a run up to date: execute what changed, then publish what is a result.

    Args:
        chosen: the parameters of `settings.resolve`.
        cores: how many processor cores to use; all by default.
        dry: only tell what would be done.

    Returns:
        The index page of the report.

    Raises:
        RunFailedError: a notebook stopped; its page and table of an earlier run under
            the same name are removed, for they no longer say the truth.
    """
    files = runs.run_paths(chosen["run"])
    index = files.report / "index.html"
    with hold_run(files.folder):
        status = execute(_command(chosen, cores, dry))
        if status and not dry:
            for stale in (index, files.results):
                stale.unlink(missing_ok=True)
    if status:
        raise RunFailedError(_what_failed(files, status))
    if not dry and is_real(chosen):
        publish(chosen["run"])
    return index


def is_real(chosen: Mapping[str, Any]) -> bool:
    """Tell whether a run's scores are results: no slice of it is a phantom.

    The others stay in the run's own folder, or a clone would differ from its origin
    after the first `make run`, and phantoms would stand among the results.
    """
    return "phantom" not in (chosen["dataset"], chosen["binary_dataset"])


def publish(run: str) -> Path | None:
    """Copy a run's results to the tracked folder, if they changed.

    Beside the table stand what made it, its audits, its figure of the three views, the
    predictions behind it, and the hashes of table and predictions, written last.

    Args:
        run: name of a finished run.

    Returns:
        The tracked table, where something was written.
    """
    files = runs.run_paths(run)
    table = paths.results_root() / f"{run}.csv"
    answers = {
        f"predictions/{run}/{path.name}": path.read_bytes()
        for path in sorted(files.predictions("any").parent.glob("*.csv"))
    }
    contents = {table.name: files.results.read_bytes()} | answers
    sums = [
        f"{sha256(content).hexdigest()}  {name}" for name, content in contents.items()
    ]
    contents[f"{run}.sha256"] = ("\n".join(sums) + "\n").encode()
    if all(_holds(table.parent / name, content) for name, content in contents.items()):
        return None
    records = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(files.provenance("0").parent.glob("[0-9]*.json"))
    }
    text = json.dumps(records, indent=1) + "\n"
    _write_whole(table.with_suffix(".provenance.json"), text.encode())
    for audit in sorted(files.audit("0").parent.glob("*.json")):
        _write_whole(table.parent / "audit" / audit.name, audit.read_bytes())
    views = files.figures / "06_four_class_views.png"
    if views.is_file():
        _write_whole(table.with_suffix(".png"), views.read_bytes())
    for stale in (table.parent / "predictions" / run).glob("*.csv"):
        stale.unlink()
    for name, content in contents.items():
        _write_whole(table.parent / name, content)
    return table


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def snakemake_command(snakefile: str, *words: str) -> list[str]:
    """Return the command that brings a graph of this project up to date.

    Args:
        snakefile: its place below the project's root.
        *words: Snakemake's further options.
    """
    root = paths.project_root()
    return [
        *(sys.executable, "-m", "snakemake"),
        *("--snakefile", str(root / snakefile), "--directory", str(root)),
        # A killed run leaves a lock behind; `hold_run` holds one that dies with us.
        *("--nolock", "--rerun-incomplete"),
        *words,
    ]


def execute(command: list[str]) -> int:
    """Run a command to its end, and return its status.

    Ctrl-C reaches the command, too; it is given the time to stop its jobs, and the
    status is 130.
    """
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            return INTERRUPTED


def _command(chosen: Mapping[str, Any], cores: int | None, dry: bool) -> list[str]:
    return snakemake_command(
        "Snakefile",
        *("--cores", str(cores or os.cpu_count() or 1)),
        *("--resources", "training=1"),
        # Notebooks speak for themselves; a dry run shows the table of jobs.
        *(("--dry-run", "--quiet", "rules", "host") if dry else ("--quiet", "all")),
        "--config",
        *(f"{name}={json.dumps(value)}" for name, value in chosen.items()),
    )


@contextlib.contextmanager
def hold_run(folder: Path) -> Iterator[None]:
    """Refuse a second execution of the same run; the lock ends with the process.

    Raises:
        RunFailedError: another process executes it.
    """
    try:
        with locks.hold(folder / ".lock", wait=False):
            yield
    except locks.HeldError:
        raise RunFailedError(
            f"Run {folder.name!r} is being executed by another process. "
            "Wait for it, or give this one another name with RUN=."
        ) from None


def _what_failed(files: runs.RunPaths, status: int) -> str:
    failed = sorted(files.notebooks.glob("*.failed.ipynb"))
    if not failed:
        return f"The graph stopped with status {status}; the reason stands above."
    named = ", ".join(os.path.relpath(path, paths.project_root()) for path in failed)
    return f"A notebook stopped. Read {named}, mend the cause, and run again."
