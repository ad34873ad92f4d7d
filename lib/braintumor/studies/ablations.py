"""Changes one choice of DenseNet121's recipe at a time: what is each worth?

Same patients held out as in study `unseen_patients`, same validation, several seeds,
six epochs each, so that all can be afforded. Every variant is reported; none is used.
"""

from dataclasses import replace

import pandas as pd

from braintumor.data import sources
from braintumor.data.augment import Augmentation
from braintumor.data.cache import PUBLISHED_FILTER
from braintumor.evaluation import comparison, metrics
from braintumor.modeling.recipes import Phase, Recipe, get_recipe
from braintumor.studies.folds import MODEL, PROFILE, SEEDS, SOURCE, VIEW
from braintumor.studies.setting import Setting
from braintumor.studies.trained import answer_test, train_once
from braintumor.studies.unseen_patients import split_patients

QUESTION = "What are filter, normalisation, side, augmentation and fine-tuning worth?"
NEEDS = ("nickparvar", "figshare")
COSTS = "fourteen hours on two cores, about one on a GPU; resumes where it was stopped"

EPOCHS = 6
BASE = "base"
VARIANTS: dict[str, dict] = {
    BASE: {},
    "no_filter": {"filtering": None},
    "published_filter": {"filtering": PUBLISHED_FILTER},
    "divided_by_255": {"normalization": "unit"},
    "backbone_normalization": {"normalization": "backbone"},
    "no_augmentation": {"augmentation": Augmentation()},
    "side_150": {"side": 150},
    "side_224": {"side": 224},
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
    scores, differences = [], []
    for seed in range(setting.seed, setting.seed + SEEDS):
        answers = {}
        for name in VARIANTS:
            recipe = vary(name)
            place = setting.paths.folder / "ablations" / f"{name}-seed{seed}"
            folder = train_once(recipe, splits, place, source=SOURCE, seed=seed)
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
    return replace(get_recipe(MODEL, PROFILE, epochs=EPOCHS), **VARIANTS[name])


def _keep(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["metric"].isin(SHOWN)]


def _join(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    keys = ["variant", "seed"]
    return table[[*keys, *table.columns.drop(keys)]]
