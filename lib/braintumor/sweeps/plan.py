"""Which trainings a sweep is made of, and which run keeps the files of each.

One run holds what all share: the manifest and the joined table. Each pair of a seed and
a fold, a cell, is a run of its own, so the training notebooks need not know of folds:
they are pointed at the cell's run and find its splits there.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from braintumor import paths, runs
from braintumor.parameters import ParameterError
from braintumor.workflow import settings

PLAN = "sweep.json"
TABLE = "sweep.csv"
LOGS = "logs"  # folder of every cell
CHANGES = ("epochs", "side", "learning_rate", "batch_size", "binary_dataset")


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


def plan_sweep(
    dataset: str | None = None,
    profile: str | None = None,
    run: str | None = None,
    *,
    seeds: Iterable[str],
    folds: int,
    models: Iterable[str],
    threads: int = 1,
    **changes: Any,
) -> Sweep:
    """Return a sweep, checked and complete.

    Args:
        dataset: a source; the profile's own by default.
        profile: `quick` by default, or `cpu` where a real source is named.
        run: `<dataset>-<profile>-<folds>folds` by default, plus what was changed. Seeds
            and models are no part of the name: more of them extend a sweep.
        seeds: of dealing and training.
        folds: 2 or more.
        models: keys of `settings.TRAININGS`.
        threads: of each training.
        **changes: `epochs`, `side` and the like, for every notebook.

    Raises:
        ParameterError: names the choice that is unknown, repeated or out of range.
        FileNotFoundError: the profile has no file.
    """
    models = _once("model", models)
    numbers = _once("seed", map(_read_seed, seeds))
    _check(models, folds, threads, changes)
    chosen = settings.resolve(dataset, profile, None, run, **changes)
    extra = "".join(f"-{name}{value}" for name, value in sorted(changes.items()))
    binary = any(model.endswith("_binary") for model in models)
    return Sweep(
        name=run or f"{chosen['dataset']}-{chosen['profile']}-{folds}folds{extra}",
        dataset=chosen["dataset"],
        # Without a binary model there is no second source to audit.
        binary_dataset=chosen["binary_dataset" if binary else "dataset"],
        profile=chosen["profile"],
        seeds=numbers,
        folds=folds,
        models=models,
        threads=threads,
        changes={name: chosen[name] for name in changes if name != "binary_dataset"},
    )


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


def _check(
    models: tuple[str, ...], folds: int, threads: int, changes: dict[str, Any]
) -> None:
    """Refuse what `settings.resolve` does not look at."""
    for model in models:
        if model not in settings.TRAININGS:
            known = ", ".join(settings.TRAININGS)
            raise ParameterError(f"No model {model!r}: choose among {known}.")
    for name in changes:
        if name not in CHANGES:
            raise ParameterError(
                f"{name!r} is no parameter of a sweep: {', '.join(CHANGES)} are. "
                "Seeds, folds, models and the run's name have options of their own."
            )
    for name, value, least in (("folds", folds, 2), ("threads", threads, 1)):
        if value < least:
            raise ParameterError(f"{name}={value}: give {least} or more.")


def _once(what: str, given: Iterable[Any]) -> tuple[Any, ...]:
    """Return what was given, or refuse nothing at all and what is repeated."""
    values = tuple(given)
    for value in values:
        if values.count(value) > 1:
            raise ParameterError(f"{what} {value!r} stands twice; name each once.")
    if not values:
        raise ParameterError(f"No {what} is named; give one or more.")
    return values


def _read_seed(word: str) -> int:
    """Return a seed as a number that every library takes."""
    if not word.isdecimal() or int(word) >= 2**32:
        raise ParameterError(f"seed={word!r}: give a whole number from 0 to 2**32 - 1.")
    return int(word)
