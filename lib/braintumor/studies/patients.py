"""Patients, as far as they can be told: the split that follows, beside the others."""

from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import audit, manifest, numbering, sources, twins
from braintumor.data.splits import group_folds
from braintumor.evaluation import baselines, predictions, regrouping
from braintumor.studies.leak_threshold import (
    COLUMNS,
    METRICS,
    read_answers,
    read_twins,
)
from braintumor.studies.patient_tables import (
    MATCHED,
    count_distances,
    count_matches,
    count_runs,
    list_disagreements,
)
from braintumor.studies.setting import Setting

QUESTION = "What is left of the test when no patient may stand on both sides?"
NEEDS = ("nickparvar", "figshare")
COSTS = "3 minutes on two cores"
# Name of a stand-in: how many runs the numbers are cut into, and how long one may be.
# First as many as there are patients; then more and fewer, to see what hangs on it.
STAND_INS = {
    "patients": (sum(numbering.PATIENTS.values()), numbering.LARGEST_PATIENT),
    "finer": (500, numbering.LARGEST_PATIENT),
    "coarser": (120, 120),
}
FOLDS = 5


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Match slices to Cheng's numbers, and let runs of numbers stand in for patients.

    Nothing is trained again but the nearest neighbour, which learns nothing.

    Returns:
        `matches`: by class, how many slices have a number, and how surely.
        `disagreements`: slices whose class is another one there. `runs`: stand-ins
        and patients by class. `distances`: how near in number the next training or
        validation slice is, for the test slices of each view. `views`: what each view
        and each stand-in leaves of the test. `scores`: the run's answers there.
        `folds`: nearest neighbour, cross-validated with whole groups left out.
    """
    splits = manifest.load_manifest(setting.read(setting.paths.splits("nickparvar")))
    pairs = read_twins(setting, splits)
    thumbs = twins.thumbnails(splits, sources.locate("nickparvar"))
    numbered, matches, alike = match_slices(setting, thumbs)
    groups = {
        name: group_patients(splits, pairs, numbered, matches, alike, *rule)
        for name, rule in STAND_INS.items()
    }
    views, scores = judge_views(splits, groups, read_answers(setting), setting.seed)
    return {
        "matches": count_matches(splits, matches),
        "disagreements": list_disagreements(splits, numbered, matches),
        "runs": count_runs(numbered, alike, STAND_INS),
        "distances": count_distances(splits, matches),
        "views": views,
        "scores": scores,
        "folds": cross_validate(splits, thumbs, groups, setting.seed),
    }


def group_stand_ins(setting: Setting, splits: pd.DataFrame) -> pd.Series:
    """Return the groups (n,) int that keep stand-in patients, and twins, together."""
    thumbs = twins.thumbnails(splits, sources.locate("nickparvar"))
    matched = match_slices(setting, thumbs)
    pairs = read_twins(setting, splits)
    return group_patients(splits, pairs, *matched, *STAND_INS["patients"])


def match_slices(
    setting: Setting, thumbs: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return Cheng's slices, each thumbnail's match, and how neighbours compare."""
    numbered = read_numbered(setting)
    others = twins.thumbnails(numbered, sources.locate("figshare"))
    matches = numbering.match_numbers(thumbs, others, numbered["number"].to_numpy())
    matches.insert(0, "matched", matches["similarity"] > MATCHED)
    return numbered, matches, numbering.compare_neighbours(others)


def read_numbered(setting: Setting) -> pd.DataFrame:
    """List Cheng's slices in order of their number: `path`, `label`, `number`."""
    root = sources.locate("figshare")
    rows = sources.list_slices("figshare", root)
    numbered = pd.DataFrame({"path": [row.path for row in rows]})
    numbered["label"] = [row.label for row in rows]
    numbered["number"] = [int(Path(row.path).stem) for row in rows]
    return numbered.sort_values("number", ignore_index=True)


def group_patients(
    splits: pd.DataFrame,
    pairs: pd.DataFrame,
    numbered: pd.DataFrame,
    matches: pd.DataFrame,
    alike: np.ndarray,
    runs: int,
    largest: int,
) -> pd.Series:
    """Return the groups (n,) int when runs of numbers stand in for patients.

    Slices of one stand-in patient belong together, and so do twins, as ever.
    """
    labels = numbered["label"].to_numpy()
    found = numbering.cut_runs(alike, labels, runs=runs, largest=largest)
    of_number = pd.Series(found, index=numbered["number"])
    patient = matches["number"].map(of_number).astype(object)
    patient = patient.where(matches["matched"], None)
    return audit.assign_groups(splits.assign(patient_id=patient.array), pairs)


def judge_views(
    splits: pd.DataFrame,
    groups: dict[str, pd.Series],
    answers: dict[str, pd.DataFrame],
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the test of each view and each stand-in, and score the answers there."""
    of_run = splits["group_id"]
    rules = {
        view: (splits[view] == "test", of_run)
        for view in ("as_shipped", "deduplicated", "group_disjoint")
    }
    for name, grouped in groups.items():
        rules[name] = (regrouping.keep_unseen(splits["as_shipped"], grouped), grouped)
    counted, scored = [], []
    for view, (kept, grouped) in rules.items():
        left = regrouping.count_left(
            splits["label"], grouped, kept, sources.FOUR_CLASSES
        )
        largest = int(grouped.value_counts().iloc[0])
        counted.append({"view": view, **left, "largest_group": largest})
        if kept.any():
            rows = regrouping.rescore(
                answers, splits["slice_id"], kept, grouped, seed=seed
            )
            rows = rows.loc[rows["metric"].isin(METRICS), list(COLUMNS)]
            scored.append(rows.assign(view=view))
    scores = pd.concat(scored, ignore_index=True)
    return pd.DataFrame(counted), scores[["view", *COLUMNS]]


def cross_validate(
    splits: pd.DataFrame,
    thumbs: np.ndarray,
    groups: dict[str, pd.Series],
    seed: int,
) -> pd.DataFrame:
    """Score the nearest neighbour on all slices, in five folds of whole groups.

    Returns:
        One row per grouping and metric. "slices" keeps nothing together, as most
        published folds do; its interval is over the run's groups all the same.
    """
    alone = pd.Series(np.arange(len(splits)), index=splits.index)
    of_run = splits["group_id"]
    rules = {"slices": (alone, of_run), "twins": (of_run, of_run)}
    rules |= {name: (grouped, grouped) for name, grouped in groups.items()}
    labels, everything = splits["label"].to_numpy(), pd.Series(True, splits.index)
    scored = []
    for grouping, (kept_together, counted) in rules.items():
        fold = group_folds(
            splits.assign(group_id=kept_together), folds=FOLDS, seed=seed
        ).to_numpy()
        probabilities = np.zeros((len(splits), len(sources.FOUR_CLASSES)))
        for number in range(FOLDS):
            out = fold == number
            probabilities[out] = baselines.nearest_neighbor(
                thumbs[~out], labels[~out], thumbs[out], sources.FOUR_CLASSES
            )
        table = predictions.tabulate(splits, probabilities, sources.FOUR_CLASSES)
        rows = regrouping.rescore(
            {"nearest_neighbor": table},
            splits["slice_id"],
            everything,
            counted,
            seed=seed,
        )
        rows = rows.loc[rows["metric"].isin(METRICS), list(COLUMNS)]
        scored.append(rows.assign(grouping=grouping))
    return pd.concat(scored, ignore_index=True)[["grouping", *COLUMNS]]
