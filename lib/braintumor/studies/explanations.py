"""Does Grad-CAM point at the tumour? Scored where the model never saw the slice."""

from pathlib import Path

import numpy as np
import pandas as pd

from braintumor import paths
from braintumor.evaluation.localization import score_maps, summarize
from braintumor.modeling.contract import CONTRACT
from braintumor.studies import (
    explained_slices,
    heat_places,
    scored_slices,
    shuffled_explanations,
)
from braintumor.studies.explained_slices import Explained, Lesions
from braintumor.studies.exposure import EXPOSURES
from braintumor.studies.setting import Setting

QUESTION = "Does Grad-CAM's heat lie on the tumour, in slices that were never seen?"
NEEDS = ("nickparvar", "figshare")
COSTS = "5 minutes on two cores"
SHIPPED = "densenet121_four_class"
TABLES = (
    *("slices", "scores", "margins"),
    *("reach", "cells", "offsets", "randomization"),
)
TRAINED_ON = {
    SHIPPED: "nickparvar",
    "vgg16_four_class": "nickparvar",
    "vgg19_binary": "navoneel",
}


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Score Grad-CAM and what it must beat.

    Returns:
        `slices`: how many there are; `scores`: with intervals over blocks of
        neighbouring numbers; `margins`: by how much Grad-CAM exceeds the rest; `reach`:
        the pointing score by tolerance; `cells` and `offsets`: where the heat is
        instead; `randomization`: what is left of it when weights are shuffled;
        `phantom`: the same scores on phantoms, which check the code and say nothing
        about the model.
    """
    lesions = {
        source: explained_slices.find_figshare(
            setting, pd.read_csv(setting.read(setting.paths.splits(source))), source
        )
        for source in sorted(set(TRAINED_ON.values()))
    }
    parts = []
    for model, source in TRAINED_ON.items():
        folder = find_folder(setting, model)
        setting.read(folder / CONTRACT)
        explained = explained_slices.explain(folder, lesions[source])
        parts.append(score_model(explained, lesions[source], model))
        if model == SHIPPED:
            parts.append(look_closer(folder, explained, lesions[source], setting))
    tables = {name: [part[name] for part in parts if name in part] for name in TABLES}
    tables["phantom"] = [score_phantoms(find_folder(setting, SHIPPED))]
    return {name: pd.concat(some) for name, some in tables.items()}


def find_folder(setting: Setting, model: str) -> Path:
    """Return the artifact of a model: as shipped if it is, else the run's."""
    if model == SHIPPED:
        return paths.models_root() / model
    return setting.paths.model(model)


def score_model(
    explained: Explained, lesions: Lesions, model: str
) -> dict[str, pd.DataFrame]:
    """Return the tables `slices`, `scores` and `margins` of one model."""
    chosen = list_subsets(explained, lesions)
    scores = scored_slices.score_exposures(explained, lesions)
    tables = {
        "slices": count_slices(explained, lesions),
        "scores": scored_slices.summarize_subsets(scores, chosen, lesions.groups),
        "margins": scored_slices.summarize_subsets(
            scored_slices.subtract(scores),
            {"twin_free": chosen["twin_free"]},
            lesions.groups,
        ),
    }
    for table in tables.values():
        table.insert(0, "model", model)
    return tables


def look_closer(
    folder: Path, explained: Explained, lesions: Lesions, setting: Setting
) -> dict[str, pd.DataFrame]:
    """Return the tables about the places of heat, on the twin-free slices."""
    rows = (lesions.rows["exposure"] == EXPOSURES[0]).to_numpy()
    explained, lesions = explained.select(rows), lesions.select(rows)
    return {
        "reach": heat_places.measure_reach(explained, lesions),
        "cells": heat_places.count_cells(explained, lesions),
        "offsets": heat_places.count_offsets(explained, lesions),
        "randomization": shuffled_explanations.measure(
            folder, explained, lesions, seed=setting.seed
        ),
    }


def list_subsets(explained: Explained, lesions: Lesions) -> dict[str, np.ndarray]:
    """Return the subsets that are scored apart, each (n,) bool; none is empty.

    Each exposure; of the twin-free slices also those with the right and the wrong
    answer, and for the shipped model each class.
    """
    rows = lesions.rows
    chosen = {name: (rows["exposure"] == name).to_numpy() for name in EXPOSURES}
    free, right = chosen[EXPOSURES[0]], explained.predicted == explained.true
    chosen |= {"right": free & right, "wrong": free & ~right}
    if explained.recipe.model == SHIPPED:
        for label in sorted(set(rows["label"])):
            chosen[label] = free & (rows["label"] == label).to_numpy()
    return {name: one for name, one in chosen.items() if one.any()}


def count_slices(explained: Explained, lesions: Lesions) -> pd.DataFrame:
    """Count slices by exposure and class: blocks, answers, blank heat, neighbours."""
    calls = np.array(explained.recipe.classes)[explained.predicted]
    table = lesions.rows[["exposure", "label", "block", "next_to_seen"]].assign(
        right=explained.predicted == explained.true,
        called_no_tumor=calls == "no_tumor",
        blank_heat=~explained.heats("predicted").any(axis=(1, 2)),
    )
    table = pd.concat([table, table.assign(label="all")])
    keys = ["exposure", "label"]
    counts = table.drop(columns="block").groupby(keys).sum()
    counts.insert(0, "slices", table.groupby(keys).size())
    counts.insert(1, "blocks", table.groupby(keys)["block"].nunique())
    return counts.reset_index()


def score_phantoms(folder: Path) -> pd.DataFrame:
    """Score the same on phantom masks: a check of the code, no result.

    The model was trained on real slices. The lesion's own mask must score 1, and the
    slice without it 0.
    """
    lesions = explained_slices.find_phantoms()
    scores = scored_slices.score_slices(
        explained_slices.explain(folder, lesions), lesions
    )
    planted = {"lesion_itself": lesions.masks, "all_but_lesion": ~lesions.masks}
    for name, maps in planted.items():
        table = score_maps(maps, lesions.masks, lesions.distances)
        for score in table:
            scores[name, "none", score] = table[score]
    return summarize(scores, lesions.groups)
