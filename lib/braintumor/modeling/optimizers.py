"""Optimizers and learning rates from a recipe's phase."""

import math

import keras

from braintumor.modeling.recipes import Phase, Recipe

MOMENTUM = 0.9
WEIGHT_DECAY = 0.05
CLIP_NORM = 1.0  # of all gradients together; a network from noise needs the guard
WARMUP_SHARE = 0.08  # of a cosine's steps


def compile_network(network: keras.Model, recipe: Recipe, phase: Phase) -> None:
    """Give a network its loss, metric and the optimizer of a phase.

    Everything that owns variables is built here: TensorFlow traces a training step
    twice when the first trace creates some, and one of DenseNet121 takes half a minute.

    Args:
        network: model or head; set what learns before.
        recipe: label smoothing.
        phase: optimizer and rate.
    """
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    network.compile(
        optimizer=make_optimizer(phase),
        loss=loss,
        metrics=["accuracy"],
        # TensorFlow's own kernels beat XLA on a processor: 31 against 19 slices a
        # second for DenseNet121 at side 96, two cores, bfloat16.
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )
    network.optimizer.build(network.trainable_variables)
    nothing = keras.ops.zeros((1, len(recipe.classes)))
    network.compute_metrics(None, nothing, nothing)
    network.reset_metrics()


def make_optimizer(phase: Phase) -> keras.optimizers.Optimizer:
    """Return the optimizer of a phase, at its peak rate.

    Raises:
        ValueError: an unknown optimizer.
    """
    rate = phase.learning_rate
    if phase.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=MOMENTUM)
    if phase.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    if phase.optimizer == "adamw":
        return keras.optimizers.AdamW(
            rate, weight_decay=WEIGHT_DECAY, global_clipnorm=CLIP_NORM
        )
    raise ValueError(f"optimizer={phase.optimizer!r}: use sgd, adam or adamw.")


def rate_at(phase: Phase, *, step: int, steps: int, drops: int = 0) -> float:
    """Return the learning rate of one step.

    Args:
        phase: peak rate, schedule and epochs.
        step: position in the phase, from 0.
        steps: batches per epoch.
        drops: how often the rate was halved; only "drops" heeds it.

    Returns:
        The rate; a cosine rises linearly over the first `WARMUP_SHARE` of the phase
        and falls to 0 (Loshchilov and Hutter, SGDR, 2017).

    Raises:
        ValueError: an unknown schedule.
    """
    if phase.schedule in ("constant", "drops"):
        return phase.learning_rate * 0.5**drops
    if phase.schedule != "cosine":
        raise ValueError(f"schedule={phase.schedule!r}: use constant, drops or cosine.")
    total = steps * phase.epochs
    warmup = max(1.0, WARMUP_SHARE * total)
    if step < warmup:
        return phase.learning_rate * step / warmup
    done = min(1.0, (step - warmup) / max(1.0, total - warmup))
    return phase.learning_rate * (1 + math.cos(math.pi * done)) / 2


class StepRates(keras.callbacks.Callback):
    """Set the learning rate before every step of one epoch.

    A Keras schedule inside the optimizer would be evaluated, and traced, once per
    variable, because weight decay asks for the rate each time: 366 times a step here.

    Args:
        phase: schedule and epochs.
        epoch: position in the phase, from 0.
        steps: batches per epoch.
        drops: halvings so far.
    """

    def __init__(self, phase: Phase, epoch: int, steps: int, drops: int):
        """Keep what the rate depends on."""
        super().__init__()
        self.phase, self.first, self.steps = phase, epoch * steps, steps
        self.drops = drops

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate of this step."""
        step = self.first + batch
        rate = rate_at(self.phase, step=step, steps=self.steps, drops=self.drops)
        self.model.optimizer.learning_rate = rate
