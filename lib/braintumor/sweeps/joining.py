"""Joins the answers of all cells into one table, the same bytes in whatever order."""

import argparse
import sys
import time
from dataclasses import asdict

import pandas as pd

from braintumor import provenance
from braintumor.data import manifest
from braintumor.evaluation import predictions, results
from braintumor.studies import folds
from braintumor.sweeps import plan

KEYS = ("dataset", "model", "part", "seed", "fold", "metric")
COLUMNS = (*KEYS, "value", "low", "high", "deviation", "slices", "groups", "seeds")
WHOLE = ("seed", "fold", "slices", "groups", "seeds")  # numbers, or missing


def join_answers(sweep: plan.Sweep) -> pd.DataFrame:
    """Score every fold, every seed's folds together, and the spread over seeds.

    Args:
        sweep: all of its cells must have answered.

    Returns:
        One row per metric, in three parts. `fold`: `value` with its 95 % interval
        `low` to `high` over `groups` of the `slices` of one fold. `pooled`: the same
        of all folds of a seed, each slice answered once by a network that had not seen
        it. `spread`: `value` is the mean and `deviation` the standard deviation (n − 1)
        of the pooled values of `seeds` seeds.

    Raises:
        FileNotFoundError: a cell has not answered.
        ValueError: the folds of a seed do not hold every slice exactly once.
    """
    parts = []
    for model in sweep.models:
        parts += _score_model(sweep, model)
    joined = pd.concat(parts, ignore_index=True).reindex(columns=[*COLUMNS])
    return joined.astype({name: "Int64" for name in WHOLE})


def _score_model(sweep: plan.Sweep, model: str) -> list[pd.DataFrame]:
    """Return the rows of one model, part by part."""
    source = sweep.source(model)
    slices = manifest.load_manifest(sweep.files.manifest(source))["slice_id"]
    single, pooled = [], []
    for seed in sweep.seeds:
        answers = []
        for fold in range(sweep.folds):
            file = sweep.cell_files(seed, fold).predictions(model)
            answers.append(predictions.read_predictions(file))
            single.append(_score(answers[-1]).assign(part="fold", seed=seed, fold=fold))
        whole = pd.concat(answers, ignore_index=True)
        require_each_once(whole["slice_id"], slices, f"{model}, seed {seed}")
        pooled.append(_score(whole).assign(part="pooled", seed=seed))
    told = {"dataset": source, "model": model}
    parts = [*single, *pooled, measure_spread(pd.concat(pooled))]
    return [part.assign(**told) for part in parts]


def measure_spread(pooled: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard deviation and number of seeds of every metric.

    Args:
        pooled: `metric` and `value`, one row per metric and seed.

    Returns:
        One row per metric, in the order in which they come first.
    """
    by_metric = pooled.groupby("metric", sort=False)["value"]
    spread = by_metric.agg(value="mean", deviation="std", seeds="count")
    return spread.reset_index().assign(part="spread")


def require_each_once(answered: pd.Series, slices: pd.Series, where: str) -> None:
    """Refuse answers that leave a slice out, hold it twice, or hold another's.

    Raises:
        ValueError: names the first such slice and the cure.
    """
    counts = answered.value_counts().reindex(slices, fill_value=0)
    strange = answered[~answered.isin(slices)].tolist()
    wrong = strange + counts.index[counts != 1].tolist()
    if wrong:
        times = int((answered == wrong[0]).sum())
        raise ValueError(
            f"{where}: slice {wrong[0]} is answered {times} times over all folds, and "
            f"{len(wrong)} slices are not answered exactly once. Remove the cells of "
            "this seed under data/runs and sweep again."
        )


def _score(answers: pd.DataFrame) -> pd.DataFrame:
    """Score answers with intervals over groups."""
    scored = folds.score(answers, predictions.class_names(answers))
    return scored.rename(columns={"n": "slices"}).drop(columns="dropped")


def main(arguments: list[str] | None = None) -> None:
    """Write the table of a sweep whose cells have all answered."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("sweep")
    sweep = plan.read_plan(parser.parse_args(arguments).sweep)
    started = time.monotonic()
    try:
        table = join_answers(sweep)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    results.write_csv(table, sweep.table)
    provenance.write(
        sweep.table.with_suffix(".provenance.json"),
        parameters=asdict(sweep),
        inputs=[cell.predictions(model) for cell, model in sweep.trainings()],
        seconds=time.monotonic() - started,
    )


if __name__ == "__main__":
    main()
