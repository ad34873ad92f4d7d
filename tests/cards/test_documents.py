"""Every figure of a document equals its artefact, down to the byte."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from braintumor import cli, paths, provenance, runs
from braintumor.cards import claim, collecting, documents, facts, quotes

ROOT = Path(__file__).parents[2]
RUNS = sorted(path.name for path in (ROOT / "data/results/cards").iterdir())
MODEL = "densenet121_four_class"
REFRESH = f"refresh them: braintumor cards {RUNS[0]}"


@pytest.fixture(scope="module")
def told():
    return facts.read_facts(RUNS[0])


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what the documents are made from, free to be changed."""
    for name in ("data/results", "data/hashes"):
        ignored = shutil.ignore_patterns("predictions", "*.png")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "data/README.md", tmp_path / "data")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return tmp_path


def stale(root):
    """Return the documents under a folder that differ from what the facts say."""
    rendered = documents.render(facts.read_facts(RUNS[0]))
    return [n for n, text in rendered.items() if (root / n).read_text("utf-8") != text]


def test_one_run_is_documented():
    assert len(RUNS) == 1, "docs/ holds the documents of one run"


def test_every_document_says_what_its_artefacts_say():
    assert stale(ROOT) == [], REFRESH


def test_a_figure_changed_by_hand_is_noticed(project):
    shutil.copytree(ROOT / "docs", project / "docs")
    path = project / "docs/claim_2024.md"
    assert "1,311" in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace("1,311", "1,312"), "utf-8")
    assert stale(project) == ["docs/claim_2024.md"]


def test_a_changed_result_is_noticed(project, told):
    table = project / f"data/results/{RUNS[0]}.csv"
    value = told.value(MODEL, "group_disjoint", "accuracy")
    text, row = table.read_text("utf-8"), f"{MODEL},group_disjoint,accuracy,"
    assert text.count(f"{row}{value:.4f}") == 1
    changed = text.replace(f"{row}{value:.4f}", f"{row}{value - 0.001:.4f}")
    table.write_text(changed, "utf-8")
    card = f"docs/model_cards/{MODEL}.md"
    assert {card, "docs/claim_2024.md"} <= {*stale(ROOT)}


@pytest.mark.parametrize("name", ["counts.csv", f"contracts/{MODEL}.json"])
def test_a_changed_fact_is_refused(project, name):
    path = collecting.folder_of(RUNS[0]) / name
    path.write_text(path.read_text("utf-8").replace("1", "2", 1), "utf-8")
    with pytest.raises(ValueError, match=f"{name} is not the file that was collected"):
        facts.read_facts(RUNS[0])


def test_the_facts_are_of_what_notebook_06_evaluated(told):
    folder = collecting.folder_of(RUNS[0])
    record = json.loads((folder / collecting.RECORD).read_text("utf-8"))
    evaluated = told.records[collecting.EVALUATION]["data"]
    assert record["inputs"] == {name: evaluated[name] for name in record["inputs"]}
    files = runs.run_paths(RUNS[0])
    for model in told.contracts:
        kept = provenance.file_hash(folder / "contracts" / f"{model}.json")
        assert kept == evaluated[runs.relative(files.model(model) / "contract.json")]
    assert len(told.contracts) == 3


def test_confusions_and_results_are_of_the_same_answers(told):
    for row in told.scores[told.scores["metric"] == "accuracy"].itertuples():
        answers = told.answers(row.model, row.view)
        if answers.empty:  # a baseline that the notebook did not count
            continue
        right = answers.loc[answers["label"] == answers["predicted"], "count"].sum()
        assert answers["count"].sum() == row.n
        assert right / row.n == pytest.approx(row.value, abs=1e-4)


def test_counts_add_up(told):
    for name in told.sets:
        for view in ("as_shipped", "deduplicated", "group_disjoint"):
            sides = ("training", "validation", "test", "excluded")
            everyone = sum(told.count(name, view, side) for side in sides)
            assert everyone == told.sets[name]["slices"]


def test_the_checklist_has_44_items_with_answers_and_places(told):
    items = [item for part in claim.read_items() for item in part["items"]]
    assert [item["number"] for item in items] == [*range(1, 45)]
    for item in items:
        assert item["answer"] in claim.ANSWERS, item["number"]
        places = [quotes.fill(place, told) for place in item["where"]]
        assert places and all((ROOT / place).exists() for place in places), places


def test_a_study_speaks_once_it_was_run(project):
    words = {"answer": "done", "says": "Studied."}
    item = {"number": 1, "answer": "no", "with_study": [{"study": "toy"} | words]}
    assert claim._choose(item)["answer"] == "no"
    folder = project / "data/results/studies/toy"
    folder.mkdir(parents=True)
    (folder / "provenance.json").write_text("{}")
    assert claim._choose(item) == {"number": 1} | words


@pytest.mark.parametrize(
    "brace",
    [
        *("{score nobody as_shipped accuracy}", "{fact vgg19_binary age}"),
        *("{weather}", "{score}", "{study nothing table column}", "{version}"),
    ],
)
def test_what_no_artefact_holds_is_refused_by_name(told, brace):
    with pytest.raises((KeyError, FileNotFoundError), match="not in|no tables"):
        quotes.fill(f"It is {brace}.", told)


def test_no_digit_of_a_result_is_typed(told):
    """A template's own digits are numbers of seeds, sides or names, none of a score."""
    for part in claim.read_items():
        for item in part["items"]:
            typed = quotes.PLACE.sub("", item["says"])
            typed = re.sub(r"(VGG|DenseNet)\d+|F1|95 %|0 or 1", "", typed)
            assert not re.search(r"\d", typed), (item["number"], typed)


def test_the_command_names_what_is_missing(project):
    answer = CliRunner().invoke(cli.app, ["cards", "nothing"])
    assert answer.exit_code == 1 and "Nothing is kept of run 'nothing'" in answer.output
    answer = CliRunner().invoke(cli.app, ["cards", RUNS[0]])
    assert answer.exit_code == 0 and "docs/claim_2024.md" in answer.output
    assert stale(project) == []
