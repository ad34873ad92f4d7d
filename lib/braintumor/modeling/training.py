"""Training in two phases, resumable after a kill at any moment.

Keras's callbacks reset themselves whenever `fit` starts, so early stopping and
learning-rate drops live here, as plain numbers in the checkpointed state, and `fit`
is asked for one epoch at a time.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from braintumor.data.batches import SliceBatches
from braintumor.data.cache import CachedSlices
from braintumor.modeling import artifact, backbones, checkpoint, features, optimizers
from braintumor.modeling.checkpoint import TrainingState
from braintumor.modeling.contract import hash_file
from braintumor.modeling.progress import EpochBar
from braintumor.modeling.recipes import Phase, Recipe, recipe_to_dict

DROP_AFTER = 4  # stalled epochs before the learning rate is halved


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


def set_seed(seed: int, *, deterministic: bool) -> None:
    """Seed Python, numpy and the backend, and ask TensorFlow for determinism.

    TensorFlow's graph rewriting is switched off, too: it takes fifteen seconds for a
    training step of DenseNet121, which runs no faster for it.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    tensorflow.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )
    if deterministic:
        tensorflow.config.experimental.enable_op_determinism()


def train(
    recipe: Recipe,
    data: TrainingData,
    folder: Path,
    *,
    seed: int,
    deterministic: bool = True,
    start: Path | None = None,
) -> Trained:
    """Train a recipe, or go on where an earlier call was killed.

    Args:
        recipe: what to train.
        data: slices, labels and the two sides.
        folder: keeps the checkpoints: `last.npz` to resume from and, per phase,
            `best-<phase>.npz` with the lowest validation loss.
        seed: of weights, order, augmentation and dropout.
        deterministic: same seed, same machine, same weights to the byte.
        start: weights file of an artifact to go on from; noise, or the recipe's own
            pretrained weights, if None.

    Raises:
        TrainingDivergedError: the loss left the finite numbers.
        CheckpointError: `folder` belongs to another recipe, data set or seed.
        WeightsUnavailableError: the recipe's pretrained weights cannot be had.
        ArtifactError: the weights in `start` do not fit.
    """
    set_seed(seed, deterministic=deterministic)
    classifier = backbones.build_classifier(recipe)
    if start is not None:  # a checkpoint, where there is one, replaces them
        artifact.load_weights(classifier.model, start)
    key = training_key(recipe, data, seed, start)
    names = [n for n in ("frozen", "fine_tuning") if getattr(recipe, n).epochs]
    state, optimizer_values = _resume(classifier, folder / "last.npz", key, names[0])
    for name in names[names.index(state.phase) :]:
        if state.phase != name:
            state = TrainingState(phase=name, history=state.history)
        phase = getattr(recipe, name)
        network = _network(classifier, name)
        training, validation = _batches(classifier, recipe, data, name, seed)
        optimizers.compile_network(network, recipe, phase)
        if optimizer_values is not None and state.epoch < phase.epochs:
            _restore_optimizer(network.optimizer, optimizer_values)
        optimizer_values = None
        _run_phase(network, phase, training, validation, state, recipe, folder, key)
        kept, _ = checkpoint.read_arrays(folder / f"best-{name}.npz")
        checkpoint.set_values(network.variables, kept, origin=f"best-{name}.npz")
    return Trained(classifier, pd.DataFrame(state.history), state.best_epoch, key)


def _network(classifier: backbones.Classifier, phase: str) -> keras.Model:
    """Return what a phase trains: the head on features, or the whole model."""
    return classifier.head if phase == "frozen" else classifier.model


def _resume(
    classifier: backbones.Classifier, last: Path, key: str, first_phase: str
) -> tuple[TrainingState, list | None]:
    """Load the last checkpoint's weights; return its state and optimizer arrays."""
    if not last.exists():
        return TrainingState(phase=first_phase), None
    values, optimizer_values, state = checkpoint.load_checkpoint(last, key=key)
    network = _network(classifier, state.phase)
    checkpoint.set_values(network.variables, values, origin=str(last))
    return state, optimizer_values


def _restore_optimizer(optimizer: keras.optimizers.Optimizer, values: list) -> None:
    checkpoint.set_values(optimizer.variables, values, origin="last.npz")


def _batches(
    classifier: backbones.Classifier,
    recipe: Recipe,
    data: TrainingData,
    name: str,
    seed: int,
) -> tuple[keras.utils.PyDataset, keras.utils.PyDataset]:
    """Return training and validation batches of slices or, frozen, of features."""
    common = dict(classes=len(recipe.classes), batch_size=recipe.batch_size)
    images, labels = data.slices.images, data.labels
    training = SliceBatches(
        images,
        labels,
        data.training,
        seed=seed,
        augmentation=recipe.augmentation,
        **_blinding(recipe, data),
        **common,
    )
    validation = SliceBatches(images, labels, data.validation, **common)
    backbones.open_layers(classifier, getattr(recipe, name), frozen=name == "frozen")
    if name == "fine_tuning":
        return training, validation
    views = []
    for view in range(min(recipe.frozen.views, recipe.frozen.epochs)):
        training.epoch = view
        views.append(
            features.compute_features(classifier.base, training, key=data.slices.key)
        )
    kept = features.compute_features(classifier.base, validation, key=data.slices.key)
    return (
        features.FeatureBatches(views, labels[data.training], seed=seed, **common),
        features.FeatureBatches([kept], labels[data.validation], **common),
    )


def _blinding(recipe: Recipe, data: TrainingData) -> dict:
    """Return what `SliceBatches` needs for the options against learning a source."""
    if recipe.sampling not in ("slices", "groups"):
        raise ValueError(f"sampling={recipe.sampling!r}: use slices or groups.")
    by_group = recipe.sampling == "groups"
    if (by_group or recipe.planting) and recipe.frozen.epochs:
        raise ValueError(
            "Stored features know neither groups nor planted lesions: set frozen to "
            "Phase(), or leave sampling and planting as they are."
        )
    if by_group and data.groups is None:
        raise ValueError("sampling=groups needs the groups of the slices.")
    return dict(
        appearance=recipe.appearance,
        groups=data.groups if by_group else None,
        planting=recipe.planting,
        healthy=recipe.classes.index("no_tumor"),
    )


def _run_phase(
    network: keras.Model,
    phase: Phase,
    training: keras.utils.PyDataset,
    validation: keras.utils.PyDataset,
    state: TrainingState,
    recipe: Recipe,
    folder: Path,
    key: str,
) -> None:
    """Run what is left of a phase, with a checkpoint after every epoch."""
    while state.epoch < phase.epochs and not state.stopped:
        # Fine-tuning goes on where the frozen views ended, so views are not repeated.
        offset = recipe.frozen.epochs if state.phase == "fine_tuning" else 0
        training.epoch = offset + state.epoch
        steps, epoch = len(training), state.epoch
        rates = optimizers.StepRates(phase, epoch, steps, state.drops)
        rate = optimizers.rate_at(
            phase, step=epoch * steps, steps=steps, drops=state.drops
        )
        bar = EpochBar(f"{recipe.model} {state.phase}", state.epoch + 1, phase.epochs)
        stop = keras.callbacks.TerminateOnNaN()
        logs = network.fit(
            training,
            validation_data=validation,
            shuffle=False,
            verbose=0,
            callbacks=[rates, bar, stop],
        ).history
        numbers = {name: float(values[-1]) for name, values in logs.items()}
        if not all(math.isfinite(value) for value in numbers.values()):
            raise TrainingDivergedError(
                f"{recipe.model}: the loss is not finite in epoch {state.epoch + 1} of "
                f"phase {state.phase}. Lower its learning rate ({phase.learning_rate}) "
                f"and give the run another name; {folder} keeps the best so far."
            )
        state.history.append(
            {"phase": state.phase, "epoch": state.epoch, "learning_rate": rate}
            | numbers
        )
        _judge_epoch(state, numbers["val_loss"], phase, recipe.patience)
        if state.stalled == 0:
            values = checkpoint.get_values(network.variables)
            best = folder / f"best-{state.phase}.npz"
            checkpoint.write_arrays(best, values, {"key": key})
        checkpoint.save_checkpoint(folder / "last.npz", network, state, key=key)


def _judge_epoch(
    state: TrainingState, value: float, phase: Phase, patience: int
) -> None:
    """Update epoch, best value and counters from one validation loss."""
    state.epoch += 1
    if state.best_value is None or value < state.best_value:
        state.best_value, state.best_epoch = value, len(state.history) - 1
        state.stalled = 0
        return
    state.stalled += 1
    if phase.schedule == "drops" and state.stalled % DROP_AFTER == 0:
        state.drops += 1
    state.stopped = bool(patience) and state.stalled >= patience
