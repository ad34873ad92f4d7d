"""From predictions to results: one model, or every table of a run's folder."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from braintumor.evaluation import metrics, results
from braintumor.evaluation.predictions import VIEWS, class_names, read_predictions


def assess(
    predictions: pd.DataFrame,
    *,
    run: str,
    dataset: str,
    model: str,
    replicates: int = 1000,
    seed: int = 7,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate one model in all three views.

    Args:
        predictions: table of `predictions.tabulate`; its columns name the classes.
        run: name of the run, for the rows.
        dataset: name of the source, for the rows.
        model: name of the model or baseline, for the rows.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        results rows (`results.COLUMNS`), confusion rows (`results.CONFUSION_COLUMNS`).
    """
    classes = class_names(predictions)
    scored, counted = [], []
    for view in VIEWS:
        keys = {"run": run, "dataset": dataset, "model": model, "view": view}
        rows = metrics.evaluate(
            predictions, classes=classes, view=view, replicates=replicates, seed=seed
        )
        scored.append(results.label_rows(rows, **keys))
        counts = metrics.confusion_table(predictions, classes, view)
        counted.append(results.label_rows(counts, **keys))
    return results.join(scored), pd.concat(counted, ignore_index=True)


def assess_answers(
    answers: Mapping[str, pd.DataFrame],
    *,
    run: str,
    replicates: int = 1000,
    seed: int = 7,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate several models and baselines; the data set is read off their slices.

    Args:
        answers: model name -> predictions table; the first part of a `slice_id` is the
            name of the source.
        run: name of the run, for the rows.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        results table and confusion table, both sorted.
    """
    pairs = []
    for model, table in answers.items():
        dataset = str(table["slice_id"].iloc[0]).split("/")[0]
        keys = {"run": run, "dataset": dataset, "model": model}
        pairs.append(assess(table, **keys, replicates=replicates, seed=seed))
    counted = pd.concat([rows for _, rows in pairs], ignore_index=True)
    keys = list(results.CONFUSION_COLUMNS[:-1])
    return (
        results.join(rows for rows, _ in pairs),
        counted[[*keys, "count"]].sort_values(keys, ignore_index=True),
    )


def assess_folder(
    folder: Path, *, run: str, replicates: int = 1000, seed: int = 7
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate every predictions table of a run again; no model is needed.

    Args:
        folder: holds `<model>.csv`.
        run: name of the run, for the rows.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        results table and confusion table, both sorted.

    Raises:
        FileNotFoundError: there is no predictions table; says what makes one.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise FileNotFoundError(
            f"No predictions in {folder}. Run notebook 06_evaluate_models first."
        )
    answers = {file.stem: read_predictions(file) for file in files}
    return assess_answers(answers, run=run, replicates=replicates, seed=seed)
