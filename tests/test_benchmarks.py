"""Benchmarks: the shape of their tables, and what they count; never how fast it was."""

import json
import shutil

import keras
import numpy as np
import pandas as pd
import pytest
from benchmarks import __main__ as runner
from benchmarks import (
    choices,
    formats,
    head_trainings,
    operations,
    page,
    published,
    serving,
    startup,
)

from braintumor import paths, provenance
from braintumor.demo.soak.conversation import Exchange


def test_operations_are_those_of_convolutions_and_dense_layers():
    slices = keras.Input((8, 8, 3))
    inner = keras.layers.Conv2D(5, 3, padding="same")(slices)
    pooled = keras.layers.GlobalAveragePooling2D()(inner)
    model = keras.Model(slices, keras.layers.Dense(4)(pooled))
    assert formats.count_operations(model) == [2 * 8 * 8 * 3 * 3 * 3 * 5, 2 * 5 * 4]


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
    table = formats.run([("vgg16_four_class", {"side": 32, "batch_size": 2})])
    assert table["work"].tolist() == ["forward", "training"]
    numbers = table.select_dtypes("number")
    assert (numbers.drop(columns=numbers.filter(like="roof")) > 0).all(axis=None)
    ratio = table["bfloat16_times_as_fast"]
    assert ((table["least"] <= ratio) & (ratio <= table["most"])).all()


def test_a_roof_is_operations_over_seconds(monkeypatch):
    clock = iter(np.arange(100) * 0.5)
    monkeypatch.setattr(formats.time, "perf_counter", lambda: next(clock))
    assert formats.measure_roof("float32", side=10) == pytest.approx(2 * 10**3 / 0.5)


@pytest.fixture(scope="module")
def both_ways():
    """Return the table of a network that is trained both ways, in miniature."""
    return published.run(
        ("vgg16_four_class",), slices=40, sides=(48, 32), epochs=2, turns=1
    )


def test_ways_are_compared_at_two_sides(both_ways):
    assert both_ways["side"].tolist() == [48, 32]
    assert both_ways["published_epochs_measured"].tolist() == [1, 2]
    published, ours = both_ways["published_seconds"], both_ways["ours_seconds"]
    ratio = published / ours
    rounded = 0.06 * (1 + ratio / published + ratio / ours)  # each to a tenth
    assert ((both_ways["times_as_fast"] - ratio).abs() < rounded).all()
    whole = both_ways.iloc[1]
    for way in ("published", "ours"):
        assert whole[f"{way}_low"] <= whole[f"{way}_accuracy"] <= whole[f"{way}_high"]
    assert both_ways["ours_accuracy"].isna().tolist() == [True, False]


def test_the_published_way_changes_training_slices_alone(tmp_path):
    task = head_trainings.make_task(tmp_path, 40)
    recipe = head_trainings.adapt_recipe("vgg16_four_class", 32, 1)
    for side, changes in (("training", True), ("validation", False)):
        batches = head_trainings.read_as_published(recipe, task, side, 7)
        batches.shuffle = False
        one, two = (batches[0][0] for _ in range(2))
        assert one.shape[1:] == (32, 32, 3) and one.max() > 1
        assert (one != two).any() == changes
    files = [set(task.files(side)["path"]) for side in ("training", "test")]
    assert files[0] and not files[0] & files[1]


def test_a_measurement_leaves_the_home_as_it_was(monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, "/somewhere")
    with published.in_empty_home() as home:
        assert paths.cache_root().is_relative_to(home)
    assert str(paths.project_root()) == "/somewhere"


def test_both_pages_answer_in_the_short_form():
    table = serving.run(turns=1, count=3, seconds=0.5)
    assert table["unit"].tolist() == ["ms", "ms", "answers/s", "MiB"]
    assert (table[["plain", "ours", "times_as_good"]] > 0).all(axis=None)


def test_less_waiting_and_more_answers_are_better():
    table = serving.tabulate(
        {"plain": [[40.0, 60.0]], "ours": [[10.0, 15.0]]},
        {"plain": [5.0], "ours": [20.0]},
        {"plain": [900], "ours": [300]},
    )
    assert table["times_as_good"].tolist() == [4, 4, 4, 3]
    assert table["n"].tolist() == [2, 2, 1, 1]


def test_a_page_that_refuses_has_no_speed():
    with pytest.raises(RuntimeError, match="1 of 2 requests failed: status 429"):
        serving.check([Exchange(0, 200, 0.1), Exchange(1, 429, 0.1)])


def test_sides_of_a_question_take_turns(monkeypatch):
    one, two = choices.Side(1, 2, 96), choices.Side(2, 1, 96)
    asked, speeds = [], {one: 10.0, two: 15.0}

    def measure(side, seconds):
        asked.append(side)
        return speeds[side]

    monkeypatch.setattr(choices, "measure", measure)
    table = choices.run({"apart": (one, two), "back": (two, one)}, turns=2)
    assert asked == [one, two] * 2  # a side that stands in two questions goes once
    assert table["times_as_fast"].tolist() == [1.5, 0.67]
    assert table["other"][0] == "2 × 1 threads, side 96, batch 32"


def test_processes_of_a_side_are_added_up():
    assert choices.measure(choices.Side(2, 1, 32, 2), seconds=0.2) > 0


def test_every_command_is_started_in_turn(monkeypatch):
    started = []
    monkeypatch.setattr(
        startup.subprocess, "run", lambda command, **_: started.append(command[1:])
    )
    table = startup.run(turns=2)
    assert started == [[*command] for command in startup.COMMANDS.values()] * 3
    assert table["turns"].tolist() == [2] * len(startup.COMMANDS)


FOLDER = paths.project_root() / "data" / "results" / "benchmarks"
KEPT = sorted(file.stem for file in FOLDER.glob("*.csv"))


@pytest.mark.parametrize("table", KEPT)
def test_the_kept_table_is_the_one_that_was_measured(table):
    record = json.loads((FOLDER / f"{table}.provenance.json").read_text("utf-8"))
    assert record["hardware"]["processor"] and not record["code"]["dirty"]
    for name, digest in record["tables"].items():
        assert provenance.file_hash(FOLDER / name) == digest


def test_a_benchmark_without_a_table_is_called_open():
    pages = [
        file.read_text("utf-8") for file in (FOLDER.parents[2] / "docs").glob("*.md")
    ]
    for name in {*runner.BENCHMARKS} - {*KEPT}:
        said = f"Not measured yet: `python -m benchmarks {name}`"
        assert any(said in page for page in pages)


def test_the_page_shows_the_kept_tables(tmp_path):
    text = (paths.project_root() / page.PAGE).read_text(encoding="utf-8")
    assert page.fill_page(text, FOLDER) == text
    changed = tmp_path / "changed"
    shutil.copytree(FOLDER, changed)
    table = (changed / "startup.csv").read_text("utf-8")
    (changed / "startup.csv").write_text(table.replace("import keras", "import this"))
    assert page.fill_page(text, changed) != text


def test_every_table_stands_on_a_page():
    pages = (paths.project_root() / "docs").glob("*.md")
    shown = "".join(one.read_text(encoding="utf-8") for one in pages)
    assert all(f"<!-- {name}:begin -->" in shown for name in KEPT)


def test_a_name_that_is_no_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit):
        runner.main(["fromats"])
    assert "no benchmark fromats: use formats, " in capsys.readouterr().err


def test_cells_are_shown_without_digits_that_say_nothing():
    shown = [
        page.show(value) for value in (1.5, 1234, 0.34375, float("nan"), "a", True)
    ]
    assert shown == ["1.5", "1,234", "0.344", "", "a", "True"]
    assert page.show(1234.56) == "1,235"


def test_an_interval_stands_behind_its_value():
    table = {"accuracy": [0.5, None], "least": [0.25, None], "most": [1.0, None]}
    table |= {"once": [2, 3], "once_least": [2, 3], "once_most": [2, 3]}
    table |= {"their_rate": [1, 2], "their_low": [0, 1], "their_high": [3, 4]}
    shown = page.fold_intervals(pd.DataFrame(table))
    assert shown.to_dict("list") == {
        "accuracy": ["0.5 (0.25–1)", ""],
        "once": ["2", "3"],
        "their rate": ["1 (0–3)", "2 (1–4)"],
    }


def test_what_every_row_says_is_said_once():
    table = pd.DataFrame({"n": ["96", "96"], "m": ["96", ""], "side": ["64", "150"]})
    shown, same = page.set_apart(table)
    assert [*shown] == ["m", "side"] and same == {"n": "96"}
    assert page.set_apart(table[:1])[1] == {}


def test_onednn_s_lines_are_added_up():
    start = "onednn_verbose,v1,primitive,exec,cpu"
    lines = [
        "onednn_verbose,v1,info,cpu,runtime:threadpool,nthr:2",
        f"{start},convolution,brgconv:avx512,forward_training,src:f32,,,mb32,1.5",
        f"{start},convolution,brgconv:avx512,backward_data,src:f32,,,mb32,2.5",
        "onednn_verbose,exec,cpu,reorder,jit:uni,undef,src:f32,,,32x128x3x3,0.5",
        "a line of someone else, exec, 7",
    ]
    spent = operations.sum_primitives(lines)
    assert spent == pytest.approx({"convolution": 0.004, "reorder": 0.0005})


def test_a_pass_is_taken_apart():
    case = ("vgg16_four_class", {"side": 32, "batch_size": 4})
    ways = {"names": ("float32",), "works": ("training",)}
    (row,) = operations.run([case], **ways, repeats=2).to_dict("records")
    shares = [row[name] for name in row if name.endswith("_percent")]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert row["convolution_percent"] > 10 and row["convolutions_of_roof"] > 0


def test_a_profile_that_fails_tells_why():
    with pytest.raises(RuntimeError, match="No recipe for model='vgg'"):
        operations.profile_alone("vgg", {}, "float32", "forward", 1)
