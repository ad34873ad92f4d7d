import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from braintumor.evaluation import metrics, scores


def evaluate(table, classes, view="as_shipped", **options):
    options = {"replicates": 100, **options}
    return metrics.evaluate(table, classes=classes, view=view, **options).set_index(
        "metric"
    )


def read(table, classes):
    probabilities = table[[f"probability_{name}" for name in classes]].to_numpy()
    truth = table["label"].map(list(classes).index).to_numpy()
    return truth, probabilities.argmax(axis=1), probabilities


def test_every_metric_equals_scikit_learn(four_class, classes):
    truth, predicted, probabilities = read(four_class, classes)
    value = evaluate(four_class, classes)["value"]
    recalls = reference.recall_score(truth, predicted, average=None)
    expected = {
        "accuracy": reference.accuracy_score(truth, predicted),
        "macro_f1": reference.f1_score(truth, predicted, average="macro"),
        "auc": reference.roc_auc_score(truth, probabilities, multi_class="ovr"),
        "sensitivity": reference.recall_score(truth != 2, predicted != 2),
        "specificity": reference.recall_score(truth == 2, predicted == 2),
        **{f"recall_{name}": recalls[i] for i, name in enumerate(classes)},
    }
    assert list(value.index) == list(expected)
    np.testing.assert_allclose(value, list(expected.values()), atol=1e-12)


def test_two_classes_have_the_plain_auc(make_table):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 200)
    tumor = np.clip(0.3 * truth + generator.random(200) * 0.7, 0, 1).round(1)  # ties
    names = ("no_tumor", "tumor")
    table = make_table(
        np.array(names)[truth], np.stack([1 - tumor, tumor], 1), classes=names
    )
    value = evaluate(table, names)["value"]
    assert value["auc"] == pytest.approx(reference.roc_auc_score(truth, tumor))
    assert value["auc"] != pytest.approx(0.5, abs=0.05)
    assert value["sensitivity"] == value["recall_tumor"]


@pytest.mark.parametrize("decimals", [1, 6])
def test_weighted_auc_equals_scikit_learn(decimals):
    generator = np.random.default_rng(1)
    positive = generator.random(120) < 0.4
    marks = (positive * 0.5 + generator.random(120)).round(decimals)
    weights = generator.integers(0, 4, (7, 120)).astype(float)
    expected = [
        reference.roc_auc_score(positive, marks, sample_weight=row) for row in weights
    ]
    area = scores.weighted_auc(positive, marks, weights)
    np.testing.assert_allclose(area, expected)


def test_weights_are_repetitions(four_class, classes):
    outcome = scores.read_outcome(four_class, classes, "as_shipped")
    counts = np.random.default_rng(2).integers(0, 3, len(four_class))
    rows = np.repeat(np.arange(len(four_class)), counts)
    repeated = scores.Outcome(
        outcome.labels[rows],
        outcome.predicted[rows],
        outcome.probabilities[rows],
        outcome.group_ids[rows],
        outcome.classes,
    )
    weighted = scores.score(outcome, counts[None].astype(float))
    plain = scores.score(repeated, np.ones((1, len(rows))))
    for name in plain:
        assert weighted[name] == pytest.approx(plain[name]), name


def test_confusion_equals_scikit_learn(four_class, classes):
    truth, predicted, _ = read(four_class, classes)
    table = metrics.confusion_table(four_class, classes, "as_shipped")
    expected = reference.confusion_matrix(truth, predicted)
    assert table["count"].tolist() == expected.reshape(-1).tolist()
    assert list(table["label"][:4]) == ["glioma"] * 4
    assert tuple(table["predicted"][:4]) == classes


def test_permuted_labels_score_at_chance(make_table, classes):
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 4, 800)
    probabilities = np.eye(4)[labels] * 0.96 + 0.01
    right = make_table(np.array(classes)[labels], probabilities)
    wrong = make_table(np.array(classes)[generator.permutation(labels)], probabilities)
    assert evaluate(right, classes)["value"]["accuracy"] == 1
    value = evaluate(wrong, classes)["value"]
    assert value["accuracy"] == pytest.approx(0.25, abs=0.05)
    assert value["auc"] == pytest.approx(0.5, abs=0.05)


def test_a_view_counts_its_own_slices_only(four_class, classes):
    truth, predicted, _ = read(four_class, classes)
    four_class["group_disjoint"] = (truth == predicted).astype(int)
    four_class.loc[0, "group_disjoint"] = 1
    row = evaluate(four_class, classes, "group_disjoint").loc["accuracy"]
    assert row["n"] == four_class["group_disjoint"].sum()
    assert (
        row["groups"] == four_class.query("group_disjoint == 1")["group_id"].nunique()
    )
    assert row["value"] > evaluate(four_class, classes)["value"]["accuracy"] + 0.1


def test_recall_counts_the_slices_and_groups_of_its_class(four_class, classes):
    table = evaluate(four_class, classes)
    glioma = four_class.query("label == 'glioma'")
    row = table.loc["recall_glioma"]
    assert (row["n"], row["groups"]) == (len(glioma), glioma["group_id"].nunique())
    healthy = (four_class["label"] == "no_tumor").sum()
    assert table.loc["specificity", "n"] == healthy
    assert table.loc["sensitivity", "n"] == len(four_class) - healthy


def test_no_error_is_no_certainty(make_table, classes):
    names = np.repeat(classes, [10, 4, 10, 10])
    groups = np.repeat(np.arange(17), 2)  # two slices each; meningioma has two groups
    table = evaluate(
        make_table(names, np.eye(4)[np.repeat(range(4), [10, 4, 10, 10])], groups),
        classes,
    )
    exact = stats.binomtest(17, 17).proportion_ci(method="exact").low
    assert table.loc["accuracy", "low"] == pytest.approx(exact)
    assert table.loc["accuracy", "high"] == 1
    rarest = stats.binomtest(2, 2).proportion_ci(method="exact").low
    for name in ("recall_meningioma", "macro_f1", "auc"):
        assert table.loc[name, "low"] == pytest.approx(rarest), name


def test_all_wrong_has_an_interval_too(make_table, classes):
    names = np.repeat(classes, 5)
    table = evaluate(make_table(names, np.eye(4)[[3] * 15 + [0] * 5]), classes)
    assert table.loc["accuracy", ["value", "low"]].tolist() == [0, 0]
    exact = stats.binomtest(0, 20).proportion_ci(method="exact").high
    assert table.loc["accuracy", "high"] == pytest.approx(exact)


def test_a_missing_class_leaves_its_metrics_empty(four_class, classes):
    table = evaluate(four_class.query("label != 'pituitary'"), classes)
    for name in ("recall_pituitary", "macro_f1", "auc"):
        assert table.loc[name, ["value", "low", "high"]].isna().all(), name
    assert table.loc["recall_pituitary", "n"] == 0
    assert table.loc[["accuracy", "sensitivity", "recall_glioma"], "low"].notna().all()


def test_one_class_alone_has_no_auc(four_class, classes):
    table = evaluate(four_class.query("label == 'no_tumor'"), classes)
    assert np.isnan(table.loc["auc", "value"])
    assert np.isnan(table.loc["sensitivity", "value"])
    assert table.loc["specificity", "low"] > 0


def test_an_empty_view_is_empty_rows(four_class, classes):
    four_class["group_disjoint"] = 0
    table = evaluate(four_class, classes, "group_disjoint")
    assert table["value"].isna().all() and (table["n"] == 0).all()
    assert list(table.index) == list(evaluate(four_class, classes).index)


def test_one_group_has_no_interval(four_class, classes):
    four_class["group_id"] = 1
    table = evaluate(four_class, classes)
    assert table["value"].notna().all()
    assert table[["low", "high"]].isna().all().all()


def test_replicates_without_a_class_are_counted(make_table, classes):
    names = (
        ["glioma"] * 20 + ["meningioma"] * 20 + ["no_tumor"] * 20 + ["pituitary"] * 2
    )
    generator = np.random.default_rng(0)
    table = evaluate(make_table(names, generator.dirichlet(np.ones(4), 62)), classes)
    # A replicate misses both pituitary slices with probability (1 − 2/62)^62 = 0.13.
    assert 3 <= table.loc["auc", "dropped"] <= 25
    assert table.loc["recall_pituitary", "dropped"] == table.loc["auc", "dropped"]
    assert table.loc["accuracy", "dropped"] == 0


def test_the_order_of_the_rows_has_no_influence(four_class, classes):
    shuffled = four_class.sample(frac=1, random_state=1)
    first, second = evaluate(four_class, classes), evaluate(shuffled, classes)
    assert first.equals(second)
    assert not first.equals(evaluate(four_class, classes, seed=8))


def test_classes_must_fit(four_class, classes):
    with pytest.raises(ValueError, match="probability_<class>.*sarcoma"):
        evaluate(four_class, (*classes, "sarcoma"))
    with pytest.raises(ValueError, match="no_tumor"):
        evaluate(four_class, ("glioma", "meningioma"))
    with pytest.raises(ValueError, match="published.*as_shipped"):
        evaluate(four_class, classes, "published")
