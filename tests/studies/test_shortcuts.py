"""The study shuffles training labels, and counts what sizes and modes give away."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from braintumor import paths
from braintumor.data import native_sizes, sources
from braintumor.evaluation import baselines
from braintumor.evaluation.predictions import VIEWS
from braintumor.studies import shortcuts
from braintumor.studies.setting import Setting

SIDES = ("training", "training", "training", "test")


@pytest.fixture
def setting(tmp_path, monkeypatch):
    """32 slices whose brightness is their class; only the healthy are not 512."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv(paths.RAW_VARIABLE, str(tmp_path / "raw"))
    monkeypatch.setattr(baselines, "TREES", 3)
    monkeypatch.setattr(shortcuts, "PERMUTATIONS", 4)
    root, rows, sizes = tmp_path / "raw" / "nickparvar", [], []
    generator = np.random.default_rng(0)
    for place, label in enumerate(sources.FOUR_CLASSES):
        folder = label.replace("_", "")
        for number, side in enumerate(SIDES * 2):
            split = "Testing" if side == "test" else "Training"
            name = f"{split}/{folder}/{number}.png"
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            pixels = 60 * place + generator.integers(0, 30, (24, 24), dtype=np.uint8)
            Image.fromarray(pixels.astype(np.uint8)).save(root / name)
            rows.append((f"nickparvar/{name}", name, label, *[side] * 3, len(rows)))
            size = 300 if label == "no_tumor" else 512
            sizes.append((split, folder, f"{number}.png", size, size))
    columns = ["folder", "class", "file", "width", "height"]
    table = pd.DataFrame(sizes, columns=columns)
    table.to_csv(root / native_sizes.TABLE, index=False)
    columns = ["slice_id", "path", "label", *VIEWS, "group_id"]
    digest = [f"{number:064x}" for number in range(len(rows))]
    frame = pd.DataFrame(rows, columns=columns).assign(
        source="nickparvar", official_split=None, patient_id=None, mode="L"
    )
    frame = frame.assign(width=24, height=24, sha256=digest, pixel_sha256=digest)
    found = Setting("toy")
    found.paths.splits("nickparvar").parent.mkdir(parents=True)
    frame.to_csv(found.paths.splits("nickparvar"), index=False)
    return found


def test_true_labels_tell_and_shuffled_ones_do_not(setting):
    tables = shortcuts.run(setting)
    permuted = tables["permuted"]
    assert set(permuted["baseline"]) == {"nearest_neighbor", *shortcuts.CONTROLLED}
    assert (permuted["n"] == 8).all() and (permuted["groups"] == 8).all()
    told = permuted[permuted["baseline"] != "nearest_neighbor"]
    assert (told["accuracy"] > 0.8).all() and (told["shuffled"] < 0.7).all()
    assert len(setting.inputs) == 2


def test_sizes_are_counted_on_the_training_side(setting):
    sizes = shortcuts.run(setting)["sizes"].set_index("label")
    assert (sizes["slices"] == 6).all() and (sizes["share_rgb"] == 0).all()
    expected = dict.fromkeys(sources.FOUR_CLASSES, 1.0) | {"no_tumor": 0.0}
    assert sizes["share_512"].to_dict() == expected
