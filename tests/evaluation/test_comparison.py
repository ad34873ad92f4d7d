"""Two programs on the same slices: counts, exact p, and honest differences."""

import numpy as np
import pytest
from scipy import stats

from braintumor.evaluation import comparison, metrics
from braintumor.evaluation.scores import NO_TUMOR

VIEW = "as_shipped"


def answer(labels, classes, wrong):
    """Probabilities that are right but where `wrong`; then the next class."""
    places = np.array([classes.index(name) for name in labels])
    places[wrong] = (places[wrong] + 1) % len(classes)
    return np.eye(len(classes))[places]


@pytest.fixture
def two(make_table, classes):
    """120 slices: 80 right by both, 30 by the first alone, 6 by the second alone."""
    labels = np.array(classes)[np.arange(120) % 4]
    first = np.isin(np.arange(120), range(110, 120))
    second = np.isin(np.arange(120), [*range(80, 110), *range(116, 120)])
    return [make_table(labels, answer(labels, classes, w)) for w in (first, second)]


def read(two):
    return comparison.read_pair(*two, VIEW)


def test_mcnemar_counts_and_is_exact(two):
    found = comparison.exact_mcnemar(comparison.pair(*read(two)))
    counts = {"both": 80, "first_only": 30, "second_only": 6, "neither": 4}
    assert {name: found[name] for name in counts} == counts
    tail = 2 * stats.binom.cdf(6, 36, 0.5)
    assert found["p"] == pytest.approx(tail)


def test_programs_that_agree_are_not_told_apart(two):
    one, _ = read(two)
    found = comparison.exact_mcnemar(comparison.pair(one, one))
    assert found["p"] == 1 and found["first_only"] == found["second_only"] == 0
    rows = comparison.compare_scores(one, one, replicates=20).set_index("metric")
    assert (rows["difference"] == 0).all()
    # No disagreement among 120 slices does not prove that there is none.
    assert rows.loc["accuracy", "high"] == pytest.approx(1 - 0.025 ** (1 / 120))
    assert rows.loc["specificity", "low"] == pytest.approx(0.025 ** (1 / 30) - 1)


def test_differences_are_those_of_the_metrics(two, classes):
    one, other = (
        metrics.evaluate(table, classes=classes, view=VIEW, replicates=10)
        .set_index("metric")["value"]
        .loc[list(comparison.METRICS)]
        for table in two
    )
    rows = comparison.compare_scores(*read(two), replicates=300).set_index("metric")
    np.testing.assert_allclose(rows["difference"], one - other, atol=1e-12)
    assert rows.loc["accuracy", "difference"] == pytest.approx(0.2)
    assert rows.loc["accuracy", "low"] > 0.1
    assert (rows["low"] <= rows["difference"]).all()
    assert (rows["difference"] <= rows["high"]).all()
    healthy = int((two[0]["label"] == NO_TUMOR).sum())
    assert rows.loc["specificity", "n"] == healthy


def test_pairing_narrows_and_repeats_do_not(two, classes, make_table):
    """Ten copies of every slice, each in the group of its original, tell no more."""
    rows = comparison.compare_scores(*read(two), replicates=400)
    repeated = []
    for table in two:
        columns = [f"probability_{name}" for name in classes]
        labels = np.repeat(table["label"].to_numpy(), 10)
        answers = np.repeat(table[columns].to_numpy(), 10, axis=0)
        repeated.append(make_table(labels, answers, np.repeat(np.arange(120), 10)))
    again = comparison.compare_scores(*read(repeated), replicates=400)
    np.testing.assert_allclose(rows[["low", "high"]], again[["low", "high"]])
    assert again.loc[0, "n"] == 1200 and again.loc[0, "groups"] == 120


def test_an_empty_view_has_no_difference(two):
    for table in two:
        table["group_disjoint"] = 0
    pair = comparison.read_pair(*two, "group_disjoint")
    rows = comparison.compare_scores(*pair, replicates=10)
    assert rows["difference"].isna().all() and (rows["n"] == 0).all()


def test_order_of_the_slices_does_not_matter(two):
    mixed = two[1].sample(frac=1, random_state=0)
    one = comparison.exact_mcnemar(comparison.pair(*read(two)))
    assert one == comparison.exact_mcnemar(comparison.pair(*read([two[0], mixed])))


def test_tables_of_other_slices_are_refused(two):
    other = two[1].assign(slice_id=two[1]["slice_id"] + "x")
    with pytest.raises(ValueError, match="not of the same slices"):
        read([two[0], other])
    with pytest.raises(ValueError, match="not of the same slices"):
        read([two[0], two[1].assign(group_id=0)])
