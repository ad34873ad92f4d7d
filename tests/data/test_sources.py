"""Folders are found and read in every spelling that circulates."""

import shutil
from pathlib import Path

import pytest

from braintumor.data import layout, sources
from braintumor.data.sources import MissingSourceError


def test_every_source_says_where_it_is_from() -> None:
    assert list(sources.SOURCES) == [
        "phantom",
        "nickparvar",
        "navoneel",
        "figshare",
        "sartaj",
    ]
    for source in sources.SOURCES.values():
        assert source.title and source.origin and source.licence
        assert set(source.folder_to_class.values()) <= set(source.classes)
        assert {label for _, label in source.expected_counts} <= set(source.classes)
        if source.kaggle_handle:  # an unpinned handle changes under our feet
            assert "/versions/" in source.kaggle_handle
        if source.name != "phantom":
            assert source.kaggle_handle or source.how_to_get


def test_published_totals() -> None:
    totals = {
        name: sum(source.expected_counts.values())
        for name, source in sources.SOURCES.items()
    }
    assert totals == {
        "phantom": 0,
        "nickparvar": 7023,
        "navoneel": 253,
        "figshare": 3064,
        "sartaj": 3264,
    }


def test_four_class_folders(four_class_tree: Path) -> None:
    rows = sources.list_slices("nickparvar", four_class_tree)
    assert len(rows) == 20 and rows == sorted(rows)
    assert rows[0].path == "Testing/glioma/Te-gl_0000.png"
    assert {row.label for row in rows} == set(sources.FOUR_CLASSES)
    splits = [row.official_split for row in rows]
    assert (splits.count("training"), splits.count("test")) == (12, 8)


@pytest.mark.parametrize("spelling", ["no_tumor", "NoTumor", "No_Tumor"])
def test_both_spellings_of_no_tumor(four_class_tree: Path, spelling: str) -> None:
    for split in ("Training", "Testing"):
        (four_class_tree / split / "notumor").rename(four_class_tree / split / spelling)
    rows = sources.list_slices("nickparvar", four_class_tree)
    assert sum(row.label == "no_tumor" for row in rows) == 5


def test_sartaj_folder_names(four_class_tree: Path) -> None:
    for split in ("Training", "Testing"):
        for label in ("glioma", "meningioma", "pituitary"):
            folder = four_class_tree / split / label
            folder.rename(folder.with_name(f"{label}_tumor"))
        (four_class_tree / split / "notumor").rename(
            four_class_tree / split / "no_tumor"
        )
    rows = sources.list_slices("sartaj", four_class_tree)
    assert len(rows) == 20 and {row.label for row in rows} == set(sources.FOUR_CLASSES)


def test_binary_folders_have_no_split(binary_tree: Path) -> None:
    rows = sources.list_slices("navoneel", binary_tree)
    assert [(row.path, row.label) for row in rows] == [
        ("no/1 no.png", "no_tumor"),
        ("no/2 no.png", "no_tumor"),
        ("yes/Y1.png", "tumor"),
        ("yes/Y2.png", "tumor"),
    ]
    assert {row.official_split for row in rows} == {None}


def test_hidden_copies_and_other_files_are_no_slices(
    four_class_tree: Path, write_slice
) -> None:
    folder = four_class_tree / "Testing" / "meningioma"
    write_slice(folder / ".ipynb_checkpoints" / "Te-me_0000-checkpoint.png", 99)
    write_slice(folder / "._Te-me_0001.png", 98)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "UPPER.JPG").write_bytes((folder / "Te-me_0000.png").read_bytes())
    rows = sources.list_slices("nickparvar", four_class_tree)
    assert len(rows) == 21
    assert "Testing/meningioma/UPPER.JPG" in [row.path for row in rows]
    kinds = {
        stray.path: stray.kind
        for stray in layout.find_strays(
            sources.get_source("nickparvar"), four_class_tree
        )
    }
    assert kinds == {
        "Testing/meningioma/.ipynb_checkpoints": "hidden",
        "Testing/meningioma/._Te-me_0001.png": "hidden",
        "Testing/meningioma/Thumbs.db": "file",
    }


def test_patients_come_from_slices_csv(phantom_folder: Path) -> None:
    rows = sources.list_slices("phantom", phantom_folder)
    assert len(rows) == 80 and all(row.patient_id for row in rows)
    assert {row.label for row in rows} == set(sources.FOUR_CLASSES)


def test_phantom_masks_are_no_extra_class(phantom_folder: Path) -> None:
    strays = sources.find_strays(sources.get_source("phantom"), phantom_folder)
    assert not [stray for stray in strays if stray.kind != "ignored"]


def test_locate_names_the_command(project: Path) -> None:
    with pytest.raises(MissingSourceError, match="braintumor data fetch nickparvar"):
        sources.locate("nickparvar")


def test_locate_refuses_unknown_names() -> None:
    with pytest.raises(ValueError, match="'nick' is unknown. Choose phantom, nickpar"):
        sources.locate("nick")


def test_locate_finds_the_raw_folder_and_one_folder_deeper(
    project: Path, four_class_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINTUMOR_RAW", str(four_class_tree.parent))
    assert sources.locate("nickparvar") == four_class_tree
    inner = project / "data" / "raw" / "nickparvar" / "archive"
    shutil.copytree(four_class_tree, inner)
    monkeypatch.delenv("BRAINTUMOR_RAW")
    assert sources.locate("nickparvar") == inner


def test_locate_generates_phantoms_outside_a_read_only_raw_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from braintumor.data import phantom

    calls = []
    monkeypatch.setenv("BRAINTUMOR_RAW", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(
        phantom, "generate", lambda folder, **options: calls.append(options) or folder
    )
    assert sources.locate("phantom") == project / "data" / "raw" / "phantom"
    assert calls == [{"slices": 400, "side": 160, "seed": 7}]
