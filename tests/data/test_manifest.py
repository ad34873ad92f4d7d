"""One checked row per slice, the same on every rerun."""

import hashlib
import os
import time
from pathlib import Path

import pandas as pd
import pytest

from braintumor.data import manifest, sources
from braintumor.data.images import UnreadableSliceError
from braintumor.data.schema import COLUMNS, UNGROUPED, ManifestError


@pytest.fixture
def frame(four_class_tree: Path) -> pd.DataFrame:
    return manifest.build_manifest("nickparvar", four_class_tree)


def test_one_row_per_slice(frame: pd.DataFrame, four_class_tree: Path) -> None:
    assert tuple(frame.columns) == COLUMNS and len(frame) == 20
    row = frame.set_index("slice_id").loc["nickparvar/Training/notumor/Tr-no_0001.png"]
    content = (four_class_tree / row["path"]).read_bytes()
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    assert (row["label"], row["official_split"]) == ("no_tumor", "training")
    assert (row["width"], row["height"], row["mode"]) == (24, 24, "L")
    assert (frame["group_id"] == UNGROUPED).all()
    assert frame["slice_id"].is_monotonic_increasing
    assert frame["patient_id"].isna().all()


def test_saved_and_loaded_are_equal(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = manifest.save_manifest(frame, tmp_path / "deep" / "a.csv")
    pd.testing.assert_frame_equal(manifest.load_manifest(path), frame)
    again = manifest.save_manifest(frame, tmp_path / "b.csv")
    assert path.read_bytes() == again.read_bytes() and b"\r" not in path.read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir() if entry.is_file()) == [
        "b.csv"
    ]


def test_odd_patient_names_survive(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame = frame.assign(patient_id=["007", "NA", "null", "1e3"] * 5)
    path = manifest.save_manifest(frame, tmp_path / "a.csv")
    assert (
        manifest.load_manifest(path)["patient_id"].tolist()
        == [
            "007",
            "NA",
            "null",
            "1e3",
        ]
        * 5
    )


def test_further_columns_are_kept(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = manifest.save_manifest(frame.assign(as_shipped="test"), tmp_path / "a.csv")
    assert set(manifest.load_manifest(path)["as_shipped"]) == {"test"}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("label", "ependymoma", "label.*ependymoma"),
        ("official_split", "Testing", "official_split.*Testing"),
        ("width", 0, "width"),
        ("sha256", "abc", "sha256.*abc"),
        ("source", "elsewhere", "source.*elsewhere"),
        ("path", "/etc/passwd", "path.*etc"),
        ("group_id", -2, "group_id"),
    ],
)
def test_broken_rules_are_named(
    frame: pd.DataFrame, column: str, value: object, words: str
) -> None:
    frame.loc[3, column] = value
    with pytest.raises(ManifestError, match=words):
        manifest.check_manifest(frame)


def test_repeated_slice_ids_are_refused(frame: pd.DataFrame) -> None:
    frame.loc[1, "slice_id"] = frame.loc[0, "slice_id"]
    with pytest.raises(ManifestError, match="slice_id"):
        manifest.check_manifest(frame)


def test_missing_column_is_named(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.drop(columns="pixel_sha256").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ManifestError, match="pixel_sha256"):
        manifest.load_manifest(tmp_path / "a.csv")


def test_absent_manifest_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Run notebook 01"):
        manifest.load_manifest(tmp_path / "a.csv")


def test_all_unreadable_files_are_named(four_class_tree: Path) -> None:
    names = [f"Training/glioma/Tr-gl_000{number}.png" for number in range(3)]
    for name in names:
        (four_class_tree / name).write_bytes(b"")
    with pytest.raises(UnreadableSliceError, match="3 of 20 files") as caught:
        manifest.build_manifest("nickparvar", four_class_tree)
    assert all(name in str(caught.value) for name in names)
    assert "braintumor data check nickparvar" in str(caught.value)


def test_an_unknown_class_folder_is_refused(four_class_tree: Path, write_slice) -> None:
    write_slice(four_class_tree / "Training" / "ependymoma" / "a.png", 50)
    with pytest.raises(ManifestError, match="Training/ependymoma"):
        manifest.build_manifest("nickparvar", four_class_tree)


def test_an_empty_folder_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no slice found"):
        manifest.build_manifest("nickparvar", tmp_path)


REAL = os.environ.get("BRAINTUMOR_RAW", "")
needs_real_slices = pytest.mark.skipif(
    not REAL, reason="BRAINTUMOR_RAW is unset: no real slices on this machine"
)


@needs_real_slices
def test_real_counts_and_repeats_across_the_split() -> None:
    try:
        root = sources.locate("nickparvar")
    except sources.MissingSourceError as error:
        pytest.skip(str(error))
    started = time.perf_counter()
    frame = manifest.build_manifest("nickparvar", root)
    assert time.perf_counter() - started < 60
    if len(frame) != 7019:
        pytest.skip(f"another copy with {len(frame)} slices")
    test = frame[frame["official_split"] == "test"]
    training = frame[frame["official_split"] == "training"]
    assert (len(training), len(test)) == (5708, 1311)
    assert test["pixel_sha256"].isin(training["pixel_sha256"]).sum() == 216
