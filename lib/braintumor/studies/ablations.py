"""Changes one choice of DenseNet121's recipe at a time: what is each worth?

Same patients held out as in study `unseen_patients`, same validation, two seeds, side
48 and four epochs, so that two cores can afford all. Every variant is reported; none is
used. Fixed before the trainings.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from braintumor.data import sources
from braintumor.data.augment import Augmentation
from braintumor.data.cache import PUBLISHED_FILTER
from braintumor.evaluation import comparison, metrics
from braintumor.modeling.recipes import Phase, Recipe, get_recipe
from braintumor.studies.folds import MODEL, PROFILE, SOURCE, VIEW
from braintumor.studies.setting import Setting
from braintumor.studies.trained import (
    Job,
    answer_test,
    train_once,
    train_side_by_side,
)
from braintumor.studies.unseen_patients import split_patients

QUESTION = "What are filter, normalisation, side, augmentation and fine-tuning worth?"
NEEDS = ("nickparvar", "figshare")
COSTS = "an hour on two cores with --parallel 2; resumes where it was stopped"

SIDE = 48
EPOCHS = 4
SEEDS = 2  # the run's own, and the one after it
PRECISION = "float32"  # the same arithmetic on every machine
BASE = "base"
VARIANTS: dict[str, dict] = {
    BASE: {},
    "no_filter": {"filtering": None},
    "published_filter": {"filtering": PUBLISHED_FILTER},
    "divided_by_255": {"normalization": "unit"},
    "backbone_normalization": {"normalization": "backbone"},
    "no_augmentation": {"augmentation": Augmentation()},
    "side_32": {"side": 32},
    "side_64": {"side": 64},
    # From noise: what a network is worth of which the head alone has learnt.
    "frozen": {"frozen": Phase(EPOCHS, "adam", 1e-3), "fine_tuning": Phase()},
}
SHOWN = ("accuracy", "macro_f1", "sensitivity", "specificity")


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Train every variant with every seed, and ask it for the held-out patients.

    Returns:
        `scores`: variant × seed × metric, with intervals over stand-in patients.
        `differences`: variant minus base, seed by seed, on the same draws of groups.
    """
    splits, root = split_patients(setting), sources.locate(SOURCE)
    seeds = range(setting.seed, setting.seed + SEEDS)
    jobs = {
        (name, seed): Job(vary(name), splits, _place(setting, name, seed), SOURCE, seed)
        for name in VARIANTS
        for seed in seeds
    }
    if setting.parallel > 1:
        train_side_by_side([*jobs.values()], setting.parallel)
    scores, differences = [], []
    for seed in seeds:
        answers = {}
        for name in VARIANTS:
            job = jobs[name, seed]
            recipe, folder = job.recipe, train_once(**vars(job))
            answers[name] = answer_test(folder, splits, root)
            told = {"variant": name, "seed": seed}
            scored = metrics.evaluate(answers[name], classes=recipe.classes, view=VIEW)
            scores.append(_keep(scored).assign(**told))
            pair = comparison.read_pair(answers[name], answers[BASE], VIEW)
            if name != BASE:
                differences.append(
                    _keep(comparison.compare_scores(*pair)).assign(**told)
                )
    return {"scores": _join(scores), "differences": _join(differences)}


def vary(name: str) -> Recipe:
    """Return the recipe of a variant.

    Args:
        name: of `VARIANTS`.
    """
    # Not as changes of `get_recipe`, which takes None, "no filter", for no change.
    base = get_recipe(MODEL, PROFILE, epochs=EPOCHS, side=SIDE, precision=PRECISION)
    return replace(base, **VARIANTS[name])


def _place(setting: Setting, name: str, seed: int) -> Path:
    return setting.paths.folder / "ablations" / f"{name}-seed{seed}"


def _keep(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["metric"].isin(SHOWN)]


def _join(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    keys = ["variant", "seed"]
    return table[[*keys, *table.columns.drop(keys)]]
