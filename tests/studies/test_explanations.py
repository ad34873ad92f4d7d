"""The explanation study's parts, on made-up slices; no model, no real data."""

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation import localization
from braintumor.modeling import recipes
from braintumor.modeling.gradcam import HeadWeights
from braintumor.studies import explanations, exposure, heat_places, scored_slices
from braintumor.studies import shuffled_explanations as shuffled
from braintumor.studies.explained_slices import Explained, Lesions, find_true

COUNT, SIDE = 24, 30


@pytest.fixture
def lesions():
    """Lesions in the left or right third; the last six slices were seen."""
    masks = np.zeros((COUNT, SIDE, SIDE), bool)
    masks[::2, 12:18, 2:8] = True
    masks[1::2, 12:18, 22:28] = True
    rows = pd.DataFrame(
        {
            "label": np.where(np.arange(COUNT) % 2, "pituitary", "glioma"),
            "block": [f"block {i // 4}" for i in range(COUNT)],
            "exposure": ["twin_free"] * 18 + ["seen"] * 6,
            "next_to_seen": True,
        }
    )
    images = np.full((COUNT, SIDE, SIDE), 90, np.uint8)
    images[masks] = 200
    distances = localization.measure_distances(masks)
    return Lesions(rows, None, images, masks, distances)


@pytest.fixture
def explained(lesions):
    """A model that sees the lesion: a channel per third of the slice."""
    features = np.zeros((COUNT, 3, 3, 2), np.float32)
    features[::2, 1, 0, 0] = features[1::2, 1, 2, 1] = 1
    kernel = np.array([[1, 0, 0, 0], [0, 0, 0, 1]], np.float32)
    head = HeadWeights("average", (kernel,), (np.zeros(4, np.float32),))
    recipe = recipes.get_recipe("densenet121_four_class", "cpu")
    true = find_true(lesions.rows["label"], recipe.classes)
    predicted = true.copy()
    predicted[0] = 3  # one wrong answer, and its class has no heat here
    return Explained(recipe, head, lesions.images, features, true, predicted)


def rows_of(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def test_the_tables_of_a_model(explained, lesions):
    tables = explanations.score_model(explained, lesions, "toy")
    counted = rows_of(tables["slices"], exposure="twin_free", label="all").iloc[0]
    assert (counted["slices"], counted["right"], counted["blank_heat"]) == (18, 17, 1)
    wanted = {"subset": "twin_free", "explanation": "grad_cam", "score": "pointing"}
    scored = rows_of(tables["scores"], **wanted).set_index("target")["value"]
    assert scored["true"] == 1 and scored["predicted"] == pytest.approx(17 / 18)
    right = rows_of(tables["scores"], **wanted | {"subset": "right"})
    assert (right["value"] == 1).all() and (right["n"] == 17).all()
    others = rows_of(tables["margins"], explanation="picture_centre", score="pointing")
    assert others["value"].item() == pytest.approx(17 / 18)
    assert others["low"].item() <= 17 / 18 <= others["high"].item()


def test_heat_of_the_wrong_slices_is_seen(explained, lesions):
    """The planted fault: features of one slice beside the lesion of the next."""
    wrong = np.roll(np.arange(COUNT), 1)
    table = scored_slices.score_slices(
        explained.select(np.arange(COUNT)), lesions.select(wrong)
    )
    assert table["grad_cam", "true", "pointing"].max() == 0


def test_margins_are_differences(explained, lesions):
    scores = scored_slices.score_exposures(explained, lesions)
    margins = scored_slices.subtract(scores)
    wanted = (
        scores["grad_cam", "predicted", "energy"] - scores["edges", "none", "energy"]
    )
    np.testing.assert_allclose(margins["edges", "none", "energy"], wanted)
    assert ("grad_cam", "predicted") not in {column[:2] for column in margins}


def test_places_are_counted(explained, lesions):
    cells = heat_places.count_cells(explained, lesions)
    assert cells["lesions"].sum() == COUNT
    assert cells["peaks"].sum() == cells["hits"].sum() == COUNT - 1  # one is blank
    left = rows_of(cells, label="glioma", row=1, column=0)
    assert left["lesions"].item() == COUNT // 2
    offsets = heat_places.count_offsets(explained, lesions)
    assert offsets["slices"].sum() == COUNT - 1
    assert offsets[["x", "y"]].abs().max(axis=None) <= 1  # all hit their box
    reach = heat_places.measure_reach(explained, lesions)
    curve = rows_of(reach, explanation="grad_cam")["value"]
    assert curve.is_monotonic_increasing and curve.iloc[0] == pytest.approx(23 / 24)


def test_exposure_is_told_by_similarity_and_neighbours():
    rows = pd.DataFrame(
        {
            "path": [f"images/{number}.jpg" for number in (10, 2, 3, 41)],
            "label": ["glioma", "glioma", "glioma", "pituitary"],
            "similarity": [0.95, 0.97, 1.0, 0.2],
        }
    )
    told = exposure.describe(rows)
    assert told["number"].tolist() == [2, 3, 10, 41]
    assert told["exposure"].tolist() == ["near_twin", "seen", "twin_free", "twin_free"]
    assert told["next_to_seen"].tolist() == [True, False, False, False]
    assert told["block"].tolist() == ["glioma-0"] * 3 + ["pituitary-2"]
    few = exposure.choose_evenly(pd.concat([told] * 50), 2)
    assert few["exposure"].value_counts().tolist() == [2, 2, 2]


def test_shuffled_heads_change_the_heat(explained, lesions):
    rows, stage = np.arange(COUNT), shuffled.Stage("cascading", "head", 0)
    before = explained.heats("true")
    draws = list(shuffled._shuffled_heats(stage, b"", explained, rows, seed=0))
    assert len(draws) == shuffled.DRAWS
    assert any((draw != before).any() for draw in draws)
    swapped = shuffled._other_heats(before, explained.true, lesions.groups)
    assert (lesions.rows["label"].to_numpy()[rows] == lesions.rows["label"]).all()
    np.testing.assert_array_equal(swapped, before)  # here all of a class look alike


def test_two_classes_know_only_a_tumour():
    labels = pd.Series(["glioma", "no_tumor", "pituitary"])
    assert find_true(labels, ("no_tumor", "tumor")).tolist() == [1, 0, 1]
