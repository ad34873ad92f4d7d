"""Takes from a run what its documents need, and keeps it in small tracked files."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from braintumor import paths, provenance, runs
from braintumor.data import hashes, manifest, sources
from braintumor.data.layout import SliceRow
from braintumor.evaluation import results
from braintumor.evaluation.predictions import VIEWS
from braintumor.modeling.contract import CONTRACT, read_contract

RECORD = "record.json"
COUNTS = "counts.csv"
CONFUSION = "confusion.csv"
EVALUATION = "06_evaluate_models"


def folder_of(run: str) -> Path:
    """Return the tracked folder of a run's facts."""
    paths.run_folder(run)  # refuses what is no run name
    return paths.results_root() / "cards" / run


def is_here(run: str) -> bool:
    """Tell whether the run itself lies on this machine, not only its tracked facts."""
    return runs.run_paths(run).provenance(EVALUATION).is_file()


def collect(run: str) -> Path:
    """Copy contracts and confusions of a run, and count its slices.

    Args:
        run: name of a run whose notebook 06 has run.

    Returns:
        The folder: one contract per model as it is, `counts.csv` (slices and groups by
        data set, view, side and class), `confusion.csv`, and `record.json` with the
        SHA-256 of these files and of those that they were made from.

    Raises:
        ArtifactError: a model is missing or altered.
        FileNotFoundError: the run was not evaluated.
        ValueError: a file is not the one that notebook 06 evaluated.
    """
    files, folder = runs.run_paths(run), folder_of(run)
    evaluated = _read_evaluated(files, run)
    models = sorted(Path(n).parent.name for n in evaluated if n.endswith(CONTRACT))
    names = sorted(Path(name).stem for name in evaluated if "/splits/" in name)
    for model in models:
        read_contract(files.model(model))
    inputs = [files.model(model) / CONTRACT for model in models]
    inputs += [files.splits(name) for name in names]
    _require_evaluated(inputs, evaluated)
    tables = {name: manifest.load_manifest(files.splits(name)) for name in names}
    told = {name: describe_slices(name, table) for name, table in tables.items()}
    counts = [
        count_slices(table).assign(dataset=name) for name, table in tables.items()
    ]
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "contracts").mkdir(parents=True)
    for model in models:
        kept = folder / "contracts" / f"{model}.json"
        shutil.copyfile(files.model(model) / CONTRACT, kept)
    columns = ["dataset", "view", "side", "label", "slices", "groups"]
    results.write_csv(pd.concat(counts)[columns], folder / COUNTS)
    shutil.copyfile(files.confusion, folder / CONFUSION)
    _write_record(folder, run, inputs, told)
    return folder


def count_slices(table: pd.DataFrame) -> pd.DataFrame:
    """Count slices and groups by view, side and class.

    Args:
        table: a split manifest.

    Returns:
        One row each, and one per view and side with `label` "all", since a group may
        hold several classes.
    """
    rows = []
    for view in VIEWS:
        for side, part in table.groupby(view):
            for label, some in [("all", part), *part.groupby("label")]:
                rows.append((view, side, label, len(some), some["group_id"].nunique()))
    return pd.DataFrame(rows, columns=["view", "side", "label", "slices", "groups"])


def describe_slices(name: str, table: pd.DataFrame) -> dict[str, Any]:
    """Say what the files of a set are like, and which known copy they are.

    Args:
        name: of the source.
        table: its manifest.
    """
    digests = {}
    for row in table.itertuples():
        side = row.official_split if isinstance(row.official_split, str) else None
        place = SliceRow(row.path, row.label, side, None)
        digests[hashes.canonical_path(place)] = row.sha256
    compared = hashes.compare_copies(sources.get_source(name), digests)
    return {
        "slices": len(table),
        "groups": int(table["group_id"].nunique()),
        "patients": int(table["patient_id"].nunique()),
        "shortest_side": int(table[["width", "height"]].min(axis=1).min()),
        "longest_side": int(table[["width", "height"]].max(axis=1).max()),
        "modes": table["mode"].value_counts().sort_index().to_dict(),
        "copy": compared.copy,
        "copy_is_equal": compared.is_equal,
    }


def _read_evaluated(files: runs.RunPaths, run: str) -> dict[str, str]:
    path = files.provenance(EVALUATION)
    if not path.is_file():
        raise FileNotFoundError(
            f"Run {run!r} has no {runs.relative(path)}: evaluate it first, with "
            "`braintumor run` or notebook 06."
        )
    return json.loads(path.read_text(encoding="utf-8"))["data"]


def _require_evaluated(inputs: list[Path], evaluated: dict[str, str]) -> None:
    for path in inputs:
        if evaluated.get(runs.relative(path)) != provenance.file_hash(path):
            raise ValueError(
                f"{runs.relative(path)} is not the file that notebook 06 evaluated: "
                "run notebook 06 again, then write the cards."
            )


def _write_record(
    folder: Path, run: str, inputs: list[Path], told: dict[str, Any]
) -> None:
    made = sorted(path for path in folder.rglob("*") if path.is_file())
    record = {
        "run": run,
        "sets": told,
        "inputs": {runs.relative(path): provenance.file_hash(path) for path in inputs},
        "files": {
            path.relative_to(folder).as_posix(): provenance.file_hash(path)
            for path in made
        },
    }
    text = json.dumps(record, indent=1) + "\n"
    (folder / RECORD).write_text(text, encoding="utf-8")
