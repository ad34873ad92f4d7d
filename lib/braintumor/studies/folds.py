"""Trains DenseNet121 on five folds with three seeds: how much of a score is luck.

Whole groups are dealt into folds, so no group stands on two sides of any of them, and
every slice is test once per seed. Validation is cut from the other four folds by group
and chooses the epoch; the recipe is the run's own, fixed before.
"""

import pandas as pd

from braintumor.data import manifest, sources
from braintumor.data.splits import add_views, group_folds
from braintumor.evaluation import metrics
from braintumor.modeling.recipes import get_recipe
from braintumor.studies.setting import Setting
from braintumor.studies.trained import answer_test, train_once

QUESTION = "How far do the fold and the seed move the score of DenseNet121?"
NEEDS = ("nickparvar",)
COSTS = "fifteen hours on two cores, about one on a GPU; resumes where it was stopped"

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
    for seed in range(setting.seed, setting.seed + SEEDS):
        dealt = group_folds(table, folds=FOLDS, seed=seed)
        answers = []
        for fold in range(FOLDS):
            splits = hold_out(table, dealt == fold, seed)
            place = setting.paths.folder / "folds" / f"seed{seed}-fold{fold}"
            folder = train_once(recipe, splits, place, source=SOURCE, seed=seed)
            answers.append(answer_test(folder, splits, root))
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
