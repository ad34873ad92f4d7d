"""The notebooks as stored in the repository: outputs, stamp and text mirror.

Stored outputs come from one clean run with each notebook's own defaults, in a home of
its own under `build/`, so that they depend on nothing that lies about in `data/`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from braintumor import paths
from braintumor.workflow.execute import KERNEL_ARGUMENTS
from braintumor.workflow.mirror import code_digest, mirror_path, mirror_text, tidy

QUIET = {"TQDM_DISABLE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
# What comes with the project, and what is derived from that alone.
SHIPPED = ("data/models", "data/cache/light", "data/results/studies")


def stored_notebooks(root: Path | None = None) -> list[Path]:
    """Return the numbered notebooks of the project, in order."""
    root = root or paths.project_root()
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def clean_home(name: str, *, keep: bool = False) -> dict[str, str]:
    """Make an empty home under `build/`; return the environment that points to it.

    Models and tables that come with the project are linked into it; nothing writes to
    them.

    Args:
        name: of the folder under `build/`.
        keep: leave the files of the last run there.
    """
    home = paths.project_root() / "build" / name
    if not keep:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    for shipped in SHIPPED:
        link, origin = home / shipped, paths.project_root() / shipped
        if origin.is_dir() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(origin.absolute(), target_is_directory=True)
    environment = {k: v for k, v in os.environ.items() if k != paths.RAW_VARIABLE}
    return environment | QUIET | {paths.HOME_VARIABLE: str(home)}


def refresh(names: Iterable[str] = ()) -> list[Path]:
    """Execute notebooks in order; store outputs, stamp and mirror of each that ran.

    Args:
        names: stems of notebooks; all by default. Named ones find the files that the
            last refresh made.

    Returns:
        The notebooks that were written.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised; that notebook stays as it
            was, and its outputs up to there lie in `build/stored/`.
        ValueError: there is no notebook of that name.
    """
    chosen = _named(names)
    environment = clean_home("stored", keep=bool(list(names)))
    for path in chosen:
        notebook = _execute(path, environment)
        _write(path, notebook)
        print(f"stored {path.name}", flush=True)
    return chosen


def _named(names: Iterable[str]) -> list[Path]:
    stored = stored_notebooks()
    unknown = {*names} - {path.stem for path in stored}
    if unknown:
        known = ", ".join(path.stem for path in stored)
        raise ValueError(
            f"No notebook {', '.join(sorted(unknown))}. There are: {known}."
        )
    return [path for path in stored if not names or path.stem in names]


def _execute(path: Path, environment: dict[str, str]) -> NotebookNode:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = tidy(nbformat.read(path, as_version=4))
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=list(KERNEL_ARGUMENTS),
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env=environment)
    except CellExecutionError:
        failed = Path(environment[paths.HOME_VARIABLE]) / f"{path.stem}.failed.ipynb"
        nbformat.write(notebook, failed)
        raise
    return notebook


def _write(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook and its mirror, each whole or not at all."""
    notebook.metadata["braintumor"] = {"executed": code_digest(notebook)}
    clean = tidy(notebook)
    mirror = mirror_path(path)
    mirror.parent.mkdir(exist_ok=True)
    for target, text in (
        (path, nbformat.writes(clean) + "\n"),
        (mirror, mirror_text(clean)),
    ):
        unfinished = target.with_name(f".{target.name}.unfinished")
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(target)


def pull(names: Iterable[str] = ()) -> list[Path]:
    """Make notebooks without outputs from their text mirrors, for `refresh` to run.

    Args:
        names: stems of mirrors; all by default.

    Returns:
        The notebooks that were written.
    """
    import jupytext

    folder = paths.project_root() / "notebooks"
    mirrors = sorted((folder / "text").glob("[0-9][0-9]_*.py"))
    chosen = [path for path in mirrors if not names or path.stem in names]
    for mirror in chosen:
        notebook = tidy(jupytext.read(mirror, fmt="py:percent"))
        nbformat.write(notebook, folder / f"{mirror.stem}.ipynb")
    return [folder / f"{mirror.stem}.ipynb" for mirror in chosen]


def check(names: Iterable[str] = ()) -> int:
    """Execute the stored notebooks through nbval and compare what they mark.

    Nothing in the repository is written: the home is `build/compared`.

    Args:
        names: stems of notebooks; all by default, which starts from an empty home.

    Returns:
        pytest's exit status.
    """
    chosen = [str(path) for path in _named(names)]
    environment = clean_home("compared", keep=bool(list(names)))
    root = paths.project_root()
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env"]
    command += ["--nbval-sanitize-with", str(root / "tests" / "nbval.cfg")]
    command += ["-p", "no:cacheprovider", "-p", "no:randomly", "--durations=6"]
    return subprocess.run([*command, *chosen], cwd=root, env=environment).returncode


def main(arguments: list[str] | None = None) -> int:
    """Refresh stored notebooks, compare them with a rerun, or make them from text."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("action", choices=["refresh", "check", "pull"])
    parser.add_argument("names", nargs="*", metavar="01_explore_dataset")
    chosen = parser.parse_args(arguments)
    if chosen.action == "check":
        return check(chosen.names)
    {"refresh": refresh, "pull": pull}[chosen.action](chosen.names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
