"""Published results: recomputed from published predictions, refused when changed."""

import hashlib

import numpy as np
import pytest

from braintumor import paths
from braintumor.evaluation import assessment, predictions, results, tracked

RUNS = tracked.list_runs()


@pytest.fixture
def published(tmp_path, monkeypatch, four_class):
    """A run `toy` with one model, published by hand."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    file = tracked.predictions_file("toy", "majority")
    predictions.write_predictions(four_class, file)
    scored, _ = assessment.assess_answers({"majority": four_class}, run="toy")
    table = paths.results_root() / "toy.csv"
    results.write_results(scored, table)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"
        for path, name in ((table, "toy.csv"), (file, "predictions/toy/majority.csv"))
    ]
    tracked.sums_file("toy").write_text("".join(lines))
    return table


def test_what_was_published_is_read(published, four_class):
    assert tracked.list_runs() == ["toy"]
    assert tracked.list_models("toy") == ["majority"]
    assert tracked.read_predictions("toy", "majority").equals(four_class)
    assert set(tracked.read_results("toy")["model"]) == {"majority"}


@pytest.mark.parametrize("which", ["toy.csv", "predictions/toy/majority.csv"])
def test_a_changed_file_is_refused(published, which):
    path = paths.results_root() / which
    content = path.read_text()
    path.write_text(content.replace("0", "1", 1))
    with pytest.raises(ValueError, match=f"{path.name} is not the file that run toy"):
        tracked.check_file("toy", path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="bring it back from git"):
        tracked.check_file("toy", path)


def test_a_file_that_is_not_listed_is_refused(published, four_class):
    file = tracked.predictions_file("toy", "smuggled")
    predictions.write_predictions(four_class, file)
    with pytest.raises(ValueError, match="not the file that run toy published"):
        tracked.read_predictions("toy", "smuggled")


def test_without_hashes_the_cure_is_named(published):
    tracked.sums_file("toy").unlink()
    with pytest.raises(FileNotFoundError, match="evaluate toy --publish"):
        tracked.read_results("toy")


def disagreements(table, again):
    """Return the rows whose value the predictions do not bear out."""
    joined = table.merge(again, on=list(results.KEYS), suffixes=("", "_again"))
    assert len(joined) == len(again) > 0
    same = np.isclose(joined["value"], joined["value_again"], atol=1e-9, equal_nan=True)
    same &= joined["n"] == joined["n_again"]
    same &= joined["groups"] == joined["groups_again"]
    return joined[~same]


@pytest.mark.parametrize("run", RUNS)
def test_every_value_of_a_published_table_comes_from_its_predictions(run):
    table = tracked.read_results(run)
    models = tracked.list_models(run)
    assert set(table["model"]) == set(models)
    answers = {model: tracked.read_predictions(run, model) for model in models}
    again, _ = assessment.assess_answers(answers, run=run, replicates=2)
    assert disagreements(table, again).empty
    moved = again.assign(value=again["value"].mask(again.index == 0, 0.1234))
    assert len(disagreements(table, moved)) == 1  # a planted change is seen


@pytest.mark.parametrize("run", RUNS)
def test_every_interval_of_a_model_comes_from_its_predictions(run):
    model = "densenet121_four_class"
    answers = {model: tracked.read_predictions(run, model)}
    again, _ = assessment.assess_answers(answers, run=run)
    table = tracked.read_results(run)
    same = table[table["model"] == model].reset_index(drop=True)
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(same[name], again[name], atol=1.01e-4)


def test_a_run_is_published():
    assert RUNS
