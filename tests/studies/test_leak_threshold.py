"""Groups against the similarity of twins: the rule, and the tracked tables."""

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation import results
from braintumor.studies import leak_threshold, record

RUN = "nickparvar-cpu-seed7"


@pytest.fixture
def splits():
    return pd.DataFrame(
        {
            "source": "toy",
            "patient_id": np.nan,
            "pixel_sha256": ["a", "b", "c", "d", "d"],
            "label": ["glioma", "glioma", "pituitary", "pituitary", "pituitary"],
            "as_shipped": ["training", "test", "test", "test", "validation"],
            "group_id": [0, 0, 1, 2, 2],
        }
    )


PAIRS = pd.DataFrame(
    {
        "left": [0, 1],
        "right": [1, 2],
        "similarity": [0.95, 0.93],
        "upright": [0.4, 0.93],
    }
)


@pytest.mark.parametrize(
    ("column", "similarity", "groups"),
    [
        ("similarity", 0.9, [0, 0, 0, 1, 1]),
        ("similarity", 0.95, [0, 0, 1, 2, 2]),
        ("similarity", 0.99, [0, 1, 2, 3, 3]),
        ("similarity", leak_threshold.EQUAL, [0, 1, 2, 3, 3]),
        ("upright", 0.9, [0, 1, 1, 2, 2]),
    ],
)
def test_twins_are_told_at_the_similarity(splits, column, similarity, groups):
    found = leak_threshold.group(splits, PAIRS, column, similarity)
    assert found.tolist() == groups


def test_equal_slices_stay_together_without_any_search(splits):
    pairs = PAIRS.assign(similarity=1.0)
    found = leak_threshold.group(splits, pairs, "similarity", leak_threshold.EQUAL)
    assert found.tolist() == [0, 1, 2, 3, 3]


def test_what_is_left_is_counted(splits):
    groups = leak_threshold.group(splits, PAIRS, "similarity", 0.95)
    kept = leak_threshold.regrouping.keep_unseen(splits["as_shipped"], groups)
    left = leak_threshold.count(splits, groups, kept)
    assert left["groups"] == 3 and left["largest_group"] == 2
    assert left["test_slices"] == left["pituitary"] == 1
    assert left["groups_of_the_run"] == 1


def test_the_tracked_groups_are_those_of_the_run():
    groups = record.read_table("leak_threshold", "groups")
    turned = groups[groups["search"] == "turned"].set_index("similarity")
    assert turned.index[turned["groups_of_the_run"] == 1].tolist() == [0.95]
    assert turned["groups"].is_monotonic_increasing
    assert turned["test_slices"].is_monotonic_increasing
    kept = results.read_results(results.find_results(RUN, tracked=True))
    kept = kept[(kept["view"] == "group_disjoint") & (kept["dataset"] == "nickparvar")]
    told = kept[kept["metric"] == "accuracy"]["n"].unique()
    assert told.tolist() == [turned.loc[0.95, "test_slices"]]


def test_the_tracked_scores_at_the_projects_similarity_are_the_headline():
    scores = record.read_table("leak_threshold", "scores")
    here = scores[scores["similarity"] == 0.95].set_index(["model", "metric"])
    kept = results.read_results(results.find_results(RUN, tracked=True))
    kept = kept[(kept["view"] == "group_disjoint") & (kept["dataset"] == "nickparvar")]
    kept = kept.set_index(["model", "metric"])
    both = here.index.intersection(kept.index)  # a baseline may be younger
    assert {"densenet121_four_class", "nearest_neighbor"} <= {*both.unique("model")}
    for column in ("value", "low", "high", "n", "groups"):
        np.testing.assert_allclose(
            here.loc[both, column], kept.loc[both, column], atol=1e-4
        )
