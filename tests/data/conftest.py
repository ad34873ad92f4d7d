"""Small source trees, sound unless a test plants a fault."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FOLDERS = ("glioma", "meningioma", "notumor", "pituitary")


def draw_slice(path: Path, seed: int, side: int = 24) -> Path:
    values = np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, format="PNG")
    return path


@pytest.fixture
def write_slice() -> Callable[..., Path]:
    return draw_slice


@pytest.fixture
def four_class_tree(tmp_path: Path) -> Path:
    """Nickparvar's layout: three training and two test slices per class."""
    root = tmp_path / "nickparvar"
    seed = 0
    for split, slices in (("Training", 3), ("Testing", 2)):
        for folder in FOLDERS:
            for number in range(slices):
                seed += 1
                name = f"{split[:2]}-{folder[:2]}_{number:04d}.png"
                draw_slice(root / split / folder / name, seed)
    return root


@pytest.fixture
def binary_tree(tmp_path: Path) -> Path:
    """Navoneel's layout: two slices per class, no split."""
    root = tmp_path / "navoneel"
    for seed, name in enumerate(("yes/Y1", "yes/Y2", "no/1 no", "no/2 no")):
        draw_slice(root / f"{name}.png", seed)
    return root


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with its own raw folder, so that nothing real is touched."""
    home = tmp_path / "project"
    (home / "notebooks").mkdir(parents=True)
    (home / "pyproject.toml").touch()
    monkeypatch.setenv("BRAINTUMOR_HOME", str(home))
    monkeypatch.delenv("BRAINTUMOR_RAW", raising=False)
    return home
