"""The phantom generator: same seed same bytes, lesions where they belong."""

import hashlib
import json
import shutil
import socket

import cv2
import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from braintumor.data import phantom
from braintumor.data.phantom import generation
from braintumor.data.phantom.anatomy import load_anatomy
from braintumor.data.phantom.files import COLUMNS
from braintumor.data.phantom.patients import Patient
from braintumor.data.phantom.plan import FOLDERS, REPEAT_KINDS, plan_patients
from braintumor.data.phantom.scanner import Scanner

SMALL = {"slices": 40, "side": 48}


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def grey(path):
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None, path
    return image


@pytest.fixture(scope="module")
def table(phantom_folder):
    frame = pd.read_csv(phantom_folder / "slices.csv", keep_default_na=False)
    frame[["split", "folder"]] = frame["path"].str.split("/", expand=True)[[0, 1]]
    return frame


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "phantom"
    return phantom.generate(folder, **SMALL, seed=3, workers=1)


@pytest.fixture(scope="module")
def anatomy():
    return load_anatomy()


def draw_patients(label, anatomy, count=9):
    for number in range(count):
        random = np.random.default_rng((number, 5))
        plane = ("axial", "coronal", "sagittal")[number % 3]
        yield Patient.draw(label, plane, random, anatomy)


def cuts(patient, anatomy, side=80, count=4):
    """Layers and lesion of some slices of a patient, as the generator cuts them."""
    for offset in patient.offsets(count, anatomy):
        points = patient.head(patient.points(offset, side))
        layers = anatomy.layers(points, patient.lesion.push(points))
        yield points, layers, patient.lesion.shape(points, layers) < 0


# ── one seed, one set of bytes ────────────────────────────────────────────────


def test_same_seed_gives_same_bytes_whatever_the_workers(small_folder, tmp_path):
    again = phantom.generate(tmp_path / "again", **SMALL, seed=3, workers=2)
    assert hashes(again) == hashes(small_folder)


def test_another_seed_gives_other_slices(small_folder, tmp_path):
    other = phantom.generate(tmp_path / "other", **SMALL, seed=4)
    same = set(hashes(other / "Training").values()) & set(
        hashes(small_folder / "Training").values()
    )
    assert not same


def test_patients_are_numbered_from_one():
    first = {plan.number for plan in plan_patients(60, seed=3)}
    assert first == set(range(1, len(first) + 1))


def test_anatomy_needs_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the phantom anatomy went to the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert load_anatomy.__wrapped__().grey.max() == 255


# ── the shape of the set ──────────────────────────────────────────────────────


def test_files_and_table_agree(phantom_folder, table):
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert len(table) == 80
    assert table["path"].is_unique and table["path"].is_monotonic_increasing
    for root in (phantom_folder, phantom_folder / "masks"):
        found = {
            path.relative_to(root).as_posix()
            for split in ("Training", "Testing")
            for path in (root / split).rglob("*.png")
        }
        assert found == set(table["path"])
    assert {path.name for path in phantom_folder.iterdir()} == {
        "Training",
        "Testing",
        "masks",
        "slices.csv",
        "phantom.json",
    }
    for path in table["path"]:
        image = grey(phantom_folder / path)
        assert image.shape == (96, 96) and image.dtype == np.uint8
        assert path.split("/")[2].startswith(
            table.set_index("path").loc[path, "patient_id"]
        )


def test_every_class_is_in_both_splits(table):
    counts = table.groupby(["split", "folder"]).size()
    assert set(counts.index) == {
        (split, folder)
        for split in ("Training", "Testing")
        for folder in ("glioma", "meningioma", "notumor", "pituitary")
    }
    assert counts["Training"].sum() > 2.5 * counts["Testing"].sum()


def test_neighbors_of_training_patients_are_in_test(table):
    training = set(table.loc[table["split"] == "Training", "patient_id"])
    test = table[table["split"] == "Testing"]
    known = test["patient_id"].isin(training)
    assert (known & (test["repeat_kind"] == "")).any()
    patients = test.drop_duplicates("patient_id")["patient_id"]
    assert 0.3 <= (~patients.isin(training)).mean() <= 0.7


@pytest.mark.parametrize("slices", [40, 60, 61, 97, 160, 400, 1000])
@pytest.mark.parametrize("seed", [0, 7, 12345])
def test_plan_keeps_its_promises(slices, seed):
    plans = plan_patients(slices, seed)
    rows = [
        (plan.label, plan.name, plan.path(k).split("/")[0], plan.path(k))
        for plan in plans
        for k in range(len(plan.splits) + len(plan.repeats))
    ]
    frame = pd.DataFrame(rows, columns=["label", "patient", "split", "path"])
    assert len(frame) == slices and frame["path"].is_unique
    training = frame[frame["split"] == "Training"]
    test = frame[frame["split"] == "Testing"]
    assert set(training["label"]) == set(test["label"]) == set(FOLDERS)
    unseen = test[~test["patient"].isin(training["patient"])]
    fewest = unseen.groupby("label").size().reindex(list(FOLDERS), fill_value=0).min()
    assert fewest >= max(2, 8 * slices // 400)
    kinds = [kind for plan in plans for _, kind in plan.repeats]
    assert set(kinds) == set(REPEAT_KINDS)
    for plan in plans:
        assert all(plan.splits[slot] == "Training" for slot, _ in plan.repeats)
        assert 2 <= len(plan.splits) <= 6
    # Validation is cut from training by patient: one must be left over per class.
    assert training.groupby("label")["patient"].nunique().min() >= 2


def test_patient_numbers_do_not_tell_the_class():
    labels = [plan.label for plan in plan_patients(400, seed=7)]
    changes = sum(a != b for a, b in zip(labels, labels[1:], strict=False))
    assert changes > len(labels) / 2


# ── planted repeats ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", REPEAT_KINDS)
def test_repeats_are_what_the_table_says(kind, phantom_folder, table):
    repeats = table[table["repeat_kind"] == kind]
    assert len(repeats)
    for row in repeats.itertuples():
        copy, original = phantom_folder / row.path, phantom_folder / row.repeat_of
        assert row.path.startswith("Testing/")
        assert row.repeat_of.startswith("Training/")
        same_bytes = copy.read_bytes() == original.read_bytes()
        left, right = grey(original), grey(copy)
        assert same_bytes == (kind == "same_file")
        assert np.array_equal(left, right) == (kind in ("same_file", "same_pixels"))
        if kind == "flipped":
            assert np.array_equal(left[:, ::-1], right)
        if kind == "rotated":
            assert np.array_equal(np.rot90(left), right)
        if kind == "rescaled":
            thumbs = [
                cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA).ravel()
                for image in (left, right)
            ]
            assert 0.95 < np.corrcoef(thumbs)[0, 1] < 0.9999


def test_nothing_else_repeats(phantom_folder, table):
    fresh = table[table["repeat_kind"] == ""]
    assert (fresh["repeat_of"] == "").all()
    pixels = {grey(phantom_folder / path).tobytes() for path in fresh["path"]}
    assert len(pixels) == len(fresh)


# ── lesions where they belong ─────────────────────────────────────────────────


def test_boxes_match_masks_and_lie_in_the_head(phantom_folder, table):
    for row in table.itertuples():
        mask = grey(phantom_folder / "masks" / row.path)
        assert mask.shape == (96, 96) and set(np.unique(mask)) <= {0, 255}
        if row.folder == "notumor":
            assert not mask.any() and row.x_min == ""
            continue
        sides = [int(v) for v in (row.x_min, row.y_min, row.x_max, row.y_max)]
        x_min, y_min, x_max, y_max = sides
        inside = mask[y_min:y_max, x_min:x_max]
        assert inside.sum() == mask.sum() > 0
        edges = inside[0], inside[-1], inside[:, 0], inside[:, -1]
        assert all(edge.any() for edge in edges)
        image = grey(phantom_folder / row.path)
        head = ndimage.binary_fill_holes(
            ndimage.binary_closing(image > 25, np.ones((5, 5)), 2)
        )
        assert head[mask > 0].mean() > 0.99, row.path


def test_lesions_take_a_believable_share(phantom_folder, table):
    ill = table[table["folder"] != "notumor"]
    share = [(grey(phantom_folder / "masks" / p) > 0).mean() for p in ill["path"]]
    assert 0.0008 < min(share) and 0.004 < np.median(share) and max(share) < 0.08


def test_gliomas_lie_inside_the_brain(anatomy):
    for patient in draw_patients("glioma", anatomy):
        for _, layers, lesion in cuts(patient, anatomy):
            assert lesion.any()
            assert (layers.brain[lesion] > 0.7).all()
            assert (layers.dura[lesion] < 1.0).all()


def test_meningiomas_sit_on_the_dura(anatomy):
    touching = []
    for patient in draw_patients("meningioma", anatomy):
        slices = []
        for _, layers, lesion in cuts(patient, anatomy):
            assert lesion.any()
            assert (layers.dura[lesion] < 1.0).all()
            slices.append((layers.dura[lesion] > -3.0).any())
        assert any(slices)
        touching += slices
    assert np.mean(touching) > 0.8


def test_pituitary_tumors_sit_at_the_sella(anatomy):
    for patient in draw_patients("pituitary", anatomy):
        for points, _, lesion in cuts(patient, anatomy):
            assert lesion.any()
            right, front, up = points[lesion].mean(axis=0)
            assert abs(right) < 9 and -8 < front < 16 and -42 < up < -14


def test_pituitary_tumors_are_on_the_midline_of_the_picture(phantom_folder, table):
    rows = table[
        (table["folder"] == "pituitary")
        & (table["plane"] != "sagittal")
        & (table["repeat_kind"] == "")
    ]
    assert len(rows)
    middles = (rows["x_min"].astype(int) + rows["x_max"].astype(int)) / 2
    assert middles.between(96 * 0.36, 96 * 0.64).all()


def test_a_lesion_changes_only_its_surroundings(anatomy):
    for label in ("glioma", "meningioma", "pituitary"):
        patient = next(draw_patients(label, anatomy))
        far = patient.lesion.center + np.array([[0.0, 0.0, 120.0]])
        moved = np.linalg.norm(patient.lesion.push(far) - far)
        assert moved < 1.0
        near = patient.lesion.center + np.array([[0.0, 0.0, patient.lesion.radius]])
        assert np.linalg.norm(patient.lesion.push(near) - near) > 0.3


# ── nothing but the lesion tells the class ────────────────────────────────────


def test_head_and_scanner_do_not_know_the_class(anatomy):
    drawn = []
    for label in FOLDERS:
        patient = Patient.draw(label, "axial", np.random.default_rng(11), anatomy)
        drawn.append((patient.scanner.contrast, patient.view, patient.middle.tolist()))
    assert all(item == drawn[0] for item in drawn)


def test_every_weighting_occurs_and_air_is_black(phantom_folder, table):
    seen = {Scanner.draw(np.random.default_rng(k)).weighting for k in range(60)}
    assert seen == {"t1c", "t1", "t2", "flair"}
    corners = [grey(phantom_folder / path)[:4, :4].mean() for path in table["path"]]
    assert np.mean(corners) < 8


# ── all or nothing ────────────────────────────────────────────────────────────


def test_a_whole_set_is_kept(small_folder):
    before = (small_folder / "slices.csv").stat().st_mtime_ns
    assert phantom.generate(small_folder, **SMALL, seed=3) == small_folder
    assert (small_folder / "slices.csv").stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["marker", "slice", "mask", "table", "arguments"])
def test_a_damaged_set_is_made_again(damage, small_folder, tmp_path, monkeypatch):
    folder = tmp_path / "phantom"
    shutil.copytree(small_folder, folder)
    path = next(iter(sorted((folder / "Training").rglob("*.png"))))
    seed = 3
    if damage == "marker":
        (folder / "phantom.json").unlink()
    elif damage == "slice":
        path.unlink()
    elif damage == "mask":
        (folder / "masks" / path.relative_to(folder)).unlink()
    elif damage == "table":
        (folder / "slices.csv").write_text("path\n", encoding="utf-8")
    else:
        seed = 5
    made = []
    monkeypatch.setattr(
        generation,
        "write_slices",
        lambda scratch, **arguments: made.append(arguments) or [],
    )
    phantom.generate(folder, **SMALL, seed=seed)
    assert [arguments["seed"] for arguments in made] == [seed]


def test_an_interrupted_set_leaves_nothing(tmp_path, monkeypatch):
    calls = []

    def stop(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    real = generation.patient_rows
    monkeypatch.setattr(generation, "patient_rows", stop)
    with pytest.raises(KeyboardInterrupt):
        phantom.generate(tmp_path / "phantom", **SMALL, seed=3, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_the_marker_says_what_was_asked(small_folder):
    marker = json.loads((small_folder / "phantom.json").read_text(encoding="utf-8"))
    assert {**SMALL, "seed": 3}.items() <= marker.items()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slices", 39),
        ("slices", 60.5),
        ("slices", True),
        ("side", 47),
        ("side", 513),
        ("side", "96"),
        ("seed", -1),
        ("workers", 0),
        ("workers", 1.5),
    ],
)
def test_bad_arguments_are_refused_by_name(name, value, tmp_path):
    with pytest.raises(ValueError, match=f"^{name}="):
        phantom.generate(tmp_path / "phantom", **{name: value})
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_folder_is_never_deleted(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(FileExistsError, match="thesis.txt"):
        phantom.generate(tmp_path, **SMALL)
    assert (tmp_path / "thesis.txt").exists()
