"""One slot against two: both sides in a row, and a table that changes is no speed."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from benchmarks import processes, slots


def plant_sides(monkeypatch, tables):
    """Let one slot take 100 seconds and two 60, and end in these tables."""
    sides = {1: (100.0, 80.0, 500.2), 2: (60.0, 90.0, 501.0)}
    monkeypatch.setattr(
        slots,
        "measure_side",
        lambda sweep, home, count, *further: slots.Side(*sides[count], tables[count]),
    )


def test_two_slots_stand_beside_one(monkeypatch):
    plant_sides(monkeypatch, {1: b"table", 2: b"table"})
    table = slots.run().set_index("slots")
    assert table["trainings"].tolist() == [4, 4]
    assert table["trainings_per_hour"].tolist() == [144, 240]
    assert table["times_as_fast"].tolist() == [1, 1.67]
    assert table["efficiency"].tolist() == [1, 0.83]
    assert table["processor_seconds"].tolist() == [20, 22.5]
    assert table["largest_process_mib"].tolist() == [500, 501]


def hold(sweep, **_):
    subprocess.run([sys.executable, "-c", "bytearray(10**8)"], check=True)


def test_a_side_counts_its_own_processes_alone(tmp_path):
    subprocess.run([sys.executable, "-c", "bytearray(10**9)"], check=True)
    side = processes.in_fresh_process(run_planted_side, tmp_path)
    assert 95 < side.largest_mib < 500 and side.table == b""


def run_planted_side(home):
    slots.running.run_sweep = hold
    missing = SimpleNamespace(table=home / "missing")
    return slots.run_side(missing, home, 1, ())


def test_slots_that_change_the_answer_are_seen(monkeypatch):
    plant_sides(monkeypatch, {1: b"table", 2: b"tablf"})
    with pytest.raises(RuntimeError, match="changes the table"):
        slots.run()
