import pytest
from typer.testing import CliRunner

from braintumor import cli
from braintumor.evaluation import assessment, predictions, results


def test_three_views_of_one_model(four_class, classes):
    four_class["group_disjoint"] = (four_class.index < 100).astype(int)
    keys = {"run": "trial", "dataset": "phantom", "model": "vgg16_four_class"}
    scored, counted = assessment.assess(four_class, **keys, replicates=50)
    accuracy = scored.query("metric == 'accuracy'").set_index("view")
    assert accuracy["n"].to_dict() == {
        "as_shipped": 300,
        "deduplicated": 300,
        "group_disjoint": 100,
    }
    assert set(scored["model"]) == {"vgg16_four_class"}
    assert tuple(counted.columns) == results.CONFUSION_COLUMNS
    totals = counted.groupby("view")["count"].sum()
    assert totals.to_dict() == accuracy["n"].to_dict()


@pytest.fixture
def project(tmp_path, monkeypatch, four_class):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    folder = tmp_path / "data" / "runs" / "trial"
    for model in ("vgg16_four_class", "majority"):
        predictions.write_predictions(four_class, folder / f"predictions/{model}.csv")
    return folder


def evaluate(*options):
    arguments = ["evaluate", "trial", "--replicates", "50", *options]
    return CliRunner().invoke(cli.app, arguments)


def test_a_run_is_evaluated_again_from_its_predictions(project, four_class):
    answer = evaluate()
    assert answer.exit_code == 0 and "rewritten" in answer.output
    first = (project / "results.csv").read_bytes()
    table = results.read_results(project / "results.csv")
    assert set(table["dataset"]) == {"source"}  # first part of every slice_id
    assert set(table["model"]) == {"vgg16_four_class", "majority"}
    keys = {"run": "trial", "dataset": "source", "model": "majority"}
    direct, _ = assessment.assess(four_class, **keys, replicates=50)
    again = table.query("model == 'majority'").reset_index(drop=True)
    assert again.equals(direct)
    assert "unchanged" in evaluate().output
    assert (project / "results.csv").read_bytes() == first
    assert "rewritten" in evaluate("--seed", "8").output
    assert (project / "confusion.csv").is_file()


def test_without_predictions_the_command_says_what_to_run(project):
    for file in (project / "predictions").iterdir():
        file.unlink()
    answer = evaluate()
    assert answer.exit_code == 1 and "06_evaluate_models" in answer.output
