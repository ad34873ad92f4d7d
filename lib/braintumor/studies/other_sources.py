"""How the shipped DenseNet121 does on slices of other sources, and why.

The threshold is the lowest at which 95 % of the healthy validation slices are called
healthy; it is chosen there. Navoneel and figshare choose nothing: only their slices
without a twin in training or validation are judged. Four changes of the input are tried
on them as a diagnosis; all four are reported, and none is picked for a claim.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from braintumor.data import manifest
from braintumor.data.images import decode_slice
from braintumor.data.slice_look import NAMES, measure_look
from braintumor.evaluation.source_scores import (
    FEWEST,
    choose_threshold,
    compare_looks,
    score_source,
)
from braintumor.studies.setting import Setting
from braintumor.studies.source_answers import (
    Collection,
    Model,
    collect_home,
    collect_others,
    score_all,
)
from braintumor.studies.source_inputs import change_inputs, thin_out

QUESTION = "Does the shipped model find tumours in other sources, and if not, why?"
NEEDS = ("nickparvar", "navoneel", "figshare")
COSTS = "four minutes on two cores"
LOOKED_AT = 1500  # training slices whose look is measured


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Answer to every source, measure how they differ, and change the input."""
    model, home = Model.shipped(setting), collect_home(setting)
    others, overlap = collect_others(setting)
    judged = {"validation": home["validation"]} | others
    answers = {name: model.answer(model.prepare(c)) for name, c in judged.items()}
    threshold = choose_threshold(
        home["validation"].tumor, model.score(answers["validation"])
    )
    random = np.random.default_rng(setting.seed)
    home["training"] = thin_out(home["training"], random, most=LOOKED_AT)
    seen = {"training": home["training"]} | judged
    looks = {name: look_at(c) for name, c in seen.items()}
    changed = change_inputs(model, home, others, looks["training"], setting.seed)
    return {
        "overlap": overlap,
        "scores": score_all(model, judged, answers, threshold),
        "calls": count_calls(model, judged, answers),
        "differences": compare_all(model, seen, looks, answers, threshold),
        "look_alone": judge_by_look(seen, looks),
        "changed_inputs": pd.concat(
            score_all(model, *found, threshold).assign(change=change)
            for change, found in changed.items()
        )[["change", "source", "metric", "value", "low", "high", "n", "groups"]],
    }


def count_calls(
    model: Model, collections: dict[str, Collection], answers: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Count which class each label of each source is given by the largest share."""
    rows = []
    for name, collection in collections.items():
        called = np.asarray(model.recipe.classes)[answers[name].argmax(axis=1)]
        counts = pd.crosstab(collection.slices["label"], called)
        counts = counts.reindex(columns=list(model.recipe.classes), fill_value=0)
        rows.append(counts.reset_index().assign(source=name))
    table = pd.concat(rows, ignore_index=True)
    return table[["source", "label", *model.recipe.classes]]


def look_at(collection: Collection) -> np.ndarray:
    """Return the look (n, len(NAMES)) of every slice of a collection."""
    files = [collection.root / path for path in collection.slices["path"]]
    measured = manifest.map_files(
        lambda path: measure_look(decode_slice(path)), files, label="looks"
    )
    return np.stack(list(measured))


def compare_all(
    model: Model,
    collections: dict[str, Collection],
    looks: dict[str, np.ndarray],
    answers: dict[str, np.ndarray],
    threshold: float,
) -> pd.DataFrame:
    """Compare looks between classes and sources, and the missed with the found."""
    training, navoneel = collections["training"], collections["navoneel"]
    found = model.score(answers["navoneel"]) > threshold
    sick = {"training": training.tumor, "navoneel": navoneel.tumor}
    everything = np.ones(len(looks["figshare"]), bool)
    pairs = {
        "training tumours against training healthy": (
            ("training", sick["training"]),
            ("training", ~sick["training"]),
        ),
        "Navoneel tumours against training tumours": (
            ("navoneel", sick["navoneel"]),
            ("training", sick["training"]),
        ),
        "Navoneel tumours against training healthy": (
            ("navoneel", sick["navoneel"]),
            ("training", ~sick["training"]),
        ),
        "Navoneel healthy against training healthy": (
            ("navoneel", ~sick["navoneel"]),
            ("training", ~sick["training"]),
        ),
        "figshare tumours against training tumours": (
            ("figshare", everything),
            ("training", sick["training"]),
        ),
        "Navoneel tumours missed against found": (
            ("navoneel", sick["navoneel"] & ~found),
            ("navoneel", sick["navoneel"] & found),
        ),
    }
    tables = []
    for name, sides in pairs.items():
        if min(mask.sum() for _, mask in sides) < FEWEST:
            continue
        one, other = (
            dict(zip(NAMES, looks[source][mask].T, strict=True))
            for source, mask in sides
        )
        groups = tuple(collections[source].groups[mask] for source, mask in sides)
        tables.append(compare_looks(one, other, groups).assign(compared=name))
    table = pd.concat(tables, ignore_index=True)
    return table[["compared", *table.columns.drop("compared")]]


def judge_by_look(
    collections: dict[str, Collection], looks: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Tell tumours from healthy slices by the look alone, learnt on training slices."""
    rule = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000)
    )
    rule.fit(looks["training"], collections["training"].tumor)
    scores = {name: rule.predict_proba(look)[:, 1] for name, look in looks.items()}
    threshold = choose_threshold(collections["validation"].tumor, scores["validation"])
    rows = [
        score_source(
            collections[name].tumor,
            scores[name],
            collections[name].groups,
            threshold=threshold,
        ).assign(source=name)
        for name in ("validation", "navoneel", "figshare")
    ]
    table = pd.concat(rows, ignore_index=True)
    return table[["source", *table.columns.drop("source")]]
