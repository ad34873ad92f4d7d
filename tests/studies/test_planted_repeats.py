"""Planted repeats: how they are counted, and what the tracked tables promise."""

import numpy as np
import pandas as pd
import pytest

from braintumor.data import crops, planting, twins
from braintumor.studies import planted_repeats, record


def test_found_repeats_are_counted_with_intervals():
    repeats = pd.DataFrame(
        {
            "source": "toy",
            "search": np.repeat(["whole", "crops"], 4),
            "kind": "crop",
            "found": [True, False, False, False, *[True] * 4],
            "strangers": [0, 2, 0, 0, 0, 0, 0, 0],
        }
    )
    told = planted_repeats.count_found(repeats, "kind").set_index("search")
    assert told["found"].tolist() == [1, 4] and told["planted"].tolist() == [4, 4]
    assert told["strangers"].tolist() == [2, 0]
    assert told["paired_with_strangers"].tolist() == [1, 0]
    assert told.loc["crops", "high"] == 1 and told.loc["crops", "low"] < 0.5


def make_alarms(called):
    rows = [("whole", 0.95, 5), ("whole", 0.97, 0)]
    rows += [("crops", 0.95 + 0.01 * n, c) for n, c in enumerate(called)]
    return pd.DataFrame(rows, columns=["search", "similarity", "called"])


@pytest.mark.parametrize(
    ("called", "used"), [([9, 5, 0], 0.96), ([5, 5, 0], 0.95), ([9, 8, 7], 0.97)]
)
def test_crops_call_no_more_strangers_alike_than_whole_slices(called, used):
    marked = planted_repeats.mark_used(make_alarms(called))
    marked = marked[marked["used"]].set_index("search")["similarity"]
    assert marked.to_dict() == {"whole": 0.95, "crops": pytest.approx(used)}


def test_false_alarms_are_pairs_of_two_patients(monkeypatch):
    pairs = pd.DataFrame(
        {"left": [0, 0, 1], "right": [1, 2, 3], "similarity": [0.99, 0.985, 0.96]}
    )
    cut = pairs.rename(columns={"left": "asked", "right": "among"})
    monkeypatch.setattr(twins, "thumbnails", lambda *_, **__: None)
    monkeypatch.setattr(twins, "find_twins", lambda *_, **__: pairs)
    monkeypatch.setattr(crops, "find_crops", lambda *_, **__: cut)
    told = planted_repeats.count_alarms(
        pd.DataFrame({"path": list("abcd")}), None, np.array([0, 0, 1, 1])
    ).set_index(["search", "similarity"])
    assert (told["pairs"] == 4).all()  # of six pairs two are of one patient
    assert told.loc[("whole", 0.95), "called"] == 2
    assert told.loc[("whole", 0.98), "called"] == 1
    assert told.loc[("crops", 0.98), "patients_called"] == 2
    assert told.loc[("crops", 0.99), "called"] == 0


def test_the_tracked_tables_hold_fifty_repeats_of_each_set_all_kinds_looked_for():
    found = record.read_table("planted_repeats", "found")
    per_set = found.groupby(["source", "search"])["planted"].sum()
    assert per_set.to_dict() == dict.fromkeys(per_set.index, 50)
    assert set(found["kind"]) == set(planting.KINDS)
    whole = found[(found["search"] == "whole") & (found["kind"] != "crop")]
    assert (whole["found"] == whole["planted"]).all()
