import json
import os
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from braintumor.data import audit, images

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


def smooth_image(seed):
    noise = np.random.default_rng(seed).normal(size=(64, 64)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 5)
    return cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def lopsided_image(seed):
    """Correlate with the own mirror image at about 0.8: alike, but no twin."""
    image = smooth_image(seed)
    return cv2.addWeighted(image, 0.65, np.ascontiguousarray(image[:, ::-1]), 0.35, 0)


def describe(root, rows):
    """Build a manifest of (path, label, official_split, patient_id) by hand."""
    frame = pd.DataFrame(
        rows, columns=["path", "label", "official_split", "patient_id"]
    )
    facts = [images.inspect_slice(root / path) for path in frame["path"]]
    return frame.assign(
        slice_id="made/" + frame["path"],
        source="made",
        group_id=-1,
        sha256=[fact.sha256 for fact in facts],
        pixel_sha256=[fact.pixel_sha256 for fact in facts],
    )


@pytest.fixture
def planted(tmp_path):
    """Six training and seven test slices; five of the test slices repeat something."""
    for number in range(6):
        cv2.imwrite(str(tmp_path / f"training{number}.png"), smooth_image(number))
    cv2.imwrite(str(tmp_path / "training2.png"), lopsided_image(2))
    shutil.copy(tmp_path / "training0.png", tmp_path / "test0.png")  # same file
    cv2.imwrite(  # same pixels, other bytes
        str(tmp_path / "test1.png"), smooth_image(1), [cv2.IMWRITE_PNG_COMPRESSION, 0]
    )
    cv2.imwrite(str(tmp_path / "test2.png"), lopsided_image(2)[:, ::-1])  # mirrored
    noisy = smooth_image(3) + np.random.default_rng(9).normal(0, 9, (64, 64))
    cv2.imwrite(str(tmp_path / "test3.png"), noisy.clip(0, 255))  # a near-twin
    cv2.imwrite(str(tmp_path / "test4.png"), smooth_image(100))  # alone
    cv2.imwrite(str(tmp_path / "test5.png"), smooth_image(101))  # alone, and
    shutil.copy(tmp_path / "test5.png", tmp_path / "test6.png")  # its repeat in test
    rows = [(f"test{n}.png", "glioma", "test", None) for n in range(7)]
    rows += [(f"training{n}.png", "glioma", "training", None) for n in range(6)]
    return tmp_path, describe(tmp_path, rows)


def test_every_kind_of_repeat_is_counted_where_it_stands(planted):
    root, manifest = planted
    summary = audit.audit_manifest(manifest, root).summary
    expected = {
        "slices": 13,
        "training_slices": 6,
        "test_slices": 7,
        "exact_repeats": 2,
        "exact_repeats_within_training": 0,
        "exact_repeats_within_test": 1,
        "exact_repeats_across": 1,
        "pixel_repeats": 3,
        "pixel_repeats_within_test": 1,
        "pixel_repeats_across": 2,
        "twin_pairs": 5,
        "near_twins_across": 4,
        "near_twins_across_upright": 3,
        "near_copies_across": 3,
        "near_copies_across_upright": 2,
        "groups": 8,
        "largest_group": 2,
        "slices_alone": 3,
        "test_without_twin": {"glioma": 3},
        "test_outside_training_groups": {"glioma": 3},
    }
    assert {key: summary[key] for key in expected} == expected


def test_threshold_is_used_and_recorded(planted):
    root, manifest = planted
    strict = audit.audit_manifest(manifest, root, similarity=0.999).summary
    assert strict["similarity"] == 0.999
    assert strict["near_twins_across"] == strict["near_copies_across"] == 3


def test_group_numbers_follow_the_rows(planted):
    root, manifest = planted
    found = audit.audit_manifest(manifest, root).manifest["group_id"]
    assert found.dtype == np.int64
    assert found.tolist() == [0, 1, 2, 3, 4, 5, 5, 0, 1, 2, 3, 6, 7]


def rows(patients, pixels=None, sources=None):
    count = len(patients)
    return pd.DataFrame(
        {
            "patient_id": patients,
            "pixel_sha256": pixels or [f"{n}" for n in range(count)],
            "source": sources or ["made"] * count,
        }
    )


def pairs(*links):
    return pd.DataFrame(links, columns=["left", "right"]).astype(np.int64)


def test_groups_chain_through_twins():
    groups = audit.assign_groups(rows([None] * 5), pairs((0, 3), (3, 4)))
    assert groups.tolist() == [0, 1, 2, 0, 0]


def test_known_patients_join_and_unknown_ones_do_not():
    groups = audit.assign_groups(rows(["p1", None, "p2", None, "p1"]), pairs())
    assert groups.tolist() == [0, 1, 2, 3, 0]


def test_a_twin_joins_two_patients():
    groups = audit.assign_groups(rows(["a", "a", "b", "b", "c"]), pairs((1, 2)))
    assert groups.tolist() == [0, 0, 0, 0, 1]


def test_equal_pixels_join_even_where_thumbnails_are_blank():
    groups = audit.assign_groups(rows([None] * 3, pixels=["x", "y", "x"]), pairs())
    assert groups.tolist() == [0, 1, 0]


def test_patient_numbers_of_two_sources_do_not_meet():
    frame = rows(["1", "1"], sources=["one", "other"])
    assert audit.assign_groups(frame, pairs()).tolist() == [0, 1]


def test_groups_keep_the_index():
    frame = rows([None] * 3).set_axis([30, 10, 20])
    assert audit.assign_groups(frame, pairs((0, 2))).to_dict() == {30: 0, 10: 1, 20: 0}


def test_label_conflicts_are_counted(planted):
    root, manifest = planted
    manifest.loc[manifest["path"] == "test0.png", "label"] = "no_tumor"  # equal pixels
    manifest.loc[manifest["path"] == "test3.png", "label"] = "no_tumor"  # near-twin
    summary = audit.audit_manifest(manifest, root).summary
    assert summary["label_conflicts_in_repeats"] == 1
    assert summary["label_conflicts_in_groups"] == 2


def test_without_official_split_the_totals_speak(planted):
    root, manifest = planted
    summary = audit.audit_manifest(manifest.assign(official_split=None), root).summary
    assert summary["training_slices"] == summary["test_slices"] == 0
    assert (summary["pixel_repeats"], summary["pixel_repeats_across"]) == (3, 0)
    assert summary["twin_pairs"] == 5


def test_saved_audit_reads_back_and_repeats_byte_for_byte(planted, tmp_path):
    root, manifest = planted
    found = audit.audit_manifest(manifest, root)
    first = audit.save_audit(found, tmp_path / "a", "made")
    again = audit.save_audit(
        audit.audit_manifest(manifest, root), tmp_path / "b", "made"
    )
    assert [path.name for path in first] == ["made.json", "made_twins.csv"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "made.json",
        "made_twins.csv",
    ]
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert json.loads(first[0].read_text()) == found.summary
    saved = pd.read_csv(first[1])
    assert len(saved) == 5
    assert saved.loc[0, ["left", "right"]].tolist() == [
        "made/test0.png",
        "made/training0.png",
    ]


@pytest.mark.skipif(
    not (
        Path(os.environ.get("BRAINTUMOR_RAW", "")) / "nickparvar" / "Training"
    ).is_dir(),
    reason="needs the real set: set BRAINTUMOR_RAW to a folder that holds nickparvar/",
)
def test_known_repeats_of_the_real_set():
    from braintumor.data import manifest, sources

    root = sources.locate("nickparvar")
    frame = manifest.build_manifest("nickparvar", root)
    start = time.perf_counter()
    summary = audit.audit_manifest(frame, root).summary
    assert time.perf_counter() - start < 60
    assert summary["pixel_repeats_across"] == 216
    assert summary["near_copies_across_upright"] == pytest.approx(466, abs=3)
    assert summary["near_copies_across"] > 2 * 466
    assert summary["largest_group"] < 0.02 * summary["slices"]
