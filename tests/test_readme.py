"""README says what the artefacts say, and names what exists."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from braintumor import result_commands
from braintumor.evaluation import results
from braintumor.reporting import readme

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


def test_every_tracked_table_has_its_provenance():
    tables = sorted(TRACKED.glob("*.csv"))
    assert tables
    for table in tables:
        records = json.loads(table.with_suffix(".provenance.json").read_text())
        made_by = {name[:2] for name in records}
        assert {f"0{n}" for n in range(1, 7)} <= made_by, table.name
        for record in records.values():
            assert record["code"]["commit"] and record["hardware"]["processor"]


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
