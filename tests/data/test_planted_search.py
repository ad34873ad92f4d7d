"""Fifty repeats of five kinds, planted among slices: all found, or the test fails."""

import cv2
import numpy as np
import pandas as pd
import pytest

from braintumor.data import crops, planted_search, planting, twins

SLICES = 40


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slices")
    random = np.random.default_rng(5)
    for number in range(SLICES):
        noise = random.normal(size=(96, 96)).astype(np.float32)
        image = cv2.normalize(
            cv2.GaussianBlur(noise, (0, 0), 9), None, 0, 220, cv2.NORM_MINMAX
        )
        cv2.imwrite(str(folder / f"{number:03}.png"), image.astype(np.uint8))
    return folder


def search(folder, similarity=0.95):
    manifest = pd.DataFrame({"path": [f"{n:03}.png" for n in range(SLICES)]})
    repeats = planted_search.search_planted(
        manifest, folder, np.arange(SLICES), similarity, seed=2, per_crop=0
    )
    return repeats.groupby(["search", "kind"])["found"].sum().unstack(), repeats


def test_all_fifty_are_found_and_no_stranger(slices):
    found, repeats = search(slices)
    assert (repeats.groupby(["search", "kind"]).size() == 10).all()
    whole = found.loc["whole"].drop("crop")
    assert whole.to_dict() == dict.fromkeys(set(planting.KINDS) - {"crop"}, 10)
    assert found.loc["crops"].to_dict() == dict.fromkeys(planting.KINDS, 10)
    assert not repeats["strangers"].any()


def test_a_kind_that_is_not_looked_for_is_missed(slices, monkeypatch):
    upright = {"upright": twins.ORIENTATIONS["upright"]}
    monkeypatch.setattr(twins, "ORIENTATIONS", upright)
    monkeypatch.setattr(crops, "ORIENTATIONS", upright)
    found, _ = search(slices)
    for name in ("whole", "crops"):
        assert found.loc[name, ["mirror", "quarter_turn"]].max() < 10
        assert found.loc[name, "jpeg"] == 10


def test_crops_are_missed_where_nothing_is_brought_into_place(slices, monkeypatch):
    monkeypatch.setattr(crops, "PARTNERS", 0)
    found, _ = search(slices)
    assert found.loc["crops", "crop"] < 10


def test_strangers_are_counted():
    plan = pd.DataFrame({"kind": "jpeg", "kept": 0.9, "original": [0, 2]})
    pairs = pd.DataFrame({"repeat": [0, 0, 0, 1], "slice": [0, 1, 2, 3]})
    told = planted_search.judge(pairs, plan, np.array([7, 7, 8, 9]))
    assert told["found"].tolist() == [True, False]
    assert told["strangers"].tolist() == [1, 1]  # a slice of the same group is none
