"""What a faulty slice does to the shipped model, and whether the model notices."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from tqdm import tqdm

from braintumor.data import severities
from braintumor.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from braintumor.evaluation import robustness
from braintumor.studies.setting import Setting
from braintumor.studies.shipped import VIEWS, Draw, Shipped, draw_test, load_shipped

QUESTION = "Does confidence fall with accuracy when the scanner or the export is bad?"
NEEDS = ("nickparvar",)
COSTS = "5 minutes on one core"
CLEAN = "none"

Answers = dict[tuple[str, int], np.ndarray]


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Corrupt a fixed draw of the official test, and look at the answers.

    Returns:
        `as_shipped` and `deduplicated`: scores by corruption and severity, the second
        without the slices that have a repeat in training; `summary`: what five
        severities cost on average; `predicted`: what the worst is taken for; `ladder`:
        strengths, and what they do to the pixels; `slices`: who was looked at.
    """
    shipped = load_shipped(setting)
    draw = draw_test(setting, shipped.recipe.classes)
    answers, noise = answer_corrupted(shipped, draw, seed=setting.seed)
    tables = {view: score(shipped, draw, answers, draw.in_view(view)) for view in VIEWS}
    return tables | {
        "summary": summarise(draw, answers),
        "predicted": count_predicted(shipped.recipe.classes, answers),
        "ladder": compare_ladders(noise, n=len(draw.labels)),
        "slices": draw.count(),
    }


def answer_corrupted(
    shipped: Shipped, draw: Draw, *, seed: int
) -> tuple[Answers, dict[tuple[str, int], float]]:
    """Answer every slice under every corruption.

    Returns:
        Probabilities (n, classes) by corruption and severity, ("none", 0) too; and the
        median peak signal-to-noise ratio of the slices, dB, likewise.
    """
    answers, noise = {(CLEAN, 0): shipped.answer(draw.pixels)}, {}
    for name, severity in tqdm(severities.RUNGS, desc="corruptions", unit="rung"):
        corrupted = [
            corrupt(grey, name, severity, seed=seed, slice_id=slice_id)
            for grey, slice_id in zip(draw.pixels, draw.names, strict=True)
        ]
        answers[name, severity] = shipped.answer(corrupted)
        noise[name, severity] = severities.measure_noise(draw.pixels, corrupted)
    return answers, noise


def score(
    shipped: Shipped, draw: Draw, answers: Mapping, inside: np.ndarray
) -> pd.DataFrame:
    """Score every corruption and severity on the slices `inside` (n,) bool."""
    no_tumor = shipped.recipe.classes.index("no_tumor")
    parts = []
    for (name, severity), probabilities in answers.items():
        columns = robustness.describe_answers(
            probabilities[inside],
            draw.labels[inside],
            threshold=shipped.threshold,
            no_tumor=no_tumor,
        )
        scores = robustness.average(columns, draw.groups[inside])
        parts.append(_label(scores, corruption=name, severity=severity))
    return pd.concat(parts, ignore_index=True)


def summarise(draw: Draw, answers: Mapping) -> pd.DataFrame:
    """Return what each corruption changes, averaged over its five severities.

    The same slices stand before and after, so the intervals are those of paired
    differences. `overconfidence_change` is what confidence did not lose although
    accuracy did.

    Source: Hendrycks and Dietterich, Benchmarking neural network robustness to common
    corruptions and perturbations (2019), for the mean over severities.
    """
    parts = []
    for name in CORRUPTIONS:
        changes = [
            robustness.describe_changes(
                answers[CLEAN, 0], answers[name, severity], draw.labels
            )
            for severity in SEVERITIES
        ]
        columns = {
            metric: np.mean([one[metric] for one in changes], axis=0)
            for metric in ("changed", "accuracy_change", "confidence_change")
        }
        columns["overconfidence_change"] = (
            columns["confidence_change"] - columns["accuracy_change"]
        )
        scores = robustness.average(columns, draw.groups)
        parts.append(_label(scores, corruption=name))
    return pd.concat(parts, ignore_index=True)


def count_predicted(classes: tuple[str, ...], answers: Mapping) -> pd.DataFrame:
    """Return which share of the slices is taken for each class, clean and at worst."""
    rows = []
    for (name, severity), probabilities in answers.items():
        if severity not in (0, SEVERITIES[-1]):
            continue
        first = probabilities.argmax(axis=1)
        for position, label in enumerate(classes):
            rows.append(
                {
                    "corruption": name,
                    "severity": severity,
                    "predicted": label,
                    "share": float((first == position).mean()),
                    "n": len(first),
                }
            )
    return pd.DataFrame(rows)


def compare_ladders(noise: Mapping, *, n: int) -> pd.DataFrame:
    """Return the ladder on the phantoms that set it, and on the slices of the study."""
    ladder = severities.tabulate_ladder()
    rungs = zip(ladder["corruption"], ladder["severity"], strict=True)
    return ladder.assign(psnr_slices=[noise[rung] for rung in rungs], n=n)


def _label(scores: pd.DataFrame, **keys) -> pd.DataFrame:
    """Put what was scored in front of its scores."""
    return pd.DataFrame(keys, index=scores.index).join(scores)
