"""Cheng's set: small MATLAB v7.3 files made with h5py, and the plain form."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from braintumor.data import figshare, manifest, matlab, sources
from braintumor.data.images import UnreadableSliceError, decode_slice

SCAN = np.arange(12 * 10, dtype=np.int16).reshape(12, 10) * 30


def write_matlab(
    path: Path, number: int = 1, patient: str = "100360", **fields
) -> Path:
    mask = np.zeros(SCAN.shape, dtype=np.uint8)
    mask[2:4, 5:8] = 1
    content = {
        "label": np.array([[float(number)]]),
        "PID": np.array([[ord(letter)] for letter in patient], dtype=np.uint16),
        "image": SCAN.T,  # MATLAB stores columns first
        "tumorBorder": np.array([[5.0, 2.0, 7.0, 3.0]]).T,
        "tumorMask": mask.T,
    } | fields
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("cjdata")
        for name, value in content.items():
            if value is not None:
                group[name] = value
    return path


@pytest.fixture
def matlab_tree(tmp_path: Path) -> Path:
    root = tmp_path / "figshare"
    write_matlab(root / "1.mat", number=1, patient="100360")
    write_matlab(root / "2.mat", number=2, patient="MR017260D")
    write_matlab(root / "10.mat", number=3, patient="007")
    with h5py.File(root / "cvind.mat", "w") as file:
        file["cvind"] = np.ones(3)
    return root


@pytest.fixture
def plain_tree(tmp_path: Path, write_slice) -> Path:
    root = tmp_path / "figshare"
    for number in (1, 2, 3):
        write_slice(root / "images" / f"{number}.png", number)
    (root / "boxes.csv").write_text(
        "index,label,x_center,y_center,width,height\n"
        "1,meningioma,0.6,0.4,0.2,0.1\n2,glioma,0.5,0.5,0.1,0.1\n"
        "3,pituitary,0.5,0.6,0.1,0.1\n"
    )
    return root


def test_matlab_slice_has_patient_mask_and_border(tmp_path: Path) -> None:
    record = matlab.read_slice(write_matlab(tmp_path / "7.mat", number=2))
    np.testing.assert_array_equal(record.image, SCAN)
    assert (record.label, record.patient_id) == ("glioma", "100360")
    assert record.mask.shape == SCAN.shape and record.mask.sum() == 6
    assert record.mask[2, 5] and not record.mask[5, 2]
    assert record.border.tolist() == [[5.0, 2.0], [7.0, 3.0]]


def test_the_one_decoder_reads_matlab(tmp_path: Path) -> None:
    decoded = decode_slice(write_matlab(tmp_path / "7.mat"))
    assert decoded.shape == SCAN.shape and decoded.dtype == np.uint8
    assert (decoded.min(), decoded.max()) == (0, 255)
    assert np.all(np.diff(decoded.ravel().astype(int)) >= 2)  # nothing clipped


def test_a_constant_scan_is_black(tmp_path: Path) -> None:
    path = write_matlab(tmp_path / "7.mat", image=np.full((4, 4), 900, dtype=np.int16))
    assert decode_slice(path).max() == 0


def test_upload_of_matlab_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSliceError, match="no PNG or JPEG"):
        decode_slice(write_matlab(tmp_path / "7.mat").read_bytes())


def test_matlab_manifest_knows_patients(matlab_tree: Path) -> None:
    frame = manifest.build_manifest("figshare", matlab_tree)
    assert dict(zip(frame["path"], frame["patient_id"], strict=True)) == {
        "1.mat": "100360",
        "2.mat": "MR017260D",
        "10.mat": "007",
    }
    assert set(frame["label"]) == {"meningioma", "glioma", "pituitary"}
    assert frame["official_split"].isna().all()


def test_archives_unpacked_into_their_own_folders_are_found(tmp_path: Path) -> None:
    root = tmp_path / "figshare"
    write_matlab(root / "brainTumorDataPublic_1-766" / "1.mat")
    write_matlab(root / "brainTumorDataPublic_767-1532" / "767.mat", number=3)
    found = sources.find_content(sources.get_source("figshare"), root)
    assert found == root
    assert [row.path for row in figshare.scan_slices(root)[0]] == [
        "brainTumorDataPublic_1-766/1.mat",
        "brainTumorDataPublic_767-1532/767.mat",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"number": 4}, "label 4 is no class"),
        ({"label": None}, "`label` is missing"),
        ({"PID": None}, "`PID` is missing"),
    ],
)
def test_bad_records_are_listed_not_raised(
    matlab_tree: Path, fields: dict, words: str
) -> None:
    write_matlab(matlab_tree / "3.mat", **fields)
    (matlab_tree / "4.mat").write_bytes((matlab_tree / "1.mat").read_bytes()[:900])
    rows, errors = figshare.scan_slices(matlab_tree)
    assert len(rows) == 3 and len(errors) == 2
    assert words in str(errors[0]) and "3.mat" in errors[0].name
    assert "no MATLAB v7.3 file, or cut short" in str(errors[1])
    with pytest.raises(UnreadableSliceError, match=r"(?s)3\.mat.*4\.mat"):
        sources.list_slices("figshare", matlab_tree)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "`image` is missing"),
        (np.zeros(5), "not \\(height, width\\)"),
        (np.zeros((0, 5)), "holds no numbers"),
    ],
)
def test_bad_scans_are_named(tmp_path: Path, image, words: str) -> None:
    with pytest.raises(UnreadableSliceError, match=words):
        decode_slice(write_matlab(tmp_path / "9.mat", image=image))


def test_announced_giant_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "9.mat"
    with h5py.File(path, "w") as file:  # chunked: a few bytes on disk
        group = file.create_group("cjdata")
        group.create_dataset("image", shape=(90_000, 90_000), chunks=(64, 64))
    with pytest.raises(UnreadableSliceError, match="far too large"):
        decode_slice(path)


def test_another_hdf5_file_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "9.mat", "w") as file:
        file["weights"] = np.ones(3)
    with pytest.raises(UnreadableSliceError, match="holds no `cjdata`"):
        decode_slice(tmp_path / "9.mat")


def test_plain_form_takes_labels_from_boxes(plain_tree: Path) -> None:
    rows = sources.list_slices("figshare", plain_tree)
    assert [(row.path, row.label) for row in rows] == [
        ("images/1.png", "meningioma"),
        ("images/2.png", "glioma"),
        ("images/3.png", "pituitary"),
    ]
    assert all(row.patient_id is None for row in rows)


def test_boxes_without_a_column_or_with_a_new_class(plain_tree: Path) -> None:
    table = plain_tree / "boxes.csv"
    table.write_text(table.read_text().replace("label", "class"))
    with pytest.raises(UnreadableSliceError, match="lacks the column label"):
        figshare.read_boxes(plain_tree)
    table.write_text("index,label\n1,ependymoma\n")
    with pytest.raises(UnreadableSliceError, match="unknown class ependymoma"):
        sources.list_slices("figshare", plain_tree)
