"""What the tests of shared batches train, in this process and in others.

As a program it is one of two processes: `shared_trainings.py HOST:PORT PROCESS FOLDER`
trains, is stopped after the first epoch, resumes, and prints its history as JSON.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from braintumor.data.cache import CachedSlices
from braintumor.modeling import checkpoint, recipes, sharing, training
from braintumor.modeling.recipes import Phase


def build_small(include_top, weights, input_tensor):
    """A backbone with all that sharing can break, compiled in seconds.

    No bias stands before a normalisation: its gradient is rounding alone.
    """
    tensor = input_tensor
    for width in (8, 16):
        tensor = keras.layers.Conv2D(width, 3, use_bias=False)(tensor)
        tensor = keras.layers.BatchNormalization()(tensor)
        tensor = keras.layers.Activation("relu")(tensor)
        tensor = keras.layers.MaxPooling2D(3)(tensor)
    return keras.Model(keras.utils.get_source_inputs(input_tensor), tensor)


def small_recipe(**changes):
    """Both phases with dropout; sgd, for adam would hide gradients of a wrong scale."""
    keras.applications.Small = build_small
    recipe = recipes.get_recipe("densenet121_four_class", "quick")
    fields = dict(
        backbone="Small",
        side=32,
        filtering=None,
        batch_size=8,
        frozen=Phase(1, "adam", 3e-3),
        fine_tuning=Phase(2, "sgd", 1e-2),
    )
    return replace(recipe, **fields | changes)


def uneven_data(training_slices=29, validation_slices=9):
    """Last batches of five slices to learn from and, by default, of one to judge by."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (38, 32, 32), np.uint8)
    slices = CachedSlices(images, "uneven", Path("uneven.npy"))
    rows, end = np.arange(38), training_slices + validation_slices
    learnt, judged = rows[:training_slices], rows[training_slices:end]
    return training.TrainingData(slices, rows % 4, learnt, judged)


class Stopped(BaseException):
    """Stands for a kill that lets the program go on."""


def stop_after_one_epoch(recipe, data, folder):
    """Train until the first checkpoint of all processes is written."""
    wait = sharing.await_all

    def wait_and_stop(moment):
        wait(moment)
        raise Stopped

    sharing.await_all = wait_and_stop
    try:
        training.train(recipe, data, folder, seed=7)
    except Stopped:
        pass
    finally:
        sharing.await_all = wait


def be_one_of_two(coordinator, process, folder):
    """Train with the other process; write what came out beside the checkpoints."""
    sharing.join_processes(coordinator, 2, process)
    recipe, data, refused = small_recipe(), uneven_data(), ""
    with sharing.share_batches():
        try:
            training.train(recipe, data, folder / "parted", seed=process)
        except sharing.SharingError as error:
            refused = str(error)
        stop_after_one_epoch(recipe, data, folder / "shared")
        trained = training.train(recipe, data, folder / "shared", seed=7)
    weights = checkpoint.hash_values(trained.classifier.model.variables)
    told = {"refused": refused, "first": sharing.is_first(), "weights": weights}
    told |= {"history": trained.history.to_dict("list")}
    print(json.dumps(told))


if __name__ == "__main__":
    os.environ["BRAINTUMOR_HOME"] = sys.argv[3]
    be_one_of_two(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
