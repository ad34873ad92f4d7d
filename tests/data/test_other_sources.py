"""Slices of another source whose twins a model has seen are left out."""

import cv2
import numpy as np
import pytest
from PIL import Image

from braintumor.data import manifest, other_sources


def draw(seed):
    """A smooth picture of its own, so that thumbnails tell it from the others."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (8, 8), dtype=np.uint8)
    return cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_LINEAR)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)


@pytest.fixture
def compared(project):
    """Training holds pictures 1 to 3, validation 4, test 5; another source repeats."""
    raw = project / "data" / "raw"
    sides = {}
    for number, side in enumerate(
        ["training", "training", "training", "validation", "test"], 1
    ):
        folder = "Testing" if side == "test" else "Training"
        name = f"{folder}/glioma/{number}.png"
        write(raw / "nickparvar" / name, draw(number))
        sides[f"nickparvar/{name}"] = side
    repeats = {
        "yes/same": draw(1),
        "yes/mirrored": draw(2)[:, ::-1],
        "yes/turned": np.rot90(draw(3)),
        "yes/brighter": (draw(4) * 0.6 + 40).astype(np.uint8),
        "yes/of_test": draw(5),
        "no/alone": draw(6),
        "no/alone_mirrored": draw(6)[:, ::-1],
    }
    for name, pixels in repeats.items():
        write(raw / "navoneel" / f"{name}.png", pixels)
    root = raw / "nickparvar"
    splits = manifest.build_manifest("nickparvar", root)
    splits["as_shipped"] = splits["slice_id"].map(sides)
    return splits, root


def test_twins_of_what_was_used_go_whatever_their_turn_and_brightness(compared):
    kept = other_sources.twin_free("navoneel", *compared)
    assert [path.split("/")[1] for path in kept["path"]] == [
        "alone.png",
        "alone_mirrored.png",
        "of_test.png",
    ]
    assert (kept["similarity"] <= 0.95).all() and kept.index.tolist() == [0, 1, 2]


def test_every_repeat_names_the_slice_that_it_repeats(compared):
    table = other_sources.compare_source("navoneel", *compared).set_index("path")
    for name, number in (("same", 1), ("mirrored", 2), ("turned", 3), ("brighter", 4)):
        row = table.loc[f"yes/{name}.png"]
        assert row["nearest"] == f"nickparvar/Training/glioma/{number}.png"
        assert row["similarity"] > 0.99


def test_twins_inside_the_other_source_share_a_group(compared):
    table = other_sources.compare_source("navoneel", *compared).set_index("path")
    groups = table["group_id"]
    assert groups["no/alone.png"] == groups["no/alone_mirrored.png"]
    assert groups.nunique() == len(groups) - 1


def test_splits_without_a_used_slice_are_refused(compared):
    splits, root = compared
    with pytest.raises(ValueError, match="no training or validation slice"):
        other_sources.twin_free("navoneel", splits.assign(as_shipped="test"), root)
