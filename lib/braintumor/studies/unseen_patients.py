"""Trains DenseNet121 without a fifth of the patients, then asks it for them.

No view of the published test is free of training's patients: a tumour's neighbour by
file number, most likely of the same head, stands in training. Here runs of numbers
stand in for patients (study `patients`), one fifth of them is held out whole, and
validation, which chooses the epoch, is cut by them, too. Fixed before the training: the
recipe is that of the shipped model, but for ten epochs instead of 24, so that half an
hour is enough; the fold is the first, the seed the run's own.
"""

import pandas as pd

from braintumor import examination
from braintumor.data import manifest, sources
from braintumor.data.splits import group_folds
from braintumor.evaluation import metrics
from braintumor.modeling.contract import HISTORY
from braintumor.modeling.recipes import get_recipe
from braintumor.studies import explained_slices, explanations
from braintumor.studies.folds import FOLDS, MODEL, PROFILE, SOURCE, VIEW, hold_out
from braintumor.studies.patients import group_stand_ins
from braintumor.studies.setting import Setting
from braintumor.studies.trained import answer_test, train_once

QUESTION = "How does DenseNet121 do, and where does its heat lie, on unseen patients?"
NEEDS = ("nickparvar", "figshare")
COSTS = "forty minutes on two cores; resumes where it was stopped"
EPOCHS = 10
PRECISION = "float32"  # the same arithmetic on every machine
HELD = 0  # the fold that is the test


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Train on four fifths of the patients, and open the last fifth.

    Returns:
        `scores`: network and baselines on the same held-out slices, with intervals over
        stand-in patients. `slices`, `pointing`, `margins`: Grad-CAM against the boxes
        of figshare slices, of which the network never saw the patient (subset
        "twin_free"), as in study `explanations`. `answers`: the network's to every
        held-out slice. `history`: of the training.
    """
    recipe, root = (
        get_recipe(MODEL, PROFILE, epochs=EPOCHS, precision=PRECISION),
        sources.locate(SOURCE),
    )
    splits = split_patients(setting)
    place = setting.paths.folder / "unseen_patients"
    folder = train_once(recipe, splits, place, source=SOURCE, seed=setting.seed)
    answers = answer_test(folder, splits, root)
    judged = {MODEL: answers}
    judged |= examination.examine_baselines(splits, root, recipe.classes)
    lesions = explained_slices.find_figshare(setting, splits, SOURCE)
    explained = explained_slices.explain(folder, lesions)
    told = explanations.score_model(explained, lesions, MODEL)
    return {
        "scores": score_all(judged, recipe.classes),
        "slices": told["slices"],
        "pointing": told["scores"],
        "margins": told["margins"],
        "answers": answers,
        "history": pd.read_csv(setting.read(folder / HISTORY)),
    }


def split_patients(setting: Setting) -> pd.DataFrame:
    """Return the split whose three sides share no stand-in patient."""
    table = manifest.load_manifest(setting.read(setting.paths.splits(SOURCE)))
    table = table.assign(group_id=group_stand_ins(setting, table).to_numpy())
    dealt = group_folds(table, folds=FOLDS, seed=setting.seed)
    return hold_out(table, dealt == HELD, setting.seed)


def score_all(
    judged: dict[str, pd.DataFrame], classes: tuple[str, ...]
) -> pd.DataFrame:
    """Score predictions tables by name, with intervals over groups."""
    rows = [
        metrics.evaluate(table, classes=classes, view=VIEW).assign(model=name)
        for name, table in judged.items()
    ]
    return pd.concat(rows, ignore_index=True)[["model", *metrics.COLUMNS]]
