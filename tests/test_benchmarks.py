"""Benchmarks: the shape of their tables, and what they count; never how fast it was."""

import json

import keras
import numpy as np
import pytest
from benchmarks import formats, slots

from braintumor import paths, provenance


def test_operations_are_those_of_convolutions_and_dense_layers():
    slices = keras.Input((8, 8, 3))
    inner = keras.layers.Conv2D(5, 3, padding="same")(slices)
    pooled = keras.layers.GlobalAveragePooling2D()(inner)
    model = keras.Model(slices, keras.layers.Dense(4)(pooled))
    assert formats.count_operations(model) == 2 * (8 * 8 * 3 * 3 * 3 * 5 + 5 * 4)


def test_formats_take_turns(monkeypatch):
    order = []
    works = {(name, "forward"): lambda name=name: order.append(name) for name in "ab"}
    monkeypatch.setattr(formats, "TURNS", 3)
    seconds = formats.take_turns(works)
    assert order == ["a", "b"] * 3
    assert {len(times) for times in seconds.values()} == {3}


def test_both_sides_stand_in_one_row(monkeypatch):
    monkeypatch.setattr(formats, "TURNS", 2)
    monkeypatch.setattr(formats, "measure_roof", lambda name: 1e12)
    table = formats.run(("vgg16_four_class",), side=32, batch_size=2)
    assert table["work"].tolist() == ["forward", "training"]
    numbers = table.select_dtypes("number")
    assert (numbers.drop(columns=numbers.filter(like="roof")) > 0).all(axis=None)
    ratio = table["bfloat16_times_as_fast"]
    assert ((table["least"] <= ratio) & (ratio <= table["most"])).all()


def test_a_roof_is_operations_over_seconds(monkeypatch):
    clock = iter(np.arange(100) * 0.5)
    monkeypatch.setattr(formats.time, "perf_counter", lambda: next(clock))
    assert formats.measure_roof("float32", side=10) == pytest.approx(2 * 10**3 / 0.5)


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


def test_the_kept_table_is_the_one_that_was_measured():
    folder = paths.project_root() / "data" / "results" / "benchmarks"
    record = json.loads((folder / "formats.provenance.json").read_text("utf-8"))
    assert record["hardware"]["processor"]
    for name, digest in record["tables"].items():
        assert provenance.file_hash(folder / name) == digest
