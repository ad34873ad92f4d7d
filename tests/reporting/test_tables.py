import hashlib
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from braintumor import cli
from braintumor.evaluation import results as result_tables
from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting import palette, tables
from braintumor.reporting import readme as sections

README = (
    "# Project\n\n"
    "<!-- results:begin -->\nold\n<!-- results:end -->\n\nThe text below.\n"
)
MODELS = {
    "nickparvar": (
        "majority",
        "vgg16_four_class",
        "densenet121_four_class",
        "border_statistics",
        "nearest_neighbor",
    ),
    "navoneel": ("majority_binary", "nearest_neighbor_binary", "vgg19_binary"),
}


@pytest.fixture
def make_results():
    def make(run="trial", shift=0.0, dataset=None):
        rows = [
            (
                run,
                dataset or source,
                model,
                view,
                metric,
                value,
                low,
                high,
                1311,
                700,
                0,
            )
            for source, models in MODELS.items()
            for model in models
            for view in VIEWS
            for metric, value, low, high in (
                ("accuracy", 0.976 - shift, 0.967, 0.984),
                ("auc", 0.99, 0.98, 0.995),
            )
        ]
        return result_tables.join([pd.DataFrame(rows, columns=result_tables.COLUMNS)])

    return make


@pytest.fixture
def project(tmp_path, monkeypatch, make_results):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    folder = tmp_path / "data" / "results"
    for run, shift in (("first", 0), ("second", 0.1)):
        result_tables.write_results(make_results(run, shift), folder / f"{run}.csv")
        digest = hashlib.sha256((folder / f"{run}.csv").read_bytes()).hexdigest()
        (folder / f"{run}.sha256").write_text(f"{digest}  {run}.csv\n")
    (folder / "nickparvar_audit.csv").write_text("left,right\n1,2\n")
    (tmp_path / "README.md").write_text(README)
    return tmp_path


def test_baselines_stand_right_below_their_models(make_results):
    table = tables.three_views(make_results())
    assert table.groupby("dataset", sort=False)["model"].apply(list).to_dict() == {
        "navoneel": ["vgg19_binary", "nearest_neighbor_binary", "majority_binary"],
        "nickparvar": [
            "vgg16_four_class",
            "densenet121_four_class",
            "nearest_neighbor",
            "border_statistics",
            "majority",
        ],
    }


def test_every_score_has_its_interval_and_n(make_results):
    table = tables.three_views(make_results())
    cells = set(table[list(VIEWS)].to_numpy().reshape(-1))
    assert cells == {"0.976 (0.967–0.984, n=1,311)"}


def test_what_is_missing_is_shown_as_missing(make_results):
    results = make_results()
    results.loc[results["model"] == "majority", ["value", "low", "high"]] = np.nan
    results.loc[results["model"] == "vgg16_four_class", ["low", "high"]] = np.nan
    table = tables.three_views(results).set_index("model")
    assert table.loc["majority", "as_shipped"] == "– (n=1,311)"
    cell = table.loc["vgg16_four_class", "as_shipped"]
    assert cell == "0.976 (no interval, n=1,311)"


def test_published_figures_stand_beside_their_own_data_only(make_results):
    table = tables.three_views(make_results()).set_index("model")
    assert table["published"][table["published"] != ""].to_dict() == {
        "vgg19_binary": "0.80",
        "vgg16_four_class": "0.97",
        "densenet121_four_class": "0.96",
    }
    assert not tables.three_views(make_results(dataset="phantom"))["published"].any()
    assert not tables.three_views(make_results(), "auc")["published"].any()


def test_phantom_numbers_are_called_no_result(make_results):
    for write in (tables.as_text, tables.as_markdown):
        phantom = write(tables.three_views(make_results(dataset="phantom")))
        assert tables.PHANTOM_NOTE in phantom
        assert tables.PHANTOM_NOTE not in write(tables.three_views(make_results()))


def test_runs_stand_side_by_side(make_results):
    both = pd.concat([make_results("first"), make_results("second", 0.1)])
    table = tables.side_by_side(both)
    assert list(table.columns[-3:]) == ["first", "second", "difference"]
    assert set(table["difference"]) == {"-0.100"}
    third = pd.concat([both, make_results("third").iloc[:2]])
    table = tables.side_by_side(third)
    assert "difference" not in table and (table["third"] == "–").sum() == 23
    with pytest.raises(ValueError, match="precision.*accuracy, auc"):
        tables.side_by_side(both, "precision")


def test_readme_equals_the_results_or_the_test_fails(make_results):
    results = make_results()
    text = sections.update_results(README, results)
    assert text != README and "old" not in text
    assert text.startswith("# Project\n") and text.endswith("\n\nThe text below.\n")
    assert sections.update_results(text, results) == text
    tampered = text.replace("0.976 (0.967", "0.986 (0.967", 1)
    assert sections.update_results(tampered, results) != tampered
    assert sections.update_results(text, make_results(shift=0.01)) != text
    assert sections.readme_runs(text) == ["trial"]
    assert sections.readme_runs(README) == []


@pytest.mark.parametrize(
    "text", ["no marker", README + README, "\n".join(README.split("\n")[::-1])]
)
def test_readme_needs_its_markers_once_and_in_order(text, make_results):
    with pytest.raises(ValueError, match="page needs"):
        sections.update_results(text, make_results())


SUMMARY = {
    "source": "nickparvar",
    "test_slices": 1311,
    "pixel_repeats_across": 216,
    "near_copies_across_upright": 466,
    "near_copies_across": 992,
    "near_twins_across": 1116,
    "similarity": 0.95,
    "test_outside_training_groups": {"glioma": 162, "no_tumor": 0},
}


def test_the_audit_in_readme_equals_the_summary():
    blank = "<!-- audit:begin -->\nold\n<!-- audit:end -->\n"
    text = sections.update_audit(blank, SUMMARY)
    assert "| 216 | 16.5% |" in text and "| 992 | 75.7% |" in text
    assert "162 glioma, 0 no tumor" in text and "old" not in text
    assert sections.update_audit(text, SUMMARY) == text
    tampered = text.replace("| 992 |", "| 99 |")
    assert sections.update_audit(tampered, SUMMARY) == text
    with pytest.raises(ValueError, match="page needs.*audit"):
        sections.update_audit("no markers", SUMMARY)


def call(*arguments):
    return CliRunner().invoke(cli.app, ["results", *arguments])


def test_the_command_prints_one_run_and_compares_two(project):
    one = call("first")
    assert one.exit_code == 0
    rows = [line for line in one.output.splitlines() if "vgg16_four_class" in line]
    assert len(rows) == 1 and rows[0].count("0.976 (0.967–0.984, n=1,311)") == 3
    two = call("first", "second")
    assert two.exit_code == 0 and two.output.count("-0.100") == 24
    assert (
        "| first | second | difference |"
        in call("first", "second", "--markdown").output
    )
    tracked = call()  # all that are, each in three views, and not the audit beside them
    assert tracked.exit_code == 0 and "difference" not in tracked.output
    assert tracked.output.count("n=1,311") == 2 * 24
    assert "0.990" in call("first", "--metric", "auc").output


def test_the_command_keeps_readme_current(project):
    readme = project / "README.md"
    assert call("first", "--readme").exit_code == 0
    text = readme.read_text()
    assert "Runs: `first`." in text
    readme.write_text(re.sub("0.976", "0.999", text))
    assert call("--readme").exit_code == 0
    assert readme.read_text() == text


def test_readme_shows_what_is_tracked_and_the_command_what_is_newest(
    project, make_results
):
    newest = project / "data" / "runs" / "first" / "results.csv"
    result_tables.write_results(make_results("first", 0.2), newest)
    assert call("first").output.count("0.776") == 24
    assert call("first", "--readme").exit_code == 0
    text = (project / "README.md").read_text()
    assert text.count("0.976 (") == 24 and "0.776" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["third"], "'third'. Known runs: first, second"),
        (["first", "--metric", "kappa"], "kappa"),
        (["../first"], "no run name"),
    ],
)
def test_the_command_says_what_is_wrong(project, arguments, message):
    answer = call(*arguments)
    assert answer.exit_code == 1 and message in answer.output


def test_palette_knows_every_view():
    assert tuple(palette.VIEW_STYLES) == VIEWS
