"""Ways to feed a training step, and how long their epochs take."""

import time
from collections.abc import Callable

import keras
import numpy as np

from braintumor.data.batches import SliceBatches
from braintumor.modeling import backbones, optimizers
from braintumor.modeling.recipes import Recipe


class StillBatches(keras.utils.PyDataset):
    """As many batches as another set has, all of them its first.

    Args:
        batches: the other set.
    """

    def __init__(self, batches: SliceBatches):
        """Make the one batch."""
        super().__init__()
        self.count, self.batch, self.epoch = len(batches), batches[0], 0

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self.count

    def __getitem__(self, index: int):
        """Return the one batch."""
        return self.batch


def prepare(recipe: Recipe, slices: int) -> tuple[keras.Model, dict[str, Callable]]:
    """Build a network and the ways to train it on made-up slices.

    Returns:
        The network, which the ways share, and way → function that runs the epoch of
        a number and returns None, or its loss, still to be waited for.
    """
    classifier, phase = backbones.build_classifier(recipe), recipe.fine_tuning
    network = classifier.model
    backbones.open_layers(classifier, phase, frozen=False)
    optimizers.compile_network(network, recipe, phase)
    if keras.backend.backend() == "tensorflow":
        network.jit_compile = True  # XLA, which pays on a GPU
    shape = (slices, recipe.side, recipe.side)
    batches = SliceBatches(
        np.random.default_rng(7).integers(0, 256, shape, np.uint8),
        np.arange(slices) % len(recipe.classes),
        np.arange(slices),
        classes=len(recipe.classes),
        batch_size=recipe.batch_size,
        seed=7,
        augmentation=recipe.augmentation,
    )

    def fit(given, epoch):
        given.epoch = epoch
        rates = optimizers.StepRates(phase, epoch, len(given), 0)
        network.fit(given, shuffle=False, verbose=0, callbacks=[rates])

    still = StillBatches(batches)
    ways = {"loader": lambda e: fit(batches, e), "still": lambda e: fit(still, e)}
    if keras.backend.backend() == "jax":
        from benchmarks.resident import ResidentTraining

        ways["resident"] = ResidentTraining(network, batches, phase).run_epoch
    return network, ways


def time_epochs(run_epoch: Callable, epochs: int) -> tuple[float, float]:
    """Return the seconds of the first epoch and of a later one, in the mean.

    The later ones are started one after the other and waited for together: an epoch
    on the accelerator is over when its loss can be read.
    """
    start = time.perf_counter()
    float(run_epoch(0) or 0)
    first = time.perf_counter() - start
    start = time.perf_counter()
    for epoch in range(1, epochs):
        loss = run_epoch(epoch)
    float(loss or 0)
    return first, (time.perf_counter() - start) / (epochs - 1)
