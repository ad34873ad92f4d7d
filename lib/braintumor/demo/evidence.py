"""What a model card may say of the test side: read, never measured here."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from braintumor import runs
from braintumor.evaluation import calibration, predictions, results
from braintumor.evaluation.predictions import VIEWS
from braintumor.modeling.contract import CONTRACT
from braintumor.reporting.palette import show_name
from braintumor.reporting.tables import show_score

NOTEBOOK = "06_evaluate_models"
BASELINE = "nearest_neighbor"


@dataclass(frozen=True)
class Evidence:
    """What the evaluation notebook measured of a model on the test side.

    Attributes:
        scores: rows of the results table: this model's and its baseline's.
        predictions: one row of uncalibrated probabilities per test slice.
    """

    scores: pd.DataFrame
    predictions: pd.DataFrame


def find_evidence(run: str, model: str, identity: str) -> Evidence | None:
    """Return a run's test results of a model.

    Args:
        run: its name.
        model: one of `recipes.MODELS`.
        identity: SHA-256 of the contract of the training in question.

    Returns:
        None where the evaluation notebook has not run, or has measured an earlier
        training of the model (its provenance holds another contract's hash).
    """
    files = runs.run_paths(run)
    told = files.provenance(NOTEBOOK)
    if not told.is_file() or not files.results.is_file():
        return None
    contract = files.model(model) / CONTRACT
    measured = json.loads(told.read_text(encoding="utf-8"))["data"]
    if measured.get(runs.relative(contract)) != identity:
        return None
    return Evidence(
        select_scores(model, results.read_results(files.results)),
        predictions.read_predictions(files.predictions(model)),
    )


def select_scores(model: str, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a results table that a card shows: a model's, a baseline's."""
    ending = "_binary" if model.endswith("_binary") else ""
    return scores[scores["model"].isin([model, BASELINE + ending])]


def describe_test(model: str, fitted: dict, evidence: Evidence | None) -> str:
    """Return the card's section on the test side, as Markdown.

    Args:
        model: its name.
        fitted: temperature and threshold, from validation.
        evidence: of this very model, or None.
    """
    head = "## What it scores on the test\n\n"
    if evidence is None:
        return head + (
            "Not measured for this training. Run notebook 06 of its run, then ship it "
            "again."
        )
    return head + (
        f"{tabulate_scores(model, evidence.scores)}\n\n"
        f"{_describe_abstention(evidence.predictions, fitted)}"
    )


def tabulate_scores(model: str, scores: pd.DataFrame) -> str:
    """Return what a model scores in the three views, as Markdown.

    Args:
        model: its name.
        scores: its rows of the results table, and those of its baseline.
    """
    lines = ["| | " + " | ".join(map(show_name, VIEWS)) + " |", "|---|---|---|---|"]
    for who, metric in _shown_rows(scores, model):
        rows = scores[(scores["model"] == who) & (scores["metric"] == metric)]
        cells = {row.view: show_score(row) for row in rows.itertuples()}
        name = show_name(metric) + ("" if who == model else f" of {show_name(who)}")
        lines.append(f"| {name} | " + " | ".join(cells[view] for view in VIEWS) + " |")
    return (
        "With 95 % intervals over groups; every slice answered, none left out. "
        "*As shipped* is the published test (where none is published, one cut slice by "
        "slice, as is usual), *deduplicated* is without repeats of training slices, "
        "*group disjoint* is without anything like them; only the last says what to "
        "expect of new patients. The nearest neighbor compares thumbnails and never "
        "heard of brains.\n\n" + "\n".join(lines)
    )


def _shown_rows(scores: pd.DataFrame, model: str) -> list[tuple[str, str]]:
    own = scores[scores["model"] == model]["metric"].unique()
    order = ["accuracy", "macro_f1", "auc", "sensitivity", "specificity"]
    order += sorted(set(own) - set(order))
    others = sorted(set(scores["model"]) - {model})
    return [(model, name) for name in order] + [(o, "accuracy") for o in others]


def _describe_abstention(table: pd.DataFrame, fitted: dict) -> str:
    """Say what temperature and bar, fitted elsewhere, do on the test."""
    lines = [
        "| with abstention | answered | right among the answered |",
        "|---|---|---|",
    ]
    classes = predictions.class_names(table)
    for view in VIEWS:
        part = predictions.select_view(table, view)
        if part.empty:
            continue
        raw = part[[predictions.PREFIX + name for name in classes]].to_numpy()
        logits = np.log(np.maximum(raw, 10.0**-predictions.DECIMALS))
        answers = calibration.calibrate(logits, fitted["temperature"])
        right = np.array(classes)[answers.argmax(axis=1)] == part["label"].to_numpy()
        answered = answers.max(axis=1) >= fitted["threshold"]
        share = percent(right[answered].mean()) if answered.any() else "–"
        lines.append(
            f"| {show_name(view)} | {answered.sum():,} of {len(part):,} "
            f"({percent(answered.mean())}) | {share} |"
        )
    return "\n".join(lines)


def describe_confusions(table: pd.DataFrame) -> str:
    """Return in one sentence how many test slices are wrong, and the usual errors."""
    classes = np.array(predictions.class_names(table))
    columns = [predictions.PREFIX + name for name in classes]
    said = classes[table[columns].to_numpy().argmax(axis=1)]
    pairs = pd.DataFrame({"label": table["label"].to_numpy(), "predicted": said})
    return tell_errors(pairs.value_counts().reset_index())


def tell_errors(counts: pd.DataFrame) -> str:
    """Say in one sentence how many answers are wrong, and which errors are usual.

    Args:
        counts: `label`, `predicted` and `count`, one row per pair of classes.
    """
    wrong = counts[(counts["label"] != counts["predicted"]) & (counts["count"] > 0)]
    wrong = wrong.sort_values(
        ["count", "label", "predicted"], ascending=[False, True, True]
    )
    share = f"{wrong['count'].sum():,} of {counts['count'].sum():,} test slices are "
    usual = ", ".join(
        f"{show_name(label)} called {show_name(answer)} ({count})"
        for label, answer, count in wrong.head(3)[
            ["label", "predicted", "count"]
        ].itertuples(index=False, name=None)
    )
    most = f"; most often {usual}" if usual else ""
    return f"{share}answered wrongly{most}."


def percent(share: float) -> str:
    """Write a share of 1 as "97.3 %"."""
    return f"{100 * share:.1f} %"
