"""The studies of changed slices: who is drawn, what is written, what is refused."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from braintumor import paths
from braintumor.data.corruptions import CORRUPTIONS, SEVERITIES
from braintumor.demo import predict
from braintumor.modeling.gradcam import HeadWeights
from braintumor.modeling.recipes import get_recipe
from braintumor.studies import invariance, record, robustness, shipped
from braintumor.studies.setting import Setting

RECIPE = get_recipe(shipped.MODEL, "cpu")
CLASSES = RECIPE.classes


def make_splits(n=60):
    """Test slices in pairs of one group; every fifth slice is on another side."""
    numbers = np.arange(n)
    side = np.where(numbers % 5 == 4, "training", "test")
    return pd.DataFrame(
        {
            "slice_id": [f"toy/{number:03d}" for number in numbers],
            "label": np.array(CLASSES)[numbers // 2 % 4],
            "group_id": numbers // 2,
            "as_shipped": side,
            "deduplicated": np.where(numbers % 3 == 0, "excluded", side),
        }
    )


class Toy:
    """A backbone that sees how bright the quarters of a slice are."""

    def __init__(self):
        self.head = HeadWeights(
            "average", (np.eye(4, dtype=np.float32),), (np.zeros(4),)
        )

    def features(self, images):
        halves = [
            half for side in np.split(images, 2, axis=1) for half in side_by(side)
        ]
        quarters = np.stack([half.mean(axis=(1, 2)) for half in halves], axis=-1)
        return (quarters[:, None, None, :] / 10).astype(np.float32)


def side_by(images):
    return np.split(images, 2, axis=2)


@pytest.fixture(scope="module")
def model():
    return shipped.Shipped(Toy(), replace(RECIPE, side=32), 1.0, 0.5)


@pytest.fixture(scope="module")
def draw():
    rows = shipped.draw_rows(make_splits(), per_class=3, seed=7)
    random = np.random.default_rng(0)
    pixels = [
        random.integers(0, 200, (40, 40), dtype=np.uint8) for _ in range(len(rows))
    ]
    labels = rows["label"].map(CLASSES.index).to_numpy()
    return shipped.Draw(rows, pixels, labels)


def check_draw(choose):
    splits = make_splits()
    rows = choose(splits, per_class=3, seed=7)
    assert rows["label"].value_counts().to_dict() == dict.fromkeys(CLASSES, 3)
    assert rows["group_id"].is_unique and (rows["as_shipped"] == "test").all()
    mixed = splits.sample(frac=1, random_state=1)
    again = choose(mixed, per_class=3, seed=7)
    assert again["slice_id"].tolist() == rows["slice_id"].tolist()
    other = choose(splits, per_class=3, seed=8)
    assert other["slice_id"].tolist() != rows["slice_id"].tolist()


def test_a_draw_has_one_test_slice_of_each_group():
    check_draw(shipped.draw_rows)

    def careless(splits, per_class, seed):
        return splits.groupby("label").head(per_class)

    with pytest.raises(AssertionError):
        check_draw(careless)


def test_few_groups_are_all_drawn():
    rows = shipped.draw_rows(make_splits(8), per_class=99, seed=7)
    assert len(rows) == 4  # one class a pair, one slice of each pair


def test_an_altered_file_is_refused(tmp_path, monkeypatch):
    content = b"no slice"
    row = {"path": "a.png", "sha256": hashlib.sha256(b"another").hexdigest()}
    (tmp_path / "a.png").write_bytes(content)
    splits = make_splits(2).head(1).assign(**row)
    monkeypatch.setattr(shipped.sources, "locate", lambda name: tmp_path)
    monkeypatch.setattr(shipped.manifest, "load_manifest", lambda path: splits)
    setting = SimpleNamespace(
        read=lambda path: path, seed=7, paths=SimpleNamespace(splits=lambda name: name)
    )
    with pytest.raises(ValueError, match=r"a\.png is not the file that was split"):
        shipped.draw_test(setting, CLASSES)


def test_a_model_of_another_run_is_refused(tmp_path, monkeypatch):
    promises = {"shipped": {"run": "elsewhere"}}
    (tmp_path / shipped.MODEL).mkdir()
    (tmp_path / shipped.MODEL / "contract.json").write_text("{}")
    monkeypatch.setattr(paths, "models_root", lambda: tmp_path)
    monkeypatch.setattr(shipped.contract, "read_contract", lambda folder: promises)
    with pytest.raises(ValueError, match="--run elsewhere"):
        shipped.load_shipped(Setting("here"))


def test_the_model_is_the_demo_s():
    assert shipped.MODEL == predict.SHIPPED


def test_tables_hold_every_corruption_and_severity(model, draw):
    answers, noise = robustness.answer_corrupted(model, draw, seed=7)
    assert {*noise} == {*answers} - {(robustness.CLEAN, 0)}
    assert noise["blur", 1] > noise["blur", 5]
    scores = robustness.score(model, draw, answers, draw.in_view("as_shipped"))
    rungs = scores[["corruption", "severity"]].drop_duplicates()
    assert len(rungs) == 1 + len(CORRUPTIONS) * len(SEVERITIES)
    predicted = robustness.count_predicted(CLASSES, answers)
    sums = predicted.groupby(["corruption", "severity"])["share"].sum()
    assert sums.tolist() == pytest.approx([1.0] * (1 + len(CORRUPTIONS)))
    check_summary(robustness.summarise(draw, answers), scores)
    with pytest.raises(AssertionError):
        check_summary(robustness.summarise(draw, answers), spoil(scores))


def check_summary(summary, scores, tolerance=1e-9):
    """The mean over severities is that of the scores, less the untouched slices'."""
    found = scores[scores["metric"] == "accuracy"].set_index("corruption")["value"]
    changes = summary[summary["metric"] == "accuracy_change"].set_index("corruption")
    assert len(changes) == len(CORRUPTIONS)
    for name, change in changes["value"].items():
        assert change == pytest.approx(
            found[name].mean() - found[robustness.CLEAN], abs=tolerance
        )


def spoil(scores):
    clean = scores["corruption"] == robustness.CLEAN
    return scores.assign(value=scores["value"] + np.where(clean, 0.1, 0))


def test_counts_stand_beside_the_views(draw):
    counts = draw.count().groupby("view")["n"].sum()
    assert counts["as_shipped"] == 12 > counts["deduplicated"]


IDENTITIES = ("png_8_bit", "png_16_bit")


@pytest.mark.parametrize("name", list(invariance.TRANSFORMATIONS))
def test_a_transformation_does_what_it_says(name, phantom_folder):
    kind, transform = invariance.TRANSFORMATIONS[name]
    path = next((phantom_folder / "Testing" / "glioma").glob("*.png"))
    grey = shipped.images.decode_slice(path)
    grey[0, 0] = 255  # bright enough for every bit of eight
    changed = transform(grey)
    assert kind in ("place", "file")
    assert changed.shape == grey.shape and changed.dtype == np.uint8
    assert np.array_equal(changed, grey) == (name in IDENTITIES)
    assert np.abs(changed.astype(int) - grey).mean() < 40


def test_places_move_where_they_say():
    grey = np.zeros((9, 9), np.uint8)
    grey[4, 6] = 200
    moves = {
        "shift_left_1_pixel": (4, 5),
        "shift_right_1_pixel": (4, 7),
        "shift_up_1_pixel": (3, 6),
        "shift_down_1_pixel": (5, 6),
        "mirror_left_right": (4, 2),
    }
    for name, place in moves.items():
        moved = invariance.TRANSFORMATIONS[name][1](grey)
        assert np.argwhere(moved == 200).tolist() == [list(place)], name
    assert np.array_equal(invariance.turn(grey, 90), np.rot90(grey))
    half = [invariance.turn(invariance.turn(grey, d), -d)[4, 6] for d in (10, -10)]
    assert min(half) > 50


def test_tracked_tables_are_of_this_code():
    """The tables were made with the strengths that stand in the code."""
    ladder = record.read_table("robustness", "ladder")
    check_strengths(ladder)
    with pytest.raises(AssertionError):
        check_strengths(ladder.assign(strength=ladder["strength"] * 1.01))
    check_summary(
        record.read_table("robustness", "summary"),
        record.read_table("robustness", "as_shipped"),
        tolerance=2e-4,
    )
    for study in ("robustness", "invariance"):
        counts = record.read_table(study, "slices").groupby("view")["n"].sum()
        assert counts["as_shipped"] == shipped.PER_CLASS * len(CLASSES), study
    names = record.read_table("invariance", "changes")["transformation"]
    assert {*names} == {*invariance.TRANSFORMATIONS}


def check_strengths(ladder):
    """The ladder is the code's, and every rung costs what the rule says."""
    written = ladder.groupby("corruption")["strength"].apply(tuple).to_dict()
    assert {*written} == {*CORRUPTIONS}
    for name, strengths in written.items():
        assert strengths == pytest.approx(CORRUPTIONS[name].strengths, rel=1e-4)
