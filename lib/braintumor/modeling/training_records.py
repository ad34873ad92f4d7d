"""What a training is given, what it leaves, and the key that names it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data.cache import CachedSlices
from braintumor.modeling import backbones
from braintumor.modeling.contract import hash_file
from braintumor.modeling.recipes import Recipe, recipe_to_dict


class TrainingDivergedError(RuntimeError):
    """The loss became infinite or not a number; the best checkpoint is untouched."""


@dataclass(frozen=True)
class TrainingData:
    """What one model learns from and is chosen by; test slices have no place here.

    Attributes:
        slices: the cache of all slices.
        labels: (n,) int class positions, one per cached slice.
        training: positions of the training slices.
        validation: positions of the validation slices.
        groups: (n,) int, the group of each slice; only a recipe that samples groups
            asks for them.
    """

    slices: CachedSlices
    labels: np.ndarray
    training: np.ndarray
    validation: np.ndarray
    groups: np.ndarray | None = None


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        classifier: with the weights of the best epoch of the last phase.
        history: one row per epoch: phase, epoch, learning_rate, loss, accuracy,
            val_loss, val_accuracy.
        best_epoch: row of `history` whose weights were kept: lowest validation loss.
        key: hash of recipe, data and seed.
    """

    classifier: backbones.Classifier
    history: pd.DataFrame
    best_epoch: int
    key: str


def training_key(
    recipe: Recipe, data: TrainingData, seed: int, start: Path | None = None
) -> str:
    """Return 16 hex digits that name a training: recipe, slices, sides, seed, start."""
    parts = {
        "recipe": recipe_to_dict(recipe),
        "slices": data.slices.key,
        "labels": data.labels.tolist(),
        "training": data.training.tolist(),
        "validation": data.validation.tolist(),
        "seed": seed,
    }
    if recipe.sampling == "groups":
        parts["groups"] = data.groups.tolist()
    if start is not None:
        parts["start"] = hash_file(start)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def describe_training(trained: Trained, data: TrainingData, seed: int) -> dict:
    """Return what an artifact's contract should tell of its training, JSON-ready."""
    kept = trained.history.iloc[trained.best_epoch]
    return {
        "seed": seed,
        "training_key": trained.key,
        "slices_key": data.slices.key,
        "training_slices": len(data.training),
        "validation_slices": len(data.validation),
        "epochs_run": len(trained.history),
        "kept_epoch": trained.best_epoch + 1,
        "validation_loss": round(float(kept["val_loss"]), 4),
        "validation_accuracy": round(float(kept["val_accuracy"]), 4),
    }
