"""Stand-ins for patients: who is told from whom, and what is left of the test."""

import numpy as np
import pandas as pd
import pytest

from braintumor.data import numbering
from braintumor.evaluation import regrouping, results
from braintumor.studies import patient_tables, patients, record

RUN = "nickparvar-cpu-seed7"


@pytest.fixture
def splits():
    return pd.DataFrame(
        {
            "slice_id": [f"toy/{n}" for n in range(6)],
            "source": "toy",
            "patient_id": np.nan,
            "pixel_sha256": list("abcdef"),
            "label": ["glioma", "glioma", "glioma", "pituitary", "glioma", "no_tumor"],
            "as_shipped": ["training", "test", "test", "test", "test", "validation"],
            "deduplicated": ["training", *["test"] * 4, "validation"],
            "group_disjoint": ["training", *["test"] * 4, "validation"],
        }
    )


@pytest.fixture
def matches():
    return pd.DataFrame(
        {
            "matched": [True, True, True, True, True, False],
            "number": [10, 11, 13, 20, 10, 20],
            "similarity": [0.999, 0.9995, 0.96, 0.999, 0.97, 0.6],
            "orientation": ["upright", "mirror", "mirror", "upright", "upright", "-"],
            "second": [0.8, 0.96, 0.8, 0.8, 0.8, 0.5],
        }
    )


NUMBERED = pd.DataFrame(
    {"label": ["glioma"] * 5 + ["meningioma"], "number": [10, 11, 12, 13, 14, 20]}
)
NO_PAIRS = pd.DataFrame({"left": [], "right": []}, dtype=np.int64)
ALIKE = np.array([0.9, 0.8, 0.3, 0.9, 0.9])  # the gap between 12 and 13 is a new head


def kept_test(splits, matches, count, pairs=NO_PAIRS):
    rule = (NUMBERED, matches, ALIKE, count, 5)
    groups = patients.group_patients(splits, pairs, *rule)
    return np.flatnonzero(regrouping.keep_unseen(splits["as_shipped"], groups))


def test_test_slices_of_seen_patients_go(splits, matches):
    assert kept_test(splits, matches, 3).tolist() == [2, 3]  # runs 10–12, 13–14, 20
    assert kept_test(splits, matches, 2).tolist() == [3]  # all gliomas are one
    assert kept_test(splits, matches, 6).tolist() == [1, 2, 3]  # only slice 4 shares


def test_twins_of_seen_slices_go_as_ever(splits, matches):
    pairs = pd.DataFrame({"left": [3], "right": [5]})
    assert kept_test(splits, matches, 3, pairs).tolist() == [2]


def test_a_slice_without_a_number_belongs_to_nobody(splits, matches):
    matches["matched"] = False
    assert kept_test(splits, matches, 2).tolist() == [1, 2, 3, 4]


def test_distances_are_those_to_the_next_seen_number(splits, matches):
    told = patient_tables.count_distances(splits, matches).set_index("view")
    row = told.loc["as_shipped"]
    assert row["test_slices"] == 4 and row["without_number"] == 0
    assert row[["distance_0", "distance_1", "distance_2", "further"]].tolist() == [
        *(1, 1, 0, 2)
    ]


def test_matches_are_counted_with_their_margin(splits, matches):
    told = patient_tables.count_matches(splits, matches).set_index("label")
    assert told.loc["all", ["slices", "matched", "numbers"]].tolist() == [6, 5, 4]
    assert told.loc["glioma", ["upright", "mirrored"]].tolist() == [2, 2]
    assert told.loc["glioma", "second_number"] == 1
    assert told.loc["all", "lowest_matched"] == 0.96
    assert told.loc["no_tumor", "highest_other"] == 0.6


def test_another_class_there_is_listed(splits, matches):
    listed = patient_tables.list_disagreements(splits, NUMBERED, matches)
    assert listed["slice_id"].tolist() == ["toy/3"]
    assert listed["label_there"].tolist() == ["meningioma"]


def test_stand_ins_stand_beside_patients():
    rules = {"patients": (3, 3), "coarser": (2, 5)}
    told = patient_tables.count_runs(NUMBERED, ALIKE, rules)
    told = told.set_index(["stand_in", "label"])
    assert told.loc["patients", "runs"].to_dict() == {
        **{"glioma": 2, "meningioma": 1, "pituitary": 0, "all": 3}
    }
    assert told.loc[("coarser", "glioma"), "largest_run"] == 5
    assert told.loc[("coarser", "all"), "patients"] == sum(numbering.PATIENTS.values())


def test_the_tracked_views_are_those_of_the_run():
    scores = record.read_table("patients", "scores")
    kept = results.read_results(results.find_results(RUN, tracked=True))
    kept = kept[kept["dataset"] == "nickparvar"]
    keys = ["view", "model", "metric"]
    here = scores[scores["view"].isin(patient_tables.VIEWS)].set_index(keys)
    there = kept.set_index(keys)
    both = here.index.intersection(there.index)  # a baseline may be younger
    assert {*both.get_level_values("view")} == {*patient_tables.VIEWS}
    assert "densenet121_four_class" in both.get_level_values("model")
    for column in ("value", "low", "high", "n", "groups"):
        np.testing.assert_allclose(
            here.loc[both, column], there.loc[both, column], atol=1e-4
        )


def test_the_tracked_stand_ins_are_as_many_as_the_patients():
    runs = record.read_table("patients", "runs").set_index(["stand_in", "label"])
    row = runs.loc[("patients", "all")]
    assert row["runs"] == row["patients"]
    assert row["largest_run"] <= row["largest_patient"]
    matched = record.read_table("patients", "matches").set_index("label")
    assert matched.loc["all", "lowest_matched"] > matched.loc["all", "highest_other"]
