"""Baselines are added to a finished run, and everything is published with hashes."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from braintumor import cli, result_commands, runs
from braintumor.data import native_sizes, sources
from braintumor.evaluation import baselines, predictions, results, tracked

SIDES = ("training", "training", "validation", "test", "test")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A finished run `toy` of 40 slices whose only answers are a network's."""
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    monkeypatch.setenv("BRAINTUMOR_RAW", str(tmp_path / "raw"))
    monkeypatch.setattr(baselines, "TREES", 5)
    root, rows = tmp_path / "raw" / "nickparvar", []
    generator = np.random.default_rng(0)
    for label in sources.FOUR_CLASSES:
        folder = label.replace("_", "")
        for number, side in enumerate(SIDES * 2):
            split = "Testing" if side == "test" else "Training"
            name = f"{split}/{folder}/{number}.png"
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            pixels = generator.integers(0, 256, (24, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name)
            rows.append((f"nickparvar/{name}", name, label, *[side] * 3, len(rows)))
    columns = ["slice_id", "path", "label", *predictions.VIEWS, "group_id"]
    digest = [f"{number:064x}" for number in range(len(rows))]
    frame = pd.DataFrame(rows, columns=columns).assign(
        source="nickparvar", official_split=None, patient_id=None, mode="L"
    )
    frame = frame.assign(width=24, height=24, sha256=digest, pixel_sha256=digest)
    found = runs.run_paths("toy")
    found.splits("nickparvar").parent.mkdir(parents=True)
    frame.to_csv(found.splits("nickparvar"), index=False)
    test = frame[frame["as_shipped"] == "test"]
    even = np.full((len(test), 4), 0.25)
    table = predictions.tabulate(test, even, sources.FOUR_CLASSES)
    for name in ("vgg16_four_class", "majority"):
        predictions.write_predictions(table, found.predictions(name))
    return found


def evaluate(*options):
    words = ["evaluate", "toy", "--replicates", "20", *options]
    answer = CliRunner().invoke(cli.app, words)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_missing_baselines_answer_and_the_rest_stays(files):
    evaluate()
    before = results.read_results(files.results)
    kept = {p.name: p.read_bytes() for p in files.predictions("any").parent.iterdir()}
    output = evaluate("--baselines")
    added = set(baselines.BASELINES) - {"majority"}
    assert all(name in output for name in added)
    for name, content in kept.items():
        assert files.predictions(name[:-4]).read_bytes() == content
    after = results.read_results(files.results)
    same = after[after["model"].isin(before["model"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, before)
    assert set(after["model"]) == {*baselines.BASELINES, "vgg16_four_class"}
    record = json.loads(files.provenance(result_commands.ADDED).read_text())
    assert "after the run" in record["note"]
    assert {name[:-4] for name in record["predictions"]} == added
    assert "splits/nickparvar.csv" in " ".join(record["data"])
    assert (files.figures / "06_four_class_views.png").is_file()
    assert "lacks no baseline" in evaluate("--baselines")


def test_native_sizes_are_recorded_where_they_were_read(files, tmp_path):
    root = tmp_path / "raw" / "nickparvar"
    paths = pd.read_csv(files.splits("nickparvar"))["path"]
    table = pd.DataFrame(
        paths.str.split("/").to_list(), columns=["folder", "class", "file"]
    )
    table.assign(width=512, height=512).to_csv(root / native_sizes.TABLE, index=False)
    evaluate("--baselines")
    record = json.loads(files.provenance(result_commands.ADDED).read_text())
    assert native_sizes.TABLE in " ".join(record["data"])


def test_what_is_published_carries_its_hashes(files):
    assert "published" in evaluate("--publish")
    assert "data/results: unchanged" in evaluate("--publish")
    assert tracked.list_models("toy") == ["majority", "vgg16_four_class"]
    assert len(tracked.read_results("toy"))
    listed = CliRunner().invoke(cli.app, ["results"])
    assert listed.exit_code == 0 and "vgg16_four_class" in listed.output
    table = tracked.predictions_file("toy", "majority")
    table.write_text(table.read_text().replace("0.25", "0.26", 1))
    with pytest.raises(ValueError, match="is not the file that run toy published"):
        tracked.read_predictions("toy", "majority")
    assert "data/results: published" in evaluate("--publish")  # the cure
    tracked.read_predictions("toy", "majority")


def test_a_tampered_table_is_not_printed(files):
    evaluate("--publish")
    table = tracked.sums_file("toy").with_suffix(".csv")
    table.write_text(table.read_text().replace("0.25", "0.95"))
    answer = CliRunner().invoke(cli.app, ["results"])
    assert answer.exit_code == 1 and "not the file that run toy" in answer.output


def test_an_earlier_prediction_goes_from_the_published_ones(files):
    evaluate("--publish")
    files.predictions("majority").unlink()
    evaluate("--publish")
    assert tracked.list_models("toy") == ["vgg16_four_class"]
    assert not tracked.predictions_file("toy", "majority").is_file()
