"""The published way to train a head on a frozen backbone, against ours.

As published: every epoch reads the files anew, turns, shifts, mirrors and brightens
them, and sends them through the frozen backbone in float32. Ours reads every file once,
sends it through the backbone once, in the number format that is fast here, and trains
the head on what came out. Same slices, same network, same seed, same number of epochs.
Our seconds hold everything, from the first file to the last checkpoint; the published
way's clock starts when its step is compiled.

Backbones start from noise, because no weights can be counted on where this runs: the
time does not depend on them, the accuracies do and say only whether both ways agree.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.head_trainings import (
    SEED,
    Task,
    adapt_recipe,
    make_task,
    train_ours,
    train_published,
)
from benchmarks.processes import in_fresh_process
from braintumor import paths

MODELS = ("vgg16_four_class", "densenet121_four_class")
SIDE, SMALL_SIDE = 150, 64
SLICES = 480  # phantoms
EPOCHS = 20
TURNS = 2


def run(
    models: tuple[str, ...] = MODELS,
    *,
    slices: int = SLICES,
    sides: tuple[int, int] = (SIDE, SMALL_SIDE),
    epochs: int = EPOCHS,
    turns: int = TURNS,
) -> pd.DataFrame:
    """Train every model both ways.

    Args:
        models: names of recipes of profile `paper`.
        slices: phantoms that are generated, 40 or more.
        sides: at the first, one epoch of the published way is measured per turn, and
            the others are extrapolated; at the second, all epochs of both are run, and
            the test side is asked.
        epochs: of the head.
        turns: at the first side; the ways take turns, each with a seed of its own.

    Returns:
        One row per model and side: seconds of either way (median of the turns), how
        many times as fast ours is (median, least, most), and where all epochs were
        run, the accuracies with 95 % intervals over groups.
    """
    large, small = sides
    rows = []
    with in_empty_home() as home:
        task = make_task(home, slices)
        for model in models:
            recipe = adapt_recipe(model, large, epochs)
            rows.append(compare_speed(recipe, task, turns))
            recipe = adapt_recipe(model, small, epochs)
            rows.append(compare_whole(recipe, task))
    return pd.DataFrame(rows)


def compare_speed(recipe, task: Task, turns: int) -> dict:
    """Measure one epoch of the published way, and all of ours, turn by turn."""
    published, ours, task = [], [], replace(task, asked=False)
    for seed in range(SEED, SEED + turns):
        published.append(in_fresh_process(train_published, recipe, task, 1, seed)[0])
        ours.append(in_fresh_process(train_ours, recipe, task, seed)[0])
    epochs = recipe.frozen.epochs
    return describe(recipe, task, np.array(published) * epochs, np.array(ours), 1)


def compare_whole(recipe, task: Task) -> dict:
    """Train all epochs both ways, and ask both for the test side."""
    epochs = recipe.frozen.epochs
    published, theirs = in_fresh_process(train_published, recipe, task, epochs, SEED)
    ours, answers = in_fresh_process(train_ours, recipe, task, SEED)
    times = np.array([published]), np.array([ours])
    row = describe(recipe, task, *times, epochs)
    row |= measure_accuracy(recipe, theirs, "published")
    return row | measure_accuracy(recipe, answers, "ours")


def describe(
    recipe, task: Task, published: np.ndarray, ours: np.ndarray, measured: int
) -> dict:
    """Return a row: (turns,) seconds of all epochs in either way, and their ratio."""
    ratio = published / ours
    return {
        "model": recipe.model,
        "side": recipe.side,
        "training_slices": len(task.files("training")),
        "validation_slices": len(task.files("validation")),
        "epochs": recipe.frozen.epochs,
        "published_epochs_measured": measured,
        "published_seconds": round(float(np.median(published)), 1),
        "ours_seconds": round(float(np.median(ours)), 1),
        "times_as_fast": round(float(np.median(ratio)), 1),
        "least": round(float(ratio.min()), 1),
        "most": round(float(ratio.max()), 1),
        "turns": len(ratio),
    }


def measure_accuracy(recipe, answers: pd.DataFrame, way: str) -> dict:
    """Return the accuracy of a predictions table, with its interval over groups."""
    from braintumor.evaluation import metrics

    scored = metrics.evaluate(answers, classes=recipe.classes, view="as_shipped")
    row = scored[scored["metric"] == "accuracy"].iloc[0]
    return {
        f"{way}_accuracy": row["value"],
        f"{way}_low": row["low"],
        f"{way}_high": row["high"],
        "test_slices": row["n"],
    }


@contextmanager
def in_empty_home() -> Iterator[Path]:
    """Let the block find no cached slice or feature of an earlier run."""
    before = os.environ.get(paths.HOME_VARIABLE)
    with TemporaryDirectory() as home:
        os.environ[paths.HOME_VARIABLE] = home
        try:
            yield Path(home)
        finally:
            del os.environ[paths.HOME_VARIABLE]
            if before is not None:
                os.environ[paths.HOME_VARIABLE] = before
