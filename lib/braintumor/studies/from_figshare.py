"""Trains DenseNet121 on figshare and asks it for the tumours of Nickparvar.

The way opposite to the other studies of sources. Figshare has no healthy head, so only
the kind of a tumour is asked; slices of Nickparvar with a twin in figshare's training
or validation are left out first. Validation chooses the epoch, and Nickparvar nothing.
"""

import pandas as pd

from braintumor.data import audit, manifest, other_sources, sources
from braintumor.data.leaks import VIEWS
from braintumor.data.splits import add_views
from braintumor.evaluation import metrics
from braintumor.modeling.recipes import get_recipe
from braintumor.studies.setting import Setting
from braintumor.studies.trained import answer_test, train_once

QUESTION = "Does a model of figshare's tumours name those of Nickparvar?"
NEEDS = ("figshare", "nickparvar")
COSTS = "an hour on two cores, minutes on a GPU; resumes where it was stopped"

LEARNT, ASKED = NEEDS
MODEL, PROFILE = "densenet121_four_class", "cpu"
SHOWN = ("accuracy", "recall_glioma", "recall_meningioma", "recall_pituitary")


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Train on the one, and score the tests of both."""
    recipe, root = get_recipe(MODEL, PROFILE), sources.locate(LEARNT)
    built = manifest.build_manifest(LEARNT, root)
    audited = audit.audit_manifest(built, root).manifest
    splits = add_views(audited, seed=setting.seed)
    place = setting.paths.folder / "from_figshare"
    folder = train_once(recipe, splits, place, source=LEARNT, seed=setting.seed)
    alone = other_sources.twin_free(ASKED, splits, root)
    tumours = alone[alone["label"] != "no_tumor"].reset_index(drop=True)
    asked = tumours.assign(**dict.fromkeys(VIEWS, "test"))
    tests = {LEARNT: (splits, root), ASKED: (asked, sources.locate(ASKED))}
    rows = []
    for name, (table, home) in tests.items():
        answers = answer_test(folder, table, home)
        scored = metrics.evaluate(
            answers, classes=recipe.classes, view="group_disjoint"
        )
        rows.append(scored[scored["metric"].isin(SHOWN)].assign(source=name))
    return {
        "scores": pd.concat(rows, ignore_index=True)[["source", *metrics.COLUMNS]],
    }
