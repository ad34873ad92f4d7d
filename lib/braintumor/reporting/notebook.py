"""What only notebooks need: start, needed files, saved figures, shown source."""

import inspect
import os
import platform
import random
import re
from collections.abc import Callable, Iterable
from importlib import metadata
from importlib.resources import as_file, files
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Code
from matplotlib.figure import Figure

from braintumor import backend_devices, paths, runs
from braintumor.parameters import Parameters
from braintumor.runs import RunPaths, relative

FIGURE_NAME = re.compile(r"\d\d_[a-z0-9_]+")
SHOWN_VERSIONS = ("numpy", "pandas", "scikit-learn", "matplotlib")


class MissingInputError(FileNotFoundError):
    """A file that an earlier notebook makes is not there; says what to run first."""


def start(settings: Parameters, *, keras: bool = False) -> pd.DataFrame:
    """Set the house style and every seed, and tell what this notebook runs on.

    Args:
        settings: the checked parameters; their seed is used.
        keras: also seed Keras, and name its version, backend and device. Only the
            notebooks that train or predict need it: the import takes seconds.

    Returns:
        One row per fact, for display. Leave the cell out of comparisons: the facts
        differ from one machine to the next.
    """
    with as_file(files("braintumor.reporting") / "house.mplstyle") as style:
        plt.style.use(style)
    random.seed(settings.seed)
    np.random.seed(settings.seed)
    facts = {"run": settings.run, "profile": settings.profile, "seed": settings.seed}
    facts |= {"braintumor": metadata.version("braintumor")}
    facts |= {"python": platform.python_version()}
    facts |= {name: metadata.version(name) for name in SHOWN_VERSIONS}
    facts |= _start_keras(settings.seed) if keras else {}
    facts |= {"processor cores": os.cpu_count()}
    return pd.DataFrame({"value": {name: str(fact) for name, fact in facts.items()}})


def _start_keras(seed: int) -> dict[str, str]:
    import keras

    keras.utils.set_random_seed(seed)
    devices = ", ".join(backend_devices.list_accelerators()) or "cpu"
    backend = keras.backend.backend()
    return {"keras": f"{keras.__version__} on {backend}", "device": devices}


def run_paths(settings: Parameters) -> RunPaths:
    """Return the paths of every file of this run."""
    return runs.run_paths(settings.run)


def require(path: Path, *, made_by: str) -> Path:
    """Return `path` if it exists, else say in one line what to run first.

    Args:
        path: a file or folder that an earlier notebook makes.
        made_by: that notebook's name, "01_explore_dataset".

    Raises:
        MissingInputError: `path` is not there.
    """
    if Path(path).exists():
        return Path(path)
    raise MissingInputError(
        f"{relative(path)} is missing: run notebook {made_by} with the same `run` "
        "first, or all of them with `make run`."
    )


def require_made(made: Iterable[Path]) -> list[str]:
    """Assert the contract of a notebook: every file it promises stands there, filled.

    Args:
        made: the files and folders of the notebook's **Makes** row.

    Returns:
        Their names relative to the run's folder, in the order given, for display.

    Raises:
        AssertionError: names every path that is missing or empty.
    """
    made = [Path(path) for path in made]
    missing = [relative(path) for path in made if not _filled(path)]
    assert not missing, f"promised and not made: {', '.join(missing)}"
    return [_in_run(path) for path in made]


def save_figure(figure: Figure, name: str, settings: Parameters) -> Figure:
    """Write a figure to the run's figures and hand it back for display.

    Args:
        figure: what to save.
        name: `<notebook number>_<what>`, lower case: "06_confusion_densenet121".
        settings: tells the run.

    Raises:
        ValueError: `name` does not start with the notebook's number.
    """
    if not FIGURE_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no figure name: write <two digits>_<what>, lower case, "
            'such as "01_class_counts".'
        )
    folder = run_paths(settings).figures
    folder.mkdir(parents=True, exist_ok=True)
    # Without a date the same figure is the same file.
    figure.savefig(
        folder / f"{name}.png", bbox_inches="tight", metadata={"Software": None}
    )
    plt.close(figure)  # or the inline backend shows it a second time
    return figure


def show_source(function: Callable) -> Code:
    """Show a library function's source as a highlighted output."""
    return Code(inspect.getsource(function), language="python")


def _filled(path: Path) -> bool:
    if path.is_dir():
        return any(path.iterdir())
    return path.is_file() and path.stat().st_size > 0


def _in_run(path: Path) -> str:
    """Leave out data/runs/<run>: stored outputs must not depend on the run's name."""
    root = paths.runs_root().absolute()
    if path.absolute().is_relative_to(root):
        return Path(*path.absolute().relative_to(root).parts[1:]).as_posix()
    return relative(path)
