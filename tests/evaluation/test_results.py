import os

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation import metrics, results


@pytest.fixture
def table(four_class, classes):
    def rows(model, view, seed):
        scored = metrics.evaluate(
            four_class, classes=classes, view=view, replicates=50, seed=seed
        )
        return results.label_rows(
            scored, run="trial", dataset="phantom", model=model, view=view
        )

    return results.join(
        rows(model, view, 7)
        for model in ("vgg16_four_class", "majority")
        for view in ("group_disjoint", "as_shipped")
    )


def test_columns_and_order(table):
    assert tuple(table) == results.COLUMNS
    keys = list(table[list(results.KEYS)].itertuples(index=False, name=None))
    assert keys == sorted(keys) and len(keys) == 2 * 2 * 9


def test_same_results_same_bytes(table, tmp_path):
    path = tmp_path / "results" / "trial.csv"
    assert results.write_results(table, path)
    first = path.read_bytes()
    stamp = path.stat().st_mtime_ns
    shuffled = table.sample(frac=1, random_state=0)
    assert not results.write_results(shuffled, path)
    assert path.read_bytes() == first and path.stat().st_mtime_ns == stamp
    assert not results.write_results(results.read_results(path), path)
    table.loc[0, "value"] += 0.001
    assert results.write_results(table, path)
    assert path.read_bytes() != first


def test_four_decimals_and_plain_line_ends(table, tmp_path):
    table.loc[0, "low"] = np.nan
    results.write_results(table, tmp_path / "trial.csv")
    text = (tmp_path / "trial.csv").read_bytes().decode()
    assert "\r" not in text
    head, row = text.splitlines()[:2]
    assert head == ",".join(results.COLUMNS)
    value, low, high = row.split(",")[5:8]
    assert len(value) == len(high) == 6 and low == ""


def test_a_write_that_fails_leaves_the_old_table(table, tmp_path, monkeypatch):
    path = tmp_path / "trial.csv"
    results.write_results(table, path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        results.write_results(table.iloc[:5], path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["trial.csv"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: pd.concat([t, t.iloc[:1]]), "accuracy stands twice"),
        (lambda t: t.assign(value=97.5), "outside 0 to 1"),
        (lambda t: t.assign(low=t["high"], high=t["low"]), "upside down"),
        (lambda t: t.drop(columns="groups"), "no column groups"),
    ],
)
def test_faults_are_refused_by_name(table, change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        results.write_results(change(table), tmp_path / "trial.csv")
    assert not list(tmp_path.iterdir())


def test_a_missing_table_says_what_makes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="trial.csv.*06_evaluate_models"):
        results.read_results(tmp_path / "trial.csv")
    with pytest.raises(ValueError, match="No evaluation"):
        results.join([])


def test_two_runs_side_by_side(table):
    other = table.assign(run="zweiter", value=table["value"] - 0.1)
    wide = results.compare(pd.concat([table, other]))
    assert list(wide.columns) == ["trial", "zweiter", "difference"]
    assert len(wide) == 4
    np.testing.assert_allclose(wide["difference"], -0.1)
    with pytest.raises(ValueError, match="precision.*accuracy, auc"):
        results.compare(table, "precision")
