"""One model's answers in one place, as the rows of the calibration study's tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from braintumor.evaluation import abstention, calibration, reliability, summaries
from braintumor.evaluation.scores import NO_TUMOR
from braintumor.studies.answers import Answers

WANTED_ACCURACY = 0.98  # of the answered validation slices, as in the demo
CURVE = 20  # tumour slices, and healthy ones, below which no curve is drawn


@dataclass(frozen=True)
class Bars:
    """What validation slices decide about a model's answers.

    Attributes:
        temperature: divides the logits.
        answer: bar of the top probability, below which the model abstains.
        tumor: bar of the probability of any tumour.
    """

    temperature: float
    answer: calibration.Threshold
    tumor: abstention.TumorBar


def fit_bars(chosen: Answers) -> Bars:
    """Fit temperature, then both bars, on one set of slices."""
    temperature = calibration.fit_temperature(chosen.logits, chosen.labels)
    probabilities = calibration.calibrate(chosen.logits, temperature)
    return Bars(
        temperature,
        calibration.choose_threshold(
            probabilities, chosen.labels, accuracy=WANTED_ACCURACY
        ),
        abstention.choose_tumor_bar(
            chosen.tumor_probability(temperature), chosen.tumor
        ),
    )


def describe_bars(bars: Bars) -> pd.DataFrame:
    """Return what was fitted, on how many slices, as one row."""
    row = {
        "temperature": bars.temperature,
        "answer_bar": bars.answer.value,
        "wanted_accuracy": WANTED_ACCURACY,
        "tumor_bar": bars.tumor.value,
        "allowed_missed": bars.tumor.allowed,
        "slices": bars.answer.n,
        "tumor_slices": bars.tumor.tumors,
    }
    return pd.DataFrame([row])


def score(found: Answers, bars: Bars, seed: int) -> pd.DataFrame:
    """Score before and after the temperature, the paired change, and chance alone."""
    stages = _stages(found, bars)

    def weigh(weights: np.ndarray) -> dict:
        before, after = (
            reliability.score_calibration(probabilities, found.labels, weights)
            for probabilities in stages.values()
        )
        change = {name: after[name] - before[name] for name in after}
        named = {"before": before, "after": after, "change": change}
        return {
            (name, stage): value
            for stage, scored in named.items()
            for name, value in scored.items()
        }

    summary = summaries.summarize(weigh, found.group_ids, seed=seed)
    for stage, probabilities in stages.items():
        top = probabilities.max(axis=1)
        for name, adaptive in (("error", False), ("adaptive_error", True)):
            summary[f"{name}_by_chance", stage] = summaries.summarize_chance(
                top, adaptive=adaptive, seed=seed
            )
    return pd.DataFrame(
        [
            {"metric": name, "stage": stage, **row}
            for (name, stage), row in summary.items()
        ]
    ).astype({"groups": "Int64"})


def place_bins(found: Answers, bars: Bars, seed: int) -> pd.DataFrame:
    """Return the bins of equal width and of equal mass, before and after."""
    parts = []
    for stage, probabilities in _stages(found, bars).items():
        for equal, adaptive in (("width", False), ("mass", True)):
            rows = summaries.summarize_bins(
                probabilities,
                found.labels,
                found.group_ids,
                adaptive=adaptive,
                seed=seed,
            )
            parts.append(pd.DataFrame(rows).assign(stage=stage, equal=equal))
    return pd.concat(parts, ignore_index=True)


def trace_risk(found: Answers, bars: Bars, seed: int) -> pd.DataFrame:
    """Return the risk–coverage curve of the calibrated answers."""
    top, right = reliability.top_answers(_stages(found, bars)["after"], found.labels)
    return abstention.tabulate_risk(top, right)


def abstain(found: Answers, bars: Bars, seed: int) -> pd.DataFrame:
    """Measure what the bar of the top probability does."""
    top, right = reliability.top_answers(_stages(found, bars)["after"], found.labels)
    answered = top >= bars.answer.value
    asked = {
        "accuracy_of_all": (right, found.group_ids),
        "coverage": (answered, found.group_ids),
        "accuracy_of_answered": (right[answered], found.group_ids[answered]),
    }
    return pd.DataFrame(
        [
            {"metric": metric, **summaries.summarize_rate(*slices, seed=seed)}
            for metric, slices in asked.items()
        ]
    )


def decide(found: Answers, bars: Bars, seed: int) -> pd.DataFrame:
    """Measure missed tumours and false alarms, by the largest class and by the bar."""
    healthy = found.classes.index(NO_TUMOR)
    rules = {
        "largest": found.logits.argmax(axis=1) != healthy,
        "bar": found.tumor_probability(bars.temperature) >= bars.tumor.value,
    }
    rows = []
    for rule, called in rules.items():
        for metric, mask, happened in (
            ("missed", found.tumor, ~called),
            ("false_alarms", ~found.tumor, called),
        ):
            rate = summaries.summarize_rate(
                happened[mask], found.group_ids[mask], seed=seed
            )
            count = int(happened[mask].sum())
            rows.append({"rule": rule, "metric": metric, "count": count, **rate})
    return pd.DataFrame(rows)


def trace_trade_off(found: Answers, bars: Bars, seed: int) -> pd.DataFrame:
    """Return missed tumours against false alarms; no row where either rests on few."""
    if min(found.tumor.sum(), (~found.tumor).sum()) < CURVE:
        return pd.DataFrame()
    tumor_probability = found.tumor_probability(bars.temperature)
    return abstention.tabulate_trade_off(tumor_probability, found.tumor)


def _stages(found: Answers, bars: Bars) -> dict[str, np.ndarray]:
    """Return the probabilities (n, classes) before and after the temperature."""
    temperatures = {"before": 1.0, "after": bars.temperature}
    return {
        stage: calibration.calibrate(found.logits, temperature)
        for stage, temperature in temperatures.items()
    }
