"""One slot against two: both sides in a row, and a table that changes is no speed."""

import pytest
from benchmarks import slots


def plant_sides(monkeypatch, tables):
    """Let one slot take 100 seconds and two 60, and end in these tables."""
    sides = {1: (100.0, 80.0), 2: (60.0, 90.0)}
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


def test_slots_that_change_the_answer_are_seen(monkeypatch):
    plant_sides(monkeypatch, {1: b"table", 2: b"tablf"})
    with pytest.raises(RuntimeError, match="changes the table"):
        slots.run()
