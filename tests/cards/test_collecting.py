"""What is taken from a run: counted right, and only from what was evaluated."""

import json

import pandas as pd
import pytest

from braintumor import paths, provenance, runs
from braintumor.cards import collecting
from braintumor.data import hashes, manifest, sources
from braintumor.modeling import contract

MODEL = "densenet121_four_class"
SIDES = ("training", "validation", "test")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """An evaluated run of twelve slices: four classes, three sides."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    files = runs.run_paths("toy")
    files.splits("phantom").parent.mkdir(parents=True)
    rows = [
        (f"phantom/{n}", f"{n}.png", label, SIDES[n % 3], f"p{n % 3}", n % 3)
        for n, label in enumerate(sources.FOUR_CLASSES * 3)
    ]
    columns = ["slice_id", "path", "label", "as_shipped", "patient_id", "group_id"]
    table = pd.DataFrame(rows, columns=columns).assign(source="phantom", mode="L")
    table = table.assign(official_split=None, width=32, height=48)
    table = table.assign(sha256="0" * 64, pixel_sha256="0" * 64)
    table["deduplicated"] = table["group_disjoint"] = table["as_shipped"]
    table.loc[2, "group_disjoint"] = "excluded"
    table.to_csv(files.splits("phantom"), index=False)
    folder = files.model(MODEL)
    folder.mkdir(parents=True)
    for name in (contract.WEIGHTS, contract.HISTORY):
        (folder / name).write_text("1")
    contract.write_contract(
        folder, {"recipe": {}}, (contract.WEIGHTS, contract.HISTORY)
    )
    files.confusion.write_text("model,view,label,predicted,count\n")
    inputs = [folder / contract.CONTRACT, files.splits("phantom")]
    provenance.write(
        files.provenance(collecting.EVALUATION),
        parameters={"dataset": "phantom"},
        inputs=inputs,
        seconds=1,
    )
    return files


def test_a_run_is_counted_and_vouched_for(run):
    folder = collecting.collect("toy")
    counts = pd.read_csv(folder / "counts.csv").set_index(["view", "side", "label"])
    assert counts.loc[("as_shipped", "test", "all"), "slices"] == 4
    assert counts.loc[("as_shipped", "test", "all"), "groups"] == 1
    assert counts.loc[("group_disjoint", "test", "all"), "slices"] == 3
    assert counts.loc[("group_disjoint", "excluded", "no_tumor"), "slices"] == 1
    record = json.loads((folder / "record.json").read_text("utf-8"))
    assert record["sets"]["phantom"]["patients"] == 3
    assert record["sets"]["phantom"]["shortest_side"] == 32
    assert record["sets"]["phantom"]["longest_side"] == 48
    assert record["sets"]["phantom"]["copy"] is None
    assert {*record["files"]} == {
        *("counts.csv", "confusion.csv", f"contracts/{MODEL}.json")
    }
    before = (folder / "record.json").read_bytes()
    assert (collecting.collect("toy") / "record.json").read_bytes() == before


def test_a_copy_is_known_by_its_hashes(run):
    table = manifest.load_manifest(run.splits("phantom"))
    placed = {
        hashes.canonical_path(
            collecting.SliceRow(row.path, row.label, None, None)
        ): row.sha256
        for row in table.itertuples()
    }
    hashes.record_copy("phantom-toy", placed)
    told = collecting.describe_slices("phantom", table)
    assert told["copy"] == "phantom-toy" and told["copy_is_equal"]
    changed = table.assign(sha256=["1" * 64, *table["sha256"][1:]])
    assert not collecting.describe_slices("phantom", changed)["copy_is_equal"]


def test_splits_other_than_those_evaluated_are_refused(run):
    kept = collecting.collect("toy")
    with run.splits("phantom").open("a") as file:
        file.write("\n")
    with pytest.raises(ValueError, match="splits/phantom.csv is not the file that"):
        collecting.collect("toy")
    assert (kept / "record.json").is_file()


def test_a_run_that_was_not_evaluated_is_refused(run):
    run.provenance(collecting.EVALUATION).unlink()
    assert not collecting.is_here("toy")
    with pytest.raises(FileNotFoundError, match="evaluate it first"):
        collecting.collect("toy")
