"""Trains DenseNet121 on five folds with three seeds: how much of a score is luck.

Whole groups are dealt into folds, so no group stands on two sides of any of them, and
every slice is test once per seed. Validation is cut from the other four folds by group
and chooses the epoch; the recipe is the run's own, fixed before.
"""

import pandas as pd

from braintumor.data import manifest, sources
from braintumor.data.splits import add_views, group_folds
from braintumor.evaluation import metrics
from braintumor.modeling.recipes import Recipe, get_recipe
from braintumor.studies.setting import Setting
from braintumor.studies.trained import (
    Job,
    answer_test,
    train_once,
    train_side_by_side,
)

QUESTION = "How far do the fold and the seed move the score of DenseNet121?"
NEEDS = ("nickparvar",)
COSTS = "half a day on two cores, less with --parallel 2; resumes where it stopped"

SOURCE = "nickparvar"
MODEL, PROFILE = "densenet121_four_class", "cpu"
FOLDS = 5
SEEDS = 3  # the run's own, and those after it
VIEW = "group_disjoint"


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Train every fold with every seed, and score each test and each seed's whole."""
    recipe = get_recipe(MODEL, PROFILE)
    table = manifest.load_manifest(setting.read(setting.paths.splits(SOURCE)))
    root, folds, seeds = sources.locate(SOURCE), [], []
    jobs = plan_jobs(setting, recipe, table)
    if setting.parallel > 1:
        train_side_by_side([*jobs.values()], setting.parallel)
    for seed in range(setting.seed, setting.seed + SEEDS):
        answers = []
        for fold in range(FOLDS):
            job = jobs[seed, fold]
            answers.append(answer_test(train_once(**vars(job)), job.splits, root))
            folds.append(
                score(answers[-1], recipe.classes).assign(seed=seed, fold=fold)
            )
        pooled = pd.concat(answers, ignore_index=True)
        seeds.append(score(pooled, recipe.classes).assign(seed=seed))
    columns = list(metrics.COLUMNS)
    return {
        "folds": pd.concat(folds, ignore_index=True)[["seed", "fold", *columns]],
        "seeds": pd.concat(seeds, ignore_index=True)[["seed", *columns]],
    }


def plan_jobs(
    setting: Setting, recipe: Recipe, table: pd.DataFrame
) -> dict[tuple[int, int], Job]:
    """Return the training of every seed and fold.

    Args:
        setting: names the run and the first seed.
        recipe: what is trained.
        table: an audited manifest.
    """
    jobs = {}
    for seed in range(setting.seed, setting.seed + SEEDS):
        dealt = group_folds(table, folds=FOLDS, seed=seed)
        for fold in range(FOLDS):
            splits = hold_out(table, dealt == fold, seed)
            place = setting.paths.folder / "folds" / f"seed{seed}-fold{fold}"
            jobs[seed, fold] = Job(recipe, splits, place, SOURCE, seed)
    return jobs


def hold_out(table: pd.DataFrame, held: pd.Series, seed: int) -> pd.DataFrame:
    """Return the split whose test is one fold.

    Args:
        table: an audited manifest.
        held: (n,) bool, the slices of the fold.
        seed: of the validation, cut by group from the others.
    """
    sides = held.map({True: "test", False: "training"})
    return add_views(table.assign(official_split=sides), seed=seed)


def score(answers: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """Score predictions with intervals over groups."""
    return metrics.evaluate(answers, classes=classes, view=VIEW)
