"""Dealt folds, and the table of all answers."""

import numpy as np
import pandas as pd
import pytest

from braintumor.data import manifest
from braintumor.data.leaks import VIEWS
from braintumor.evaluation import predictions
from braintumor.sweeps import dealing, joining, plan

MODEL = "vgg16_four_class"
CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
WRONG = {(7, 0): 3, (7, 1): 0, (8, 0): 5, (8, 1): 8}  # slices that are called otherwise


@pytest.fixture
def answered(sweep):
    """The sweep with every fold dealt, and answered with planted mistakes."""
    plan.save_plan(sweep)
    for seed in sweep.seeds:
        dealing.deal_folds(sweep, "phantom", seed)
    for cell in WRONG:
        answer(sweep, cell)
    return sweep


def splits_of(sweep, cell):
    return manifest.load_manifest(sweep.cell_files(*cell).splits("phantom"))


def answer(sweep, cell):
    """Answer one fold rightly but for the first few slices."""
    splits = splits_of(sweep, cell)
    test = splits[splits["as_shipped"] == "test"].reset_index(drop=True)
    labels = np.array([CLASSES.index(label) for label in test["label"]])
    labels[: WRONG[cell]] = (labels[: WRONG[cell]] + 1) % len(CLASSES)
    table = predictions.tabulate(test, np.eye(4)[labels], CLASSES)
    predictions.write_predictions(table, sweep.cell_files(*cell).predictions(MODEL))


def change(sweep, cell, edit):
    """Rewrite one cell's answers."""
    file = sweep.cell_files(*cell).predictions(MODEL)
    predictions.write_predictions(edit(predictions.read_predictions(file)), file)


def accuracies(table, part):
    return table[(table["metric"] == "accuracy") & (table["part"] == part)]


def test_no_group_stands_on_two_sides_and_each_slice_is_tested_once(answered):
    for seed in answered.seeds:
        tested = []
        for fold in range(answered.folds):
            splits = splits_of(answered, (seed, fold))
            for view in VIEWS:
                sides = splits.groupby("group_id")[view].nunique()
                assert (sides == 1).all()
                assert {*splits[view]} == {"training", "validation", "test"}
            tested += [*splits["slice_id"][splits["as_shipped"] == "test"]]
        assert sorted(tested) == [*splits["slice_id"]]


def test_seeds_deal_different_folds(answered):
    first, second = (splits_of(answered, (seed, 0)) for seed in answered.seeds)
    assert (first["as_shipped"] != second["as_shipped"]).any()


def test_folds_are_pooled_and_seeds_spread(answered):
    table = joining.join_answers(answered)
    assert tuple(table.columns) == joining.COLUMNS
    sizes = accuracies(table, "fold").set_index(["seed", "fold"])
    for cell, wrong in WRONG.items():
        row = sizes.loc[cell]
        assert row["value"] == pytest.approx(1 - wrong / row["slices"])
    pooled = accuracies(table, "pooled")
    right = [1 - 3 / 64, 1 - 13 / 64]
    assert [*pooled["value"]] == pytest.approx(right)
    assert [*pooled["slices"]] == [64, 64] and [*pooled["groups"]] == [32, 32]
    (spread,) = accuracies(table, "spread").to_dict("records")
    assert spread["value"] == pytest.approx(np.mean(right))
    assert spread["deviation"] == pytest.approx(np.std(right, ddof=1))
    assert spread["seeds"] == 2


def test_the_order_of_the_jobs_leaves_no_trace(answered):
    joining.main([answered.name])
    before = answered.table.read_bytes()
    answered.table.unlink()
    for cell in reversed(WRONG):
        answered.cell_files(*cell).predictions(MODEL).unlink()
        answer(answered, cell)
    joining.main([answered.name])
    assert answered.table.read_bytes() == before
    change(answered, (8, 1), swap_two_classes)  # the planted fault
    joining.main([answered.name])
    assert answered.table.read_bytes() != before


def swap_two_classes(table):
    names = ["probability_glioma", "probability_pituitary"]
    return table.assign(**{names[0]: table[names[1]], names[1]: table[names[0]]})


@pytest.mark.parametrize(
    "edit",
    [
        lambda table: table.iloc[1:],
        lambda table: table.assign(
            slice_id=["phantom/strange", *table["slice_id"].iloc[1:]]
        ),
    ],
    ids=["left out", "another's"],
)
def test_a_slice_that_is_not_answered_once_is_named(answered, edit):
    change(answered, (7, 1), edit)
    with pytest.raises(ValueError, match=r"seed 7: slice phantom/\w+ is answered"):
        joining.join_answers(answered)


def test_answers_of_another_fold_are_seen(answered):
    files = [answered.cell_files(7, fold).predictions(MODEL) for fold in range(2)]
    files[1].write_bytes(files[0].read_bytes())
    with pytest.raises(ValueError, match="is answered [02] times over all folds"):
        joining.join_answers(answered)


def test_one_seed_has_no_deviation():
    table = pd.DataFrame({"metric": ["accuracy"], "value": [0.5], "seed": [7]})
    assert joining.measure_spread(table)["deviation"].isna().all()
