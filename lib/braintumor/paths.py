"""Where the project's folders are, whatever the working directory."""

import os
import re
from pathlib import Path

HOME_VARIABLE = "BRAINTUMOR_HOME"
RAW_VARIABLE = "BRAINTUMOR_RAW"
RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def project_root(start: Path | None = None) -> Path:
    """Return the repository root.

    Args:
        start: folder to search upwards from; the working directory by default.

    Returns:
        `$BRAINTUMOR_HOME` if set, else the nearest folder at or above `start` that
        holds both `pyproject.toml` and `notebooks/`, else the clone that this package
        is imported from, so that papermill may be called from anywhere.

    Raises:
        FileNotFoundError: there is none; set `BRAINTUMOR_HOME` or change folder.
    """
    if home := os.environ.get(HOME_VARIABLE):
        return Path(home)
    here = (start or Path.cwd()).resolve()
    clone = Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, *([clone] if start is None else [])):
        if (folder / "pyproject.toml").is_file() and (folder / "notebooks").is_dir():
            return folder
    raise FileNotFoundError(
        f"No braintumor project at or above {here}. "
        f"Change into your clone, or set {HOME_VARIABLE} to it."
    )


def raw_root() -> Path:
    """Return the folder with one sub-folder per source: `$BRAINTUMOR_RAW` or ours."""
    if raw := os.environ.get(RAW_VARIABLE):
        return Path(raw)
    return project_root() / "data" / "raw"


def cache_root() -> Path:
    """Return the folder of derived arrays; it can be deleted at any time."""
    return project_root() / "data" / "cache"


def runs_root() -> Path:
    """Return the folder with one sub-folder per run."""
    return project_root() / "data" / "runs"


def models_root() -> Path:
    """Return the folder of installed artifacts, one sub-folder per model."""
    return project_root() / "data" / "models"


def results_root() -> Path:
    """Return the tracked folder of result tables."""
    return project_root() / "data" / "results"


def run_folder(run: str) -> Path:
    """Return the folder of everything that one run made.

    Args:
        run: name of the run: letters, digits, dot, dash, underscore.

    Raises:
        ValueError: `run` holds another character, or starts with a dot or dash.
    """
    if not RUN_NAME.fullmatch(run):
        raise ValueError(
            f"run={run!r} is no run name: use letters, digits, '.', '-' and '_' only, "
            "starting with a letter or digit."
        )
    return runs_root() / run
