"""Training in two phases, resumable after a kill at any moment.

Keras's callbacks reset themselves whenever `fit` starts, so early stopping and
learning-rate drops live here, as plain numbers in the checkpointed state, and `fit`
is asked for one epoch at a time.
"""

from pathlib import Path

import keras
import pandas as pd

from braintumor.data.batches import SliceBatches
from braintumor.modeling import (
    artifact,
    backbones,
    checkpoint,
    epochs,
    features,
    optimizers,
    sharing,
)
from braintumor.modeling.blinding import choose_options as _blinding
from braintumor.modeling.checkpoint import TrainingState
from braintumor.modeling.recipes import Phase, Recipe
from braintumor.modeling.seeding import set_seed
from braintumor.modeling.training_records import (
    Trained,
    TrainingData,
    TrainingDivergedError,
    describe_training,
    training_key,
)

__all__ = [
    "Trained",
    "TrainingData",
    "TrainingDivergedError",
    "describe_training",
    "set_seed",
    "train",
    "training_key",
]

DROP_AFTER = 4  # stalled epochs before the learning rate is halved


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
        SharingError: the processes that train together do not start from the same.
        WeightsUnavailableError: the recipe's pretrained weights cannot be had.
        ArtifactError: the weights in `start` do not fit.
    """
    key = training_key(recipe, data, seed, start)
    sharing.require_same_start(key, folder / "last.npz")
    set_seed(seed, deterministic=deterministic)
    classifier = backbones.build_classifier(recipe)
    if start is not None:  # a checkpoint, where there is one, replaces them
        artifact.load_weights(classifier.model, start)
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
        row = epochs.fit_epoch(network, recipe, phase, state, training, validation)
        state.history.append(row)
        _judge_epoch(state, row["val_loss"], phase, recipe.patience)
        if sharing.is_first():
            if state.stalled == 0:
                values = checkpoint.get_values(network.variables)
                best = folder / f"best-{state.phase}.npz"
                checkpoint.write_arrays(best, values, {"key": key})
            checkpoint.save_checkpoint(folder / "last.npz", network, state, key=key)
        sharing.await_all("the checkpoint is written")


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
