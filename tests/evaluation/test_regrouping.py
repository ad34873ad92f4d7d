"""Another grouping leaves another test; models are scored on what it leaves."""

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation import metrics, regrouping

SIDES = pd.Series(["training", "test", "test", "validation", "test", "excluded"])


@pytest.mark.parametrize(
    ("groups", "kept"),
    [
        ([0, 1, 2, 3, 4, 5], [1, 2, 4]),
        ([0, 0, 2, 3, 4, 5], [2, 4]),  # with a training slice
        ([0, 1, 3, 3, 4, 5], [1, 4]),  # with a validation slice
        ([0, 1, 1, 3, 5, 5], [1, 2, 4]),  # test and excluded slices do no harm
        ([0] * 6, []),
    ],
)
def test_only_groups_without_seen_slices_are_kept(groups, kept):
    found = regrouping.keep_unseen(SIDES, pd.Series(groups))
    assert found.index[found].tolist() == kept


def test_what_is_left_is_counted_by_class():
    labels = pd.Series(["a", "b", "b", "a"])
    kept = pd.Series([True, True, True, False])
    left = regrouping.count_left(labels, pd.Series([5, 5, 6, 7]), kept, ("a", "b", "c"))
    assert left == {"slices": 3, "groups": 2, "a": 1, "b": 2, "c": 0}


@pytest.fixture
def answers(make_table, classes):
    random = np.random.default_rng(1)
    probabilities = random.dirichlet(np.ones(4), size=60)
    return {"guess": make_table(random.choice(classes, 60), probabilities)}


def test_the_same_choice_gives_the_same_scores(answers, classes):
    table = answers["guess"]
    everything = pd.Series(True, table.index)
    rows = regrouping.rescore(
        answers, table["slice_id"], everything, table["group_id"], seed=3
    )
    expected = metrics.evaluate(table, classes=classes, view="group_disjoint", seed=3)
    pd.testing.assert_frame_equal(rows.drop(columns="model"), expected)


def test_only_kept_slices_count_in_any_order(answers):
    table = answers["guess"]
    right = table.filter(like="probability_").to_numpy().argmax(axis=1)
    names = table.filter(like="probability_").columns.str.removeprefix("probability_")
    kept = pd.Series(names[right] == table["label"])  # a planted choice: only hits
    order = np.random.default_rng(0).permutation(len(table))
    rows = regrouping.rescore(
        answers,
        table["slice_id"].iloc[order],
        kept.iloc[order],
        table["group_id"].iloc[order],
        seed=3,
        replicates=10,
    ).set_index("metric")
    assert rows.loc["accuracy", "value"] == 1
    assert rows.loc["accuracy", "n"] == kept.sum()


def test_intervals_are_over_the_groups_of_the_rule(answers):
    table = answers["guess"]
    everything = pd.Series(True, table.index)
    tens = pd.Series(table.index // 10)
    rows = regrouping.rescore(answers, table["slice_id"], everything, tens, seed=3)
    assert rows.set_index("metric").loc["accuracy", "groups"] == 6


def test_a_slice_that_the_rule_does_not_know_is_named(answers):
    table = answers["guess"]
    with pytest.raises(ValueError, match=r"guess: the splits have no slice .*00000"):
        regrouping.rescore(
            answers,
            table["slice_id"][1:],
            pd.Series(True, table.index[1:]),
            table["group_id"][1:],
            seed=3,
        )
