import numpy as np
import pytest

from braintumor.data import splits
from braintumor.evaluation import predictions


def test_views_are_those_of_the_splits():
    assert predictions.VIEWS == splits.VIEWS


def test_columns(four_class, classes):
    assert list(four_class) == [
        "slice_id",
        "label",
        *(f"probability_{name}" for name in classes),
        "as_shipped",
        "deduplicated",
        "group_disjoint",
        "group_id",
    ]
    assert predictions.class_names(four_class) == classes


def test_only_test_slices_of_a_view_count(make_table):
    sides = ["training", "test", "excluded", "validation"]
    table = make_table(["glioma"] * 4, np.eye(4), group_disjoint=sides)
    assert table["group_disjoint"].tolist() == [0, 1, 0, 0]
    rows = predictions.select_view(table, "group_disjoint")
    assert rows["slice_id"].tolist() == ["source/00001.png"]
    assert len(predictions.select_view(table, "as_shipped")) == 4


def test_what_is_written_is_what_was_evaluated(four_class, tmp_path):
    path = tmp_path / "predictions" / "vgg16_four_class.csv"
    assert predictions.write_predictions(four_class, path)
    assert predictions.read_predictions(path).equals(four_class)
    before = path.read_bytes()
    assert not predictions.write_predictions(four_class, path)
    assert path.read_bytes() == before and b"\r" not in before


def plant(column, value):
    def change(table):
        table[column] = table[column].astype(object)
        table.loc[7, column] = value
        return table.infer_objects()

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (plant("slice_id", "source/00003.png"), "00003.png.*twice"),
        (plant("label", "notumor"), "00007.png.*label"),
        (plant("group_id", None), "00007.png.*group_id"),
        (plant("as_shipped", 2), "00007.png.*not 0 or 1"),
        (plant("as_shipped", None), "00007.png.*not 0 or 1"),
        (plant("probability_glioma", -0.1), "00007.png.*outside"),
        (plant("probability_glioma", float("nan")), "00007.png.*outside"),
        (plant("probability_glioma", 0.999), "00007.png.*sum"),
        (lambda table: table.drop(columns="deduplicated"), "deduplicated"),
        (lambda table: table.drop(columns="group_id"), "group_id"),
        (
            lambda table: table.filter(regex="^(?!probability_)"),
            "probability_<class>",
        ),
    ],
)
def test_faults_are_refused_by_name(four_class, change, message):
    predictions.check(four_class)
    with pytest.raises(ValueError, match=message):
        predictions.check(change(four_class), "vgg16.csv")


def test_probabilities_must_fit_the_slices(make_table):
    with pytest.raises(ValueError, match=r"\(3, 4\).*\(2, 4\)"):
        make_table(["glioma"] * 2, np.eye(4)[:3])
