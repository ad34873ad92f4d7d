"""Trains a network for a study once: a second call finds it, a killed one goes on."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from braintumor.data import sources
from braintumor.modeling.contract import CONTRACT, read_contract
from braintumor.modeling.recipes import Recipe, recipe_from_dict


@dataclass(frozen=True)
class Job:
    """What `train_once` is called with."""

    recipe: Recipe
    splits: pd.DataFrame
    folder: Path
    source: str
    seed: int


def train_side_by_side(jobs: Sequence[Job], parallel: int) -> None:
    """Train several networks at a time, each in a process with its share of the cores.

    Small networks leave cores idle between their many small steps, so two trainings
    with a thread each do more than one with two. What `train_once` finds is not trained
    again; the order of the jobs is kept.

    Args:
        jobs: in the order in which they are begun.
        parallel: how many at a time.

    Raises:
        Whatever a training raises; the others are finished first.
    """
    threads = max(1, (os.cpu_count() or 1) // parallel)
    with ProcessPoolExecutor(
        parallel,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=limit_threads,
        initargs=(threads,),
        max_tasks_per_child=1,  # a finished training leaves its graphs behind
    ) as pool:
        for done in [pool.submit(_train, job) for job in jobs]:
            done.result()


def limit_threads(threads: int) -> None:
    """Set the threads of this process; only before TensorFlow is imported."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = str(threads)


def _train(job: Job) -> None:
    train_once(**vars(job))


def train_once(
    recipe: Recipe, splits: pd.DataFrame, folder: Path, *, source: str, seed: int
) -> Path:
    """Train a recipe on a split, or return what an earlier call has trained.

    Args:
        recipe: what is trained.
        splits: manifest with a column per view.
        folder: of the artifact and its checkpoint.
        source: name of the data set.
        seed: of the training.

    Returns:
        `folder`.

    Raises:
        ValueError: the folder holds a network of another recipe or other slices.
    """
    from braintumor.modeling import artifact, inputs, training

    data = inputs.load_training_data(splits, sources.locate(source), recipe)
    if (folder / CONTRACT).is_file():
        contract = read_contract(folder)
        sizes = (len(data.training), len(data.validation), seed)
        names = ("training_slices", "validation_slices", "seed")
        same = sizes == tuple(contract["facts"][name] for name in names)
        if same and recipe_from_dict(contract["recipe"]) == recipe:
            return folder
        raise ValueError(f"{folder} holds another network: move it away.")
    trained = training.train(recipe, data, folder / "checkpoint", seed=seed)
    told = {"dataset": source} | training.describe_training(trained, data, seed)
    return artifact.save_artifact(
        trained.classifier.model, recipe, folder, history=trained.history, facts=told
    )


def answer_test(folder: Path, splits: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Return a trained network's predictions table of a split's test side."""
    from braintumor import examination
    from braintumor.modeling import artifact

    return examination.examine_model(artifact.load_artifact(folder), splits, root)
