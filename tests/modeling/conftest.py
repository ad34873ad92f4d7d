from dataclasses import replace

import numpy as np
import pytest

from braintumor.data.cache import CachedSlices
from braintumor.modeling import recipes
from braintumor.modeling.training import TrainingData


@pytest.fixture(scope="session")
def toy_data(tmp_path_factory):
    """Forty easy slices of four classes: a bright square in one corner each."""
    random = np.random.default_rng(0)
    labels = np.arange(40) % 4
    images = random.integers(0, 60, (40, 32, 32), np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 16 * (label // 2), 16 * (label % 2)
        image[row : row + 16, column : column + 16] += 150
    path = tmp_path_factory.mktemp("toy") / "slices.npy"
    np.save(path, images)
    slices = CachedSlices(np.load(path, mmap_mode="r"), "toy", path)
    return TrainingData(slices, labels, np.arange(32), np.arange(32, 40))


@pytest.fixture(scope="session")
def toy_recipe():
    """VGG16 at its smallest side, both phases, dropout on."""
    recipe = recipes.get_recipe("vgg16_four_class", "quick")
    return replace(
        recipe,
        side=32,
        filtering=None,
        batch_size=8,
        frozen=replace(recipe.frozen, epochs=2, views=2),
        fine_tuning=replace(recipe.fine_tuning, epochs=2, open_layers=5),
    )


@pytest.fixture(autouse=True)
def own_project(tmp_path, monkeypatch):
    """Caches of a test belong to the test."""
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
