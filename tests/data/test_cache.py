import os
import signal
import subprocess
import sys
import textwrap

import cv2
import numpy as np
import pandas as pd
import pytest

from braintumor.data import cache, images
from braintumor.data.standardize import Standardization


@pytest.fixture
def folder_of_slices(tmp_path):
    random = np.random.default_rng(0)
    rows = []
    for number in range(12):
        grey = random.integers(0, 255, (40 + number, 50), np.uint8)
        cv2.imwrite(str(tmp_path / f"{number:02d}.png"), grey)
        rows.append((f"toy/{number:02d}", f"{number:02d}.png", f"hash {number}"))
    return tmp_path, pd.DataFrame(rows, columns=["slice_id", "path", "sha256"])


def load(folder_of_slices, **changes):
    root, manifest = folder_of_slices
    settings = {"side": 32, "folder": root / "cache"} | changes
    return cache.load_slices(manifest, root, **settings)


def test_holds_each_slice_decoded_and_resized_in_order(folder_of_slices):
    root, manifest = folder_of_slices
    slices = load(folder_of_slices)
    assert slices.images.shape == (12, 32, 32) and slices.images.dtype == np.uint8
    for position, path in enumerate(manifest["path"]):
        grey = images.decode_slice(root / path)
        wanted = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)
        assert np.array_equal(slices.images[position], wanted)


def test_second_call_decodes_nothing(folder_of_slices, monkeypatch):
    first = load(folder_of_slices)
    monkeypatch.setattr(images, "decode_slice", None)
    assert np.array_equal(load(folder_of_slices).images, first.images)


@pytest.mark.parametrize(
    "change",
    [
        {"side": 33},
        {"filtering": cache.BilateralFilter()},
        {"filtering": cache.PUBLISHED_FILTER},
    ],
)
def test_key_changes_with_every_parameter(folder_of_slices, change):
    assert load(folder_of_slices, **change).key != load(folder_of_slices).key


def test_key_changes_with_a_file_and_with_the_order(folder_of_slices):
    _, manifest = folder_of_slices
    keys = {
        cache.cache_key(frame, side=32, filtering=None)
        for frame in (
            manifest,
            manifest.assign(sha256=["other", *manifest["sha256"][1:]]),
            manifest[::-1],
        )
    }
    assert len(keys) == 3


def test_filter_smooths_noise_and_keeps_the_edge():
    step = np.repeat([[60.0] * 32 + [180.0] * 32], 64, axis=0)
    noisy = (step + np.random.default_rng(0).normal(0, 8, step.shape)).astype(np.uint8)
    ours, published, plain = (
        cache.preprocess_slice(noisy, side=64, filtering=filtering).astype(float)
        for filtering in (cache.BilateralFilter(), cache.PUBLISHED_FILTER, None)
    )
    assert ours[:, 4:28].std() < 0.8 * published[:, 4:28].std()
    # Diameter 2 is not idle, as is often said: OpenCV averages a cross of five pixels.
    assert published[:, 4:28].std() < 0.7 * plain[:, 4:28].std()
    jump = ours[:, 33].mean() - ours[:, 30].mean()
    assert jump > 110


def test_unreadable_file_is_named_and_leaves_no_whole_array(folder_of_slices):
    root, _ = folder_of_slices
    (root / "07.png").write_text("no picture")
    with pytest.raises(images.UnreadableSliceError, match=r"07\.png"):
        load(folder_of_slices)
    assert not list((root / "cache").glob("slices-*[0-9a-f].npy"))


def test_refuses_tiny_sides_and_empty_manifests(folder_of_slices):
    root, manifest = folder_of_slices
    with pytest.raises(ValueError, match="side=8"):
        load(folder_of_slices, side=8)
    with pytest.raises(ValueError, match="no slice"):
        cache.load_slices(manifest[:0], root, side=32)


KILLED = """
import os, signal, sys
from pathlib import Path
import pandas as pd
from braintumor.data import cache, images
from braintumor.data.standardize import Standardization

root = Path(sys.argv[1])
decode, seen = images.decode_slice, []
def decode_and_die(path):
    seen.append(path)
    if len(seen) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return decode(path)
images.decode_slice = decode_and_die
cache.BLOCK = 4
cache.load_slices(
    pd.read_csv(root / "manifest.csv"), root, side=32, folder=root / "cache", workers=1
)
"""


def test_a_killed_build_is_repaired_by_the_next(folder_of_slices, monkeypatch):
    root, manifest = folder_of_slices
    manifest.to_csv(root / "manifest.csv", index=False)
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(root)],
        env=os.environ | {"TQDM_DISABLE": "1"},
        capture_output=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    kept = list((root / "cache").iterdir())
    assert kept and not [
        path
        for path in kept
        if path.name.endswith(".npy") and "partial" not in path.name
    ]
    decoded, decode = [], images.decode_slice

    def count(path):
        decoded.append(path)
        return decode(path)

    monkeypatch.setattr(images, "decode_slice", count)
    repaired = load(folder_of_slices)
    assert len(decoded) == 8  # the finished block of four was kept
    fresh = load(folder_of_slices, folder=root / "fresh")
    assert np.array_equal(repaired.images, fresh.images)


def test_standardised_slices_have_a_cache_of_their_own(folder_of_slices):
    plain = load(folder_of_slices)
    stretched = load(folder_of_slices, standardization=Standardization(crop=False))
    assert stretched.key != plain.key and load(folder_of_slices).key == plain.key
    cut = load(folder_of_slices, standardization=Standardization(crop=False, clip=20))
    assert cut.key != stretched.key
    assert cut.images.std() > stretched.images.std() > plain.images.std()


def test_keys_of_slices_as_they_are_never_change():
    """Runs made before slices could be standardised must find their caches."""
    rows = [("toy/1", "a" * 64), ("toy/2", "b" * 64)]
    manifest = pd.DataFrame(rows, columns=["slice_id", "sha256"])
    key = cache.cache_key(manifest, side=96, filtering=cache.BilateralFilter())
    assert key == "cb33f8145ff4179a"
