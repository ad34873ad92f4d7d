"""Runs a study and writes its tables, with a record of what made them."""

import importlib
import json
import pkgutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pandas as pd

from braintumor import paths, provenance, studies
from braintumor.evaluation import results
from braintumor.studies.setting import Setting

RECORD = "provenance.json"


def find_studies() -> dict[str, ModuleType]:
    """Return every study by its name, in alphabetical order."""
    names = [found.name for found in pkgutil.iter_modules(studies.__path__)]
    modules = {
        name: importlib.import_module(f"{studies.__name__}.{name}") for name in names
    }
    return {name: module for name, module in modules.items() if _is_study(module)}


def folder_of(name: str) -> Path:
    """Return the tracked folder of a study's tables and record."""
    return paths.results_root() / "studies" / name


def run_study(name: str, setting: Setting) -> Path:
    """Run one study and write what it found.

    Args:
        name: one of `find_studies`.
        setting: which run is studied.

    Returns:
        The folder with one CSV per table and `provenance.json`.

    Raises:
        KeyError: there is no such study.
        FileNotFoundError: something that it needs is missing.
    """
    start = time.monotonic()
    tables = find_studies()[name].run(setting)
    return publish(name, tables, setting, seconds=time.monotonic() - start)


def publish(
    name: str, tables: Mapping[str, pd.DataFrame], setting: Setting, *, seconds: float
) -> Path:
    """Write the tables of a study, and the record with their hashes last.

    Args:
        name: of the study.
        tables: by the name of their files, without `.csv`.
        setting: as it was run with.
        seconds: that it took.
    """
    folder = folder_of(name)
    for table, content in tables.items():
        results.write_csv(content, folder / f"{table}.csv")
    for stale in {path.stem for path in folder.glob("*.csv")} - {*tables}:
        (folder / f"{stale}.csv").unlink()
    hashes = {f"{table}.csv": hash_table(folder, table) for table in sorted(tables)}
    provenance.write(
        folder / RECORD,
        parameters={
            "run": setting.run,
            "seed": setting.seed,
            "parallel": setting.parallel,
        },
        inputs=setting.inputs,
        seconds=seconds,
        study=name,
        tables=hashes,
    )
    return folder


def hash_table(folder: Path, table: str) -> str:
    """Return the SHA-256 of a table's file."""
    return provenance.file_hash(folder / f"{table}.csv")


def read_table(name: str, table: str) -> pd.DataFrame:
    """Return a tracked table, if it is what its record says.

    Raises:
        FileNotFoundError: the study has not been run; the message says how to.
        ValueError: the file was changed after the study.
    """
    folder = folder_of(name)
    if not (folder / RECORD).is_file():
        raise FileNotFoundError(
            f"Study {name} has no tables yet: run `braintumor study {name}`."
        )
    told = json.loads((folder / RECORD).read_text("utf-8"))["tables"]
    if told.get(f"{table}.csv") != hash_table(folder, table):
        raise ValueError(
            f"{folder / table}.csv is not the table that study {name} wrote: bring it "
            f"back from git, or run `braintumor study {name}` again."
        )
    return pd.read_csv(folder / f"{table}.csv")


def _is_study(module: ModuleType) -> bool:
    return all(hasattr(module, name) for name in ("QUESTION", "NEEDS", "COSTS", "run"))
