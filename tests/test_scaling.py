"""docs/scaling.md says what the files of the repository say, and names what exists."""

import re
from pathlib import Path

import pytest
import yaml
from cluster import planning

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / planning.PAGE).read_text(encoding="utf-8")


def test_every_table_equals_its_files():
    assert planning.update_page(TEXT) == TEXT, "refresh it: python -m cluster.planning"


def test_another_rate_would_be_noticed(monkeypatch):
    facts = planning.read_facts() | {"training_rate": 1.0}
    monkeypatch.setattr(planning, "read_facts", lambda: facts)
    assert planning.update_page(TEXT) != TEXT


def test_the_arithmetic_of_a_thousand_runs():
    facts = dict.fromkeys(planning.read_facts(), 1.0)
    facts |= {"training_slices": 3600, "training_rate": 2, "epochs": 4, "slices": 1e5}
    facts |= {"searched_slices": 1e5}
    rows = [line.split(" | ") for line in planning.tabulate_time(facts).splitlines()]
    hours = {row[0].strip("| "): row[2].strip(" |") for row in rows}
    assert hours["one training of `cpu`"] == "2"  # 4 × 1,800 s, and 4 × 1 s
    assert hours["1,000 of them"] == "2,001"
    assert hours["their near-twins, every pair"] == "2.8"  # 1 s × 100²


def test_a_weight_counts_once_whatever_its_width():
    assert planning.read_facts()["weights"] == pytest.approx(7.04e6, rel=0.01)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_links_point_at_files(target):
    assert (ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(cluster/[\w.]+)`", TEXT))))
def test_scripts_exist(name):
    assert (ROOT / name).is_file()


def test_the_profile_asks_what_answers_without_accounting():
    profile = ROOT / "workflow" / "profiles" / "slurm" / "config.yaml"
    assert yaml.safe_load(profile.read_text())["slurm-status-command"] == "squeue"


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
def test_examples_are_yaml(block):
    assert isinstance(yaml.safe_load(block), dict)
