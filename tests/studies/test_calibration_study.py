"""The calibration study: what validation slices decide, and nothing else does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation.calibration import calibrate
from braintumor.studies import calibration
from braintumor.studies.answers import Answers

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
PLACES = ("validation", "as_shipped", "group_disjoint", "navoneel")


def make_answers(seed, *, slices=240, sharpness=1.6):
    """Return answers that are `sharpness` times too sure of themselves."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 1.5, (slices, 4))
    labels = np.array([random.choice(4, p=row) for row in calibrate(honest)])
    groups = random.integers(0, slices // 2, slices)
    return Answers(honest * sharpness, labels, labels != 2, groups, CLASSES)


@pytest.fixture(scope="module")
def places():
    made = {place: make_answers(seed) for seed, place in enumerate(PLACES)}
    only_tumors = np.flatnonzero(made["group_disjoint"].tumor)
    made["group_disjoint"] = made["group_disjoint"].take(only_tumors)
    unnamed = np.where(made["navoneel"].tumor, -1, 2)
    made["navoneel"] = replace(made["navoneel"], labels=unnamed)
    return made


@pytest.fixture(scope="module")
def tables(places):
    return calibration.study(places)


def test_every_place_has_its_rows(tables):
    named = set(PLACES) - {"navoneel"}
    for table in ("scores", "bins", "risk", "abstention"):
        assert set(tables[table]["place"]) == named, table
    assert set(tables["decisions"]["place"]) == set(PLACES)
    assert set(tables["trade_off"]["place"]) == set(PLACES) - {"group_disjoint"}


def test_the_temperature_heals_what_was_planted(tables):
    assert tables["bars"]["temperature"][0] == pytest.approx(1.6, rel=0.2)
    scores = tables["scores"].set_index(["place", "metric", "stage"])
    for place in ("validation", "as_shipped"):
        for metric in ("log_loss", "brier"):
            change = scores.loc[(place, metric, "change")]
            assert change["value"] < 0, (place, metric)
            before, after = (
                scores.loc[(place, metric, stage), "value"]
                for stage in ("before", "after")
            )
            assert change["value"] == pytest.approx(after - before)


def test_no_healthy_slice_no_false_alarm(tables):
    decisions = tables["decisions"].set_index(["place", "rule", "metric"])
    empty = decisions.loc[("group_disjoint", "bar", "false_alarms")]
    assert empty["n"] == 0 and np.isnan(empty["value"]) and np.isnan(empty["low"])
    full = decisions.loc[("as_shipped", "bar", "false_alarms")]
    assert full["count"] == round(full["value"] * full["n"])


def test_the_bar_keeps_its_promise_where_it_was_chosen(tables):
    decisions = tables["decisions"].set_index(["place", "rule", "metric"])
    chosen = decisions.loc[("validation", "bar", "missed")]
    assert chosen["value"] <= tables["bars"]["allowed_missed"][0]
    assert chosen["n"] == tables["bars"]["tumor_slices"][0]


def decided(places, monkeypatch):
    """Return what the study decides, before and after every test slice changed."""
    monkeypatch.setattr(calibration, "OF_NAMED", {})
    monkeypatch.setattr(calibration, "OF_ANY", {})
    others = {
        place: found if place == "validation" else make_answers(100 + seed, sharpness=4)
        for seed, (place, found) in enumerate(places.items())
    }
    return calibration.study(places)["bars"], calibration.study(others)["bars"]


def test_no_test_slice_decides_anything(places, monkeypatch):
    pd.testing.assert_frame_equal(*decided(places, monkeypatch))


def test_a_decision_on_test_slices_would_be_seen(places, monkeypatch):
    monkeypatch.setattr(calibration, "CHOOSES", "as_shipped")
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(*decided(places, monkeypatch))
