"""Slices that look alike and are labelled differently: every one is listed."""

import json

import pandas as pd
import pytest

from braintumor import paths
from braintumor.studies import label_conflicts, record


@pytest.fixture
def splits():
    return pd.DataFrame(
        {
            "slice_id": list("abcde"),
            "source": "toy",
            "label": ["glioma", "glioma", "meningioma", "pituitary", "pituitary"],
            "group_id": [0, 0, 0, 1, 1],
            "as_shipped": ["training", "test", "training", "test", "test"],
            "pixel_sha256": ["1", "2", "3", "4", "4"],
        }
    )


TWINS = pd.DataFrame(
    [("a", "b", 0.97), ("a", "c", 0.96), ("b", "c", 0.9995), ("d", "e", 0.98)],
    columns=["left", "right", "similarity"],
).assign(orientation="mirror", upright=0.5)


def test_only_links_with_two_labels_are_listed_the_surest_first(splits):
    pairs = label_conflicts.list_pairs(splits, TWINS)
    assert pairs[["left", "right"]].to_numpy().tolist() == [["b", "c"], ["a", "c"]]
    assert pairs["left_side"].tolist() == ["test", "training"]
    assert (pairs["group_id"] == 0).all()


def test_groups_tell_their_labels(splits):
    groups = label_conflicts.list_groups(splits)
    assert groups["labels"].tolist() == ["glioma 2, meningioma 1"]
    assert groups["sides"].tolist() == ["test 1, training 2"]


def test_one_label_is_no_conflict(splits):
    splits["label"] = "glioma"
    assert label_conflicts.list_pairs(splits, TWINS).empty
    assert label_conflicts.list_groups(splits).empty


def test_conflicts_are_counted(splits):
    pairs = label_conflicts.list_pairs(splits, TWINS)
    groups = label_conflicts.list_groups(splits)
    told = label_conflicts.count("toy", splits, TWINS, pairs, groups)
    assert told["groups_with_two_labels"] == 1 and told["slices_in_them"] == 3
    assert told["pairs_with_two_labels"] == 2 and told["slices_in_such_pairs"] == 3
    assert told["copies_with_two_labels"] == 1
    assert told["such_pairs_between_test_and_the_rest"] == 1
    assert told["equal_pixels_with_two_labels"] == 0


def test_the_tracked_lists_hold_every_group_that_the_audit_counted():
    counts = record.read_table("label_conflicts", "counts").set_index("source")
    groups = record.read_table("label_conflicts", "groups")
    pairs = record.read_table("label_conflicts", "pairs")
    audit = paths.results_root() / "audit" / "nickparvar.json"
    counted = json.loads(audit.read_text("utf-8"))["label_conflicts_in_groups"]
    assert counts.loc["nickparvar", "groups_with_two_labels"] == counted == len(groups)
    assert set(pairs["group_id"]) == set(groups["group_id"])
