"""A trained model as a folder: weights, contract, and a hash of every file.

The architecture is code, the weights are numbers, and nothing is parsed before its
SHA-256 equals the contract's.
"""

import logging
import platform
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

import braintumor
from braintumor.data.batches import to_rgb
from braintumor.data.cache import BilateralFilter
from braintumor.data.standardize import Standardization
from braintumor.modeling import backbones
from braintumor.modeling.contract import (
    CONTRACT,
    HISTORY,
    WEIGHTS,
    ArtifactError,
    read_contract,
    write_contract,
)
from braintumor.modeling.recipes import Recipe, recipe_from_dict, recipe_to_dict

# File names of the published recipe, for `export`.
PUBLISHED_NAMES = {
    "vgg16_four_class": "vgg_brain.h5",
    "densenet121_four_class": "densenet_brain.h5",
    "vgg19_binary": "vgg19_brain.h5",
}


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer, and what was promised about it.

    Attributes:
        model: images (n, side, side, 3), 0–255 → probabilities (n, classes).
        contract: the parsed `contract.json`.
        recipe: the recipe inside the contract.
    """

    model: keras.Model
    contract: dict
    recipe: Recipe

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in output order."""
        return self.recipe.classes

    @property
    def side(self) -> int:
        """Pixels of the square input."""
        return self.recipe.side

    @property
    def filtering(self) -> BilateralFilter | None:
        """The filter that slices must have passed."""
        return self.recipe.filtering

    @property
    def standardization(self) -> Standardization | None:
        """The frame and grey scale that slices must have been brought to."""
        return self.recipe.standardization


def save_artifact(
    model: keras.Model,
    recipe: Recipe,
    folder: Path,
    *,
    history: pd.DataFrame,
    facts: dict,
) -> Path:
    """Write weights, history and contract.

    The contract goes last and comes last: without it the folder is no artifact, so an
    interrupted save can never be taken for a model.

    Args:
        model: the trained network of `recipe`.
        recipe: goes into the contract, so that loading rebuilds the same network.
        folder: made if missing; an older artifact in it is replaced.
        history: one row per epoch, kept as `history.csv`.
        facts: what else the contract should say: seed, data hashes, validation
            metrics; plain JSON values.

    Returns:
        `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTRACT).unlink(missing_ok=True)
    bare = keras.Model(model.inputs, model.outputs)  # without the optimizer's state
    for name, write in (
        (WEIGHTS, bare.save_weights),
        (HISTORY, lambda path: history.to_csv(path, index=False, lineterminator="\n")),
    ):
        fresh = folder / f"new.{name}"
        write(fresh)
        fresh.replace(folder / name)
    promises = {
        "model": recipe.model,
        "classes": list(recipe.classes),
        "input": f"grey levels 0–255, ({recipe.side}, {recipe.side}, 3)",
        "recipe": recipe_to_dict(recipe) | {"weights": None},
        "pretrained": recipe.weights,
        "facts": facts,
        "versions": {
            "braintumor": braintumor.__version__,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "python": platform.python_version(),
        },
    }
    write_contract(folder, promises, (WEIGHTS, HISTORY))
    return folder


def load_artifact(folder: Path) -> LoadedModel:
    """Rebuild a model from its contract and verified weights.

    Raises:
        ArtifactError: missing or altered files, or weights that do not fit.
    """
    contract = read_contract(folder)
    recipe = recipe_from_dict(contract["recipe"])
    model = backbones.build_classifier(recipe).model
    load_weights(model, folder / WEIGHTS)
    return LoadedModel(model, contract, recipe)


def load_weights(model: keras.Model, path: Path) -> None:
    """Fill a model from a weights file of either precision, verified before.

    Raises:
        ArtifactError: the weights do not fit.
    """
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactError(f"{path} does not fit: {error}") from error


def predict(
    loaded: LoadedModel, images: np.ndarray, *, batch_size: int = 32
) -> np.ndarray:
    """Return the class probabilities of grey slices.

    Args:
        loaded: the model.
        images: (n, side, side) uint8, decoded, filtered and resized as for training.
        batch_size: slices per step.

    Returns:
        (n, classes) float32; rows sum to 1.

    Raises:
        ValueError: another shape than (n, side, side).
    """
    if images.ndim != 3 or images.shape[1:] != (loaded.side, loaded.side):
        raise ValueError(
            f"images of shape {images.shape}; {loaded.recipe.model} wants "
            f"(n, {loaded.side}, {loaded.side}) grey slices."
        )
    answers = [
        _predict_batch(loaded.model, images[start : start + batch_size], batch_size)
        for start in range(0, len(images), batch_size)
    ]
    return np.concatenate(answers) if answers else np.empty((0, len(loaded.classes)))


def _predict_batch(model: keras.Model, images: np.ndarray, size: int) -> np.ndarray:
    padded = np.pad(images, [(0, size - len(images)), (0, 0), (0, 0)])
    return np.asarray(model.predict_on_batch(to_rgb(padded)))[: len(images)]


def export(loaded: LoadedModel, folder: Path) -> list[Path]:
    """Write the model as `.keras` and as the `.h5` of the published recipe.

    Args:
        loaded: the model.
        folder: made if missing.

    Returns:
        The two files. Both hold the architecture; load them with
        `keras.models.load_model`, and only from people you trust.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = loaded.recipe.model
    files = [folder / f"{name}.keras", folder / PUBLISHED_NAMES[name]]
    logger = logging.getLogger("absl")  # Keras calls the .h5 legacy; it is on purpose
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        for file in files:
            loaded.model.save(file)
    finally:
        logger.setLevel(level)
    return files
