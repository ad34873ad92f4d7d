"""The tracked facts of a run, read back and checked against their hashes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from braintumor import paths, provenance
from braintumor.cards import collecting
from braintumor.evaluation import results
from braintumor.modeling.recipes import describe_recipe, recipe_from_dict
from braintumor.reporting.palette import order_classes
from braintumor.reporting.tables import show_score


@dataclass(frozen=True)
class RunFacts:
    """What the documents of a run may say; all of it tracked.

    Attributes:
        run: its name.
        scores: its results table.
        records: what made it, one record per notebook.
        contracts: promises of each model, by name.
        sets: what the files of each data set are like.
        counts: slices and groups by data set, view, side and class.
        confusion: counts by model, view, true class and answer.
        audits: counts of each data set's audit.
    """

    run: str
    scores: pd.DataFrame
    records: dict[str, dict[str, Any]]
    contracts: dict[str, dict[str, Any]]
    sets: dict[str, dict[str, Any]]
    counts: pd.DataFrame
    confusion: pd.DataFrame
    audits: dict[str, dict[str, Any]]

    def score(self, model: str, view: str, metric: str) -> str:
        """Return a score as "0.974 (0.964–0.984, n=1,311)".

        Raises:
            KeyError: the results table has no such row.
        """
        return show_score(next(self._rows(model, view, metric).itertuples()))

    def value(self, model: str, view: str, metric: str) -> float:
        """Return a score, 0 to 1."""
        return float(self._rows(model, view, metric)["value"].iloc[0])

    def count(self, dataset: str, view: str, side: str, label: str = "all") -> int:
        """Return how many slices a side has; 0 where it has none."""
        return self._sum("slices", dataset, view, side, label)

    def groups(self, dataset: str, view: str, side: str, label: str = "all") -> int:
        """Return how many groups a side has; 0 where it has none."""
        return self._sum("groups", dataset, view, side, label)

    def labels(self, dataset: str) -> list[str]:
        """Return "all" and a data set's classes, in house order."""
        known = self.counts.loc[self.counts["dataset"] == dataset, "label"]
        return ["all", *order_classes(set(known) - {"all"})]

    def recipe(self, model: str) -> dict[str, str]:
        """Return a model's recipe as words."""
        return describe_recipe(recipe_from_dict(self.contracts[model]["recipe"]))

    def answers(self, model: str, view: str) -> pd.DataFrame:
        """Return how often a model gave which answer to the test slices of a view.

        Returns:
            `label`, `predicted`, `count`, one row per pair of classes.
        """
        table = self.confusion
        chosen = (table["model"] == model) & (table["view"] == view)
        return table.loc[chosen, ["label", "predicted", "count"]]

    def _rows(self, model: str, view: str, metric: str) -> pd.DataFrame:
        table = self.scores
        rows = table[
            (table["model"] == model)
            & (table["view"] == view)
            & (table["metric"] == metric)
        ]
        if len(rows) != 1:
            raise KeyError(
                f"{self.run}.csv has {len(rows)} rows {model} {view} {metric}"
            )
        return rows

    def _sum(self, column: str, dataset: str, view: str, side: str, label: str) -> int:
        table = self.counts
        chosen = (table["dataset"] == dataset) & (table["view"] == view)
        chosen &= (table["side"] == side) & (table["label"] == label)
        return int(table.loc[chosen, column].sum())


def read_facts(run: str) -> RunFacts:
    """Read what is tracked of a run.

    Raises:
        FileNotFoundError: nothing is tracked of it; the message says what to run.
        ValueError: a file was changed since it was collected.
    """
    folder, root = collecting.folder_of(run), paths.results_root()
    if not (folder / collecting.RECORD).is_file():
        raise FileNotFoundError(
            f"Nothing is kept of run {run!r} in {root.name}/cards. Where the run lies "
            f"in data/runs, `braintumor cards {run}` takes it from there."
        )
    record = _read_json(folder / collecting.RECORD)
    for name, wanted in record["files"].items():
        if not (folder / name).is_file() or _differs(folder / name, wanted):
            raise ValueError(
                f"{folder.name}/{name} is not the file that was collected: bring it "
                f"back from git, or write it again with `braintumor cards {run}`."
            )
    table = results.find_results(run, tracked=True)
    records = _read_json(table.with_suffix(".provenance.json"))
    told = records[collecting.EVALUATION]["parameters"]
    names = sorted(record["sets"], key=lambda name: name != told["dataset"])
    return RunFacts(
        run=run,
        scores=results.read_results(table),
        records=records,
        contracts={
            path.stem: _read_json(path)
            for path in sorted((folder / "contracts").glob("*.json"))
        },
        sets={name: record["sets"][name] for name in names},
        counts=pd.read_csv(folder / collecting.COUNTS),
        confusion=pd.read_csv(folder / collecting.CONFUSION),
        audits={name: _read_json(root / "audit" / f"{name}.json") for name in names},
    )


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _differs(path: Path, wanted: str) -> bool:
    return provenance.file_hash(path) != wanted
