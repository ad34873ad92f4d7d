"""One epoch of training, and the refusal to go on with a loss that is no number."""

import math

import keras

from braintumor.modeling import optimizers, sharing
from braintumor.modeling.checkpoint import TrainingState
from braintumor.modeling.progress import EpochBar
from braintumor.modeling.recipes import Phase, Recipe
from braintumor.modeling.training_records import TrainingDivergedError


def fit_epoch(
    network: keras.Model,
    recipe: Recipe,
    phase: Phase,
    state: TrainingState,
    training: keras.utils.PyDataset,
    validation: keras.utils.PyDataset,
) -> dict[str, float | int | str]:
    """Train the next epoch of a phase.

    Args:
        network: compiled by `optimizers.compile_network`; is changed.
        recipe: what is trained, for titles and for the views of earlier epochs.
        phase: optimizer, rate and schedule.
        state: where the training stands; is read only.
        training: batches to learn from; its `epoch` is set.
        validation: batches to be judged by.

    Returns:
        The epoch's row of the history: phase, epoch, learning_rate, loss, accuracy,
        val_loss, val_accuracy.

    Raises:
        TrainingDivergedError: one of these numbers is not finite.
    """
    # Fine-tuning goes on where the frozen views ended, so views are not repeated.
    offset = recipe.frozen.epochs if state.phase == "fine_tuning" else 0
    training.epoch = offset + state.epoch
    steps, epoch = len(training), state.epoch
    rates = optimizers.StepRates(phase, epoch, steps, state.drops)
    rate = optimizers.rate_at(phase, step=epoch * steps, steps=steps, drops=state.drops)
    bar = EpochBar(f"{recipe.model} {state.phase}", state.epoch + 1, phase.epochs)
    stop = keras.callbacks.TerminateOnNaN()
    logs = network.fit(
        training,
        validation_data=validation,
        shuffle=False,
        verbose=0,
        callbacks=[rates, bar, stop] if sharing.is_first() else [rates, stop],
    ).history
    numbers = {name: float(values[-1]) for name, values in logs.items()}
    if not all(math.isfinite(value) for value in numbers.values()):
        raise TrainingDivergedError(
            f"{recipe.model}: the loss is not finite in epoch {state.epoch + 1} of "
            f"phase {state.phase}. Lower its learning rate ({phase.learning_rate}) "
            "and give the run another name; its checkpoints keep the best so far."
        )
    return {"phase": state.phase, "epoch": epoch, "learning_rate": rate} | numbers
