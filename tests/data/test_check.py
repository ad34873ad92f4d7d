"""Each fault of the list, planted, is found with its path, and a sound set has none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from braintumor.data import check, hashes, sources
from braintumor.data.check import BadDataError, check_source

SPLIT_SIZES = {"training": 3, "test": 2}


@pytest.fixture(autouse=True)
def small_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The published counts are those of the small trees, and no hash is recorded."""
    from dataclasses import replace

    four = {
        (split, label): size
        for split, size in SPLIT_SIZES.items()
        for label in sources.FOUR_CLASSES
    }
    binary = {(None, "no_tumor"): 2, (None, "tumor"): 2}
    for name, counts in (("nickparvar", four), ("navoneel", binary)):
        source = replace(sources.SOURCES[name], expected_counts=counts)
        monkeypatch.setitem(sources.SOURCES, name, source)


def found(root: Path, path: str, name: str = "nickparvar") -> dict[str, str]:
    """Severity by problem text of what was reported for `path`."""
    problems = check_source(name, root).problems
    assert problems["cure"].str.len().gt(0).all()
    here = problems[problems["path"] == path]
    return dict(zip(here["problem"], here["severity"], strict=True))


def test_a_sound_set_has_no_problem(four_class_tree: Path, binary_tree: Path) -> None:
    for name, root in (("nickparvar", four_class_tree), ("navoneel", binary_tree)):
        report = check_source(name, root)
        assert report.problems.empty
        report.raise_for_errors()
    assert report.slices == 4
    assert "No hashes are recorded for this copy" in report.describe_copy()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda content: b"", "is empty (0 bytes)"),
        (lambda content: content[: len(content) // 2], "is damaged or cut short"),
        (lambda content: b"see the other folder\n", "is text"),
        (lambda content: b"\x00\xff\x07" * 90, "is no PNG or JPEG"),
    ],
    ids=["zero-byte", "truncated", "text", "noise"],
)
def test_unreadable_files(four_class_tree: Path, fault, words: str) -> None:
    path = four_class_tree / "Training" / "glioma" / "Tr-gl_0001.png"
    path.write_bytes(fault(path.read_bytes()))
    [(problem, severity)] = found(
        four_class_tree, "Training/glioma/Tr-gl_0001.png"
    ).items()
    assert words in problem and severity == "error"


def test_all_errors_are_raised_at_once(four_class_tree: Path) -> None:
    names = ["Training/glioma/Tr-gl_0001.png", "Testing/notumor/Te-no_0000.png"]
    for name in names:
        (four_class_tree / name).write_bytes(b"")
    with pytest.raises(BadDataError, match="2 errors") as caught:
        check_source("nickparvar", four_class_tree).raise_for_errors()
    assert all(name in str(caught.value) for name in names)
    assert str(caught.value).count("Fetch it again.") == 2


def test_empty_class(four_class_tree: Path) -> None:
    for path in (four_class_tree / "Testing" / "pituitary").iterdir():
        path.unlink()
    assert found(four_class_tree, "Testing/pituitary") == {
        "class folder is empty": "error",
        "0 slices, 2 fewer than the 2 published": "warning",
    }


def test_missing_class_and_missing_split(four_class_tree: Path) -> None:
    (four_class_tree / "Training" / "glioma").rename(four_class_tree / "kept")
    assert found(four_class_tree, "Training/glioma")["class is missing"] == "error"
    (four_class_tree / "Testing").rename(four_class_tree / ".Testing")
    problems = found(four_class_tree, "Testing")
    assert problems == {"this split is missing or empty": "error"}


def test_extra_folder_with_images(four_class_tree: Path, write_slice) -> None:
    write_slice(four_class_tree / "Training" / "ependymoma" / "a.png", 70)
    write_slice(four_class_tree / "Validation" / "glioma" / "a.png", 71)
    write_slice(four_class_tree / "Training" / "glioma" / "copy" / "a.png", 72)
    for path in ("Training/ependymoma", "Validation", "Training/glioma/copy"):
        assert found(four_class_tree, path) == {
            "is no class or split of this source": "error"
        }


def test_extra_folder_without_images_only_warns(four_class_tree: Path) -> None:
    (four_class_tree / "Training" / "notes").mkdir()
    assert list(found(four_class_tree, "Training/notes").values()) == ["warning"]


def test_image_outside_the_classes_and_other_formats(
    four_class_tree: Path, write_slice
) -> None:
    write_slice(four_class_tree / "Training" / "a.png", 70)
    (four_class_tree / "Training" / "glioma" / "scan.tif").write_bytes(b"II*\x00")
    (four_class_tree / "Training" / "glioma" / "readme.txt").write_text("hello")
    assert found(four_class_tree, "Training/a.png") == {"belongs to no class": "error"}
    assert found(four_class_tree, "Training/glioma/scan.tif") == {
        "is in a format that is not read": "error"
    }
    assert found(four_class_tree, "Training/glioma/readme.txt") == {
        "is no image and is not read": "warning"
    }


def test_hidden_folders_are_noted(four_class_tree: Path, write_slice) -> None:
    write_slice(four_class_tree / "Testing" / "glioma" / ".ipynb_checkpoints/a.png", 1)
    assert found(four_class_tree, "Testing/glioma/.ipynb_checkpoints") == {
        "is hidden and ignored": "note"
    }


def test_the_second_copy_inside_navoneel_is_noted(
    binary_tree: Path, write_slice
) -> None:
    write_slice(binary_tree / "brain_tumor_dataset" / "yes" / "Y1.png", 0)
    assert list(found(binary_tree, "brain_tumor_dataset", "navoneel").values()) == [
        "note"
    ]


def test_handled_images_are_notes(four_class_tree: Path) -> None:
    folder = four_class_tree / "Training" / "glioma"
    ramp = np.arange(24 * 24).reshape(24, 24)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray((ramp * 100).astype(np.uint16)).save(folder / "Tr-gl_0000.png")
    Image.fromarray((ramp % 251).astype(np.uint8)).convert("P").save(
        folder / "Tr-gl_0001.png"
    )
    Image.fromarray((ramp % 241).astype(np.uint8)).convert("RGBA").save(
        folder / "Tr-gl_0002.png"
    )
    Image.fromarray((ramp % 239).astype(np.uint8)).save(
        four_class_tree / "Testing" / "glioma" / "Te-gl_0000.png",
        format="JPEG",
        exif=exif,
    )
    report = check_source("nickparvar", four_class_tree)
    assert report.errors.empty
    notes = report.problems.set_index("path")["problem"]
    assert "16-bit grey" in notes["Training/glioma/Tr-gl_0000.png"]
    assert "palette" in notes["Training/glioma/Tr-gl_0001.png"]
    assert "transparency" in notes["Training/glioma/Tr-gl_0002.png"]
    assert set(notes["Testing/glioma/Te-gl_0000.png"]) == {
        "turned as its EXIF data say",
        "is a JPEG by content",
    }


def test_repeats_across_the_split(four_class_tree: Path) -> None:
    training = four_class_tree / "Training" / "glioma" / "Tr-gl_0001.png"
    test = four_class_tree / "Testing" / "glioma" / "Te-gl_0000.png"
    with Image.open(training) as image:  # other bytes, same pixels
        image.save(test, compress_level=1)
    assert training.read_bytes() != test.read_bytes()
    [(problem, severity)] = found(
        four_class_tree, "Testing/glioma/Te-gl_0000.png"
    ).items()
    assert "Training/glioma/Tr-gl_0001.png" in problem and severity == "warning"


def test_one_picture_under_two_classes(four_class_tree: Path) -> None:
    training = four_class_tree / "Training"
    content = (training / "glioma" / "Tr-gl_0001.png").read_bytes()
    (training / "pituitary" / "Tr-pi_0002.png").write_bytes(content)
    [(problem, severity)] = found(
        four_class_tree, "Training/glioma/Tr-gl_0001.png"
    ).items()
    assert "under another class" in problem and severity == "warning"


def test_missing_files_are_counted(four_class_tree: Path) -> None:
    (four_class_tree / "Training" / "notumor" / "Tr-no_0000.png").unlink()
    assert found(four_class_tree, "Training/no_tumor") == {
        "2 slices, 1 fewer than the 3 published": "warning"
    }


def test_known_copy_is_recognised_in_both_spellings(four_class_tree: Path) -> None:
    check.record_hashes("nickparvar", "tiny", four_class_tree)
    for split in ("Training", "Testing"):
        folder = four_class_tree / split / "notumor"
        folder.rename(folder.with_name("no_tumor"))
    report = check_source("nickparvar", four_class_tree)
    assert report.copy.is_equal
    assert report.describe_copy() == "Equals nickparvar-tiny, all 20 files."


def test_altered_missing_and_extra_files(four_class_tree: Path, write_slice) -> None:
    check.record_hashes("nickparvar", "tiny", four_class_tree)
    folder = four_class_tree / "Training" / "glioma"
    write_slice(folder / "Tr-gl_0000.png", 500)
    (folder / "Tr-gl_0001.png").unlink()
    write_slice(folder / "Tr-gl_0009.png", 501)
    report = check_source("nickparvar", four_class_tree)
    assert report.copy.altered == ("Training/glioma/Tr-gl_0000.png",)
    assert report.copy.missing == ("Training/glioma/Tr-gl_0001.png",)
    assert report.copy.extra == ("Training/glioma/Tr-gl_0009.png",)
    severities = report.problems.set_index("path")["severity"].to_dict()
    assert severities == {
        "Training/glioma/Tr-gl_0000.png": "error",
        "Training/glioma/Tr-gl_0001.png": "warning",
        "Training/glioma/Tr-gl_0009.png": "warning",
    }
    assert "1 altered, 1 missing, 1 extra" in report.describe_copy()


def test_another_copy_is_not_called_damaged(four_class_tree: Path) -> None:
    check.record_hashes("nickparvar", "tiny", four_class_tree)
    for path in four_class_tree.rglob("*.png"):  # all re-encoded at another size
        with Image.open(path) as image:
            resized = image.resize((16, 16))
        resized.save(path)
    report = check_source("nickparvar", four_class_tree)
    assert report.copy.copy is None and report.errors.empty


def test_a_set_with_errors_is_never_recorded(four_class_tree: Path) -> None:
    (four_class_tree / "Training" / "glioma" / "Tr-gl_0000.png").write_bytes(b"")
    with pytest.raises(BadDataError):
        check.record_hashes("nickparvar", "tiny", four_class_tree)
    assert not hashes.hashes_folder().exists()


def test_figshare_faults(tmp_path: Path, write_slice) -> None:
    root = tmp_path / "figshare"
    write_slice(root / "images" / "1.png", 1)
    write_slice(root / "images" / "77.png", 2)
    (root / "boxes.csv").write_text("index,label\n1,glioma\n2,pituitary\n")
    assert found(root, "images/77.png", "figshare") == {"belongs to no class": "error"}
    assert found(root, "images/2.jpg", "figshare") == {
        "is missing, though boxes.csv names it": "warning"
    }
    assert "no slice of class meningioma" in found(root, ".", "figshare")
    (root / "boxes.csv").write_text("index\n1\n2\n")
    assert "lacks the column label" in found(root, "boxes.csv", "figshare")


def test_a_folder_with_nothing_right_is_reported_not_refused(project: Path) -> None:
    (project / "data" / "raw" / "nickparvar" / "stuff").mkdir(parents=True)
    report = check_source("nickparvar")
    assert report.slices == 0 and report.count("error") == 2
    with pytest.raises(sources.MissingSourceError, match="braintumor data fetch"):
        check_source("sartaj")


def test_phantoms_are_sound(phantom_folder: Path) -> None:
    report = check_source("phantom", phantom_folder)
    report.raise_for_errors()
    assert report.slices == 80 and report.count("warning") > 0  # planted repeats
