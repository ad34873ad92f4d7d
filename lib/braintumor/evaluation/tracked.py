"""Results kept in the repository: read only if they are what was published.

Beside `data/results/<run>.csv` stands `<run>.sha256`, in the format of `sha256sum`: one
line for the table and one for each model's predictions. From these every number of the
table can be computed again without a model and without a slice.
"""

import hashlib
from pathlib import Path

import pandas as pd

from braintumor import paths
from braintumor.evaluation import predictions, results


def sums_file(run: str) -> Path:
    """Return the list of hashes of a run's published files."""
    return paths.results_root() / f"{run}.sha256"


def predictions_file(run: str, model: str) -> Path:
    """Return the published predictions of a model."""
    return paths.results_root() / "predictions" / run / f"{model}.csv"


def list_runs() -> list[str]:
    """Return the runs whose published files are listed with their hashes."""
    return sorted(path.stem for path in paths.results_root().glob("*.sha256"))


def list_models(run: str) -> list[str]:
    """Return the models and baselines of a run that have published predictions.

    Raises:
        FileNotFoundError: the run has no list of hashes.
    """
    folder = predictions_file(run, "any").parent
    return sorted(
        Path(name).stem for name in _sums(run) if name.startswith(_name(folder) + "/")
    )


def check_file(run: str, path: Path) -> Path:
    """Hold a published file against its hash, and return it.

    Raises:
        FileNotFoundError: the run has no list of hashes, or the file is gone.
        ValueError: it is not in the list, or was changed.
    """
    expected = _sums(run).get(_name(path))
    if not path.is_file():
        raise FileNotFoundError(f"{path} is gone: bring it back from git.")
    if expected != hashlib.sha256(path.read_bytes()).hexdigest():
        raise ValueError(
            f"{path} is not the file that run {run} published "
            f"({sums_file(run).name} says otherwise): bring it back from git, or "
            f"publish again with `braintumor evaluate {run} --publish`."
        )
    return path


def read_results(run: str) -> pd.DataFrame:
    """Return a run's published results table, checked; see `check_file`."""
    path = paths.results_root() / f"{run}.csv"
    return results.read_results(check_file(run, path))


def read_predictions(run: str, model: str) -> pd.DataFrame:
    """Return a model's published predictions, checked; see `check_file`."""
    path = predictions_file(run, model)
    return predictions.read_predictions(check_file(run, path))


def _sums(run: str) -> dict[str, str]:
    """Read name -> SHA-256, names relative to the folder of results."""
    if not sums_file(run).is_file():
        raise FileNotFoundError(
            f"No {sums_file(run)}: publish the run with "
            f"`braintumor evaluate {run} --publish`."
        )
    lines = sums_file(run).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("  ", 1) for line in lines if line]
    return {name: digest for digest, name in pairs}


def _name(path: Path) -> str:
    return path.relative_to(paths.results_root()).as_posix()
