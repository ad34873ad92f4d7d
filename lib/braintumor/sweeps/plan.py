"""Which trainings a sweep is made of, and which run keeps the files of each.

One run holds what all share: the manifest and the joined table. Each pair of a seed and
a fold, a cell, is a run of its own, so the training notebooks need not know of folds:
they are pointed at the cell's run and find its splits there.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from braintumor import paths, runs

PLAN = "sweep.json"
TABLE = "sweep.csv"
LOG, ANSWER_LOG = "logs/{model}.log", "logs/{model}.answers.log"  # in a cell's folder


@dataclass(frozen=True)
class Sweep:
    """Every choice of a sweep.

    Attributes:
        name: of the run that all cells share.
        dataset: source of the four-class models.
        binary_dataset: source of the binary model.
        profile: which recipes.
        seeds: each deals its own folds, and seeds the trainings on them.
        folds: parts that the slices are dealt into, whole groups at a time.
        models: names of recipes.
        threads: of each training; part of what decides its weights.
        changes: further parameters of the notebooks.
    """

    name: str
    dataset: str
    binary_dataset: str
    profile: str
    seeds: tuple[int, ...]
    folds: int
    models: tuple[str, ...]
    threads: int = 1
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> runs.RunPaths:
        """The files that all cells share."""
        return runs.run_paths(self.name)

    @property
    def table(self) -> Path:
        """The joined table."""
        return self.files.folder / TABLE

    @property
    def sources(self) -> list[str]:
        """The data sets that are learnt."""
        return sorted({self.source(model) for model in self.models})

    def source(self, model: str) -> str:
        """Return the data set that a model learns."""
        return self.binary_dataset if model.endswith("_binary") else self.dataset

    def cell(self, seed: int | str, fold: int | str) -> str:
        """Return the name of a cell's run; wildcards of a graph may stand for both."""
        return f"{self.name}-seed{seed}-fold{fold}"

    def cell_files(self, seed: int, fold: int) -> runs.RunPaths:
        """Return the files of a cell."""
        return runs.run_paths(self.cell(seed, fold))

    def trainings(self) -> list[tuple[runs.RunPaths, str]]:
        """Return the files of the cell, and the model, of every training."""
        return [
            (self.cell_files(seed, fold), model)
            for model in self.models
            for seed in self.seeds
            for fold in range(self.folds)
        ]

    def told(self, run: str, seed: int) -> dict[str, Any]:
        """Return the parameters that a notebook of the sweep may be told."""
        return {
            "dataset": self.dataset,
            "binary_dataset": self.binary_dataset,
            "profile": self.profile,
            "seed": seed,
            "run": run,
            **self.changes,
        }


def save_plan(sweep: Sweep) -> Path:
    """Write a sweep where its graph and its jobs find it; return the file."""
    path = sweep.files.folder / PLAN
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(sweep), indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return path


def read_plan(name: str) -> Sweep:
    """Return the sweep that `save_plan` wrote.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    path = paths.run_folder(name) / PLAN
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: `braintumor sweep` writes it.")
    return from_dict(json.loads(path.read_text(encoding="utf-8")))


def from_dict(values: dict[str, Any]) -> Sweep:
    """Return the sweep of `asdict`, read back from JSON."""
    lists = {name: tuple(values[name]) for name in ("seeds", "models")}
    return Sweep(**values | lists)
