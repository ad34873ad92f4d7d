"""README says what the artefacts say, and names what exists."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from braintumor import result_commands
from braintumor.evaluation import results
from braintumor.reporting import readme
from braintumor.studies import record

ROOT = Path(__file__).parents[1]
TRACKED = ROOT / "data" / "results"
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_result_equals_its_table():
    names = readme.readme_runs(TEXT)
    assert names, "README shows no run: braintumor results RUN --readme"
    tables = [results.read_results(TRACKED / f"{name}.csv") for name in names]
    current = readme.update_results(TEXT, pd.concat(tables, ignore_index=True))
    assert current == TEXT, "refresh it: braintumor results --readme"


def test_the_audit_equals_its_summary():
    summary = json.loads(
        (TRACKED / "audit" / f"{result_commands.AUDITED}.json").read_text()
    )
    assert readme.update_audit(TEXT, summary) == TEXT


def test_unseen_patients_stand_as_the_study_found_them():
    told = [
        record.read_table(result_commands.PATIENTS, name)
        for name in ("scores", "pointing")
    ]
    assert readme.update_patients(TEXT, *told) == TEXT
    told[0]["value"] += 0.01  # the planted fault
    assert readme.update_patients(TEXT, *told) != TEXT


def test_every_tracked_table_has_its_provenance():
    tables = sorted(TRACKED.glob("*.csv"))
    assert tables
    for table in tables:
        records = json.loads(table.with_suffix(".provenance.json").read_text())
        made_by = {name[:2] for name in records}
        assert {f"0{n}" for n in range(1, 7)} <= made_by, table.name
        for made in records.values():
            assert made["code"]["commit"] and made["hardware"]["processor"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_links_point_at_files(target):
    assert target.startswith("http") or (ROOT / target).exists(), target


@pytest.mark.parametrize(
    "command", ["make run", "make test", "make lab", "make voila", "make help"]
)
def test_commands_exist(command):
    assert command in TEXT
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE)


def test_it_opens_with_the_figure_and_the_three_views():
    figure, table, start = (
        TEXT.index(part) for part in ("![Accuracy", "<!-- results:begin", "git clone ")
    )
    assert figure < table < start


def test_the_clone_comes_from_where_the_notebooks_say():
    (address,) = re.findall(r"git clone (\S+)", TEXT)
    for mirror in (ROOT / "notebooks" / "text").glob("*.py"):
        assert f"git clone -q --depth 1 {address}\n" in mirror.read_text("utf-8")


@pytest.mark.parametrize("name", re.findall(r"`braintumor study (\w+)`", TEXT))
def test_studies_exist(name):
    assert (ROOT / "lib" / "braintumor" / "studies" / f"{name}.py").is_file()


def test_what_wants_hardware_is_one_command_with_its_cost():
    section = TEXT.partition("## Not run yet")[2].partition("\n## ")[0]
    rows = [row.split(" | ") for row in section.splitlines() if row.startswith("| ")]
    assert len(rows) >= 5
    for _, command, cost in rows[1:]:
        assert re.fullmatch(r"`(make|braintumor) [^`]+`", command)
        assert re.search(r"hour|minute|day|as above", cost)


@pytest.mark.parametrize("profile", re.findall(r"PROFILE=(\w+)", TEXT))
def test_profiles_exist(profile):
    assert (ROOT / "notebooks" / "profiles" / f"{profile}.yaml").is_file()
