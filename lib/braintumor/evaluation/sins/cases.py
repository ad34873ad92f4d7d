"""Slices to sin with, the ways to deal them into folds, and one cheap learner."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from braintumor.evaluation import baselines

FOLDS = 5


@dataclass(frozen=True)
class Slices:
    """Thumbnails with what is known about them.

    Attributes:
        thumbnails: (n, pixels) float32, mean-free rows of unit length.
        labels: (n,) class names.
        groups: (n,) the patient, or the cluster of near-twins where none is known.
        official_test: (n,) bool, whether the data set's author put it into the test.
    """

    thumbnails: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    official_test: np.ndarray


class Outcome(NamedTuple):
    """How often each slice was named right, either way.

    Attributes:
        honest: (n,) float, 0 to 1; NaN where the slice was not asked.
        sinful: (n,) float, likewise, for the same slices.
    """

    honest: np.ndarray
    sinful: np.ndarray


def gather(splits: pd.DataFrame, thumbnails: np.ndarray) -> Slices:
    """Put a table of splits and its thumbnails together.

    Args:
        splits: one row per slice; needs `label`, `group_id` and `as_shipped`.
        thumbnails: (n, pixels) float32, mean-free rows of unit length.

    Raises:
        ValueError: there is not one thumbnail per row.
    """
    if len(splits) != len(thumbnails):
        raise ValueError(
            f"{len(splits)} rows and {len(thumbnails)} thumbnails: make the thumbnails "
            "of this very table."
        )
    return Slices(
        np.asarray(thumbnails, np.float32),
        splits["label"].to_numpy(dtype=str),
        splits["group_id"].to_numpy(),
        (splits["as_shipped"] == "test").to_numpy(),
    )


def deal_coins(slices: Slices, seed: int) -> Slices:
    """Give every group one class at random, so that there is nothing to be learnt.

    Whoever is right more often than one time in as many as there are classes has not
    read the slices but recognised them.
    """
    names, place = np.unique(slices.groups, return_inverse=True)
    classes = np.unique(slices.labels)
    drawn = np.random.default_rng([seed, 1]).choice(classes, size=len(names))
    return replace(slices, labels=drawn[place])


def make_noise(slices: int, pixels: int, seed: int) -> Slices:
    """Make slices of pure noise: no brain, no patient, and two classes by turns."""
    random = np.random.default_rng([seed, 4])
    noise = random.normal(size=(slices, pixels)).astype(np.float32)
    noise -= noise.mean(axis=1, keepdims=True)
    return Slices(
        noise / np.linalg.norm(noise, axis=1, keepdims=True),
        np.array(["no_tumor", "tumor"])[np.arange(slices) % 2],
        np.arange(slices),
        np.zeros(slices, bool),
    )


def deal_groups(slices: Slices, seed: int) -> np.ndarray:
    """Deal whole groups into folds, classes in about equal shares: (n,) int."""
    names, place = np.unique(slices.groups, return_inverse=True)
    # scikit-learn's own shuffle loses the shares before 1.8: rename the groups instead.
    renamed = np.random.default_rng([seed, 2]).permutation(len(names))[place]
    return _number(StratifiedGroupKFold(FOLDS).split(place, slices.labels, renamed))


def deal_slices(labels: np.ndarray, seed: int) -> np.ndarray:
    """Deal single slices into folds, whomever they belong to: (n,) int."""
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return _number(splitter.split(labels, labels))


def name_nearest(
    memory: np.ndarray, memory_labels: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Name each asked thumbnail after the most similar one in memory: (asked,) str."""
    classes = np.unique(memory_labels)
    votes = baselines.nearest_neighbor(memory, memory_labels, asked, tuple(classes))
    return classes[votes.argmax(axis=1)]


def name_folds(
    thumbnails: np.ndarray, labels: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Name each thumbnail after the nearest one of the other folds: (n,) str."""
    answers = np.empty_like(labels)
    for fold in np.unique(folds):
        test = folds == fold
        answers[test] = name_nearest(thumbnails[~test], labels[~test], thumbnails[test])
    return answers


def _number(split) -> np.ndarray:
    """Turn pairs of (training rows, test rows) into a fold number per row."""
    tests = [rows for _, rows in split]
    folds = np.empty(sum(map(len, tests)), dtype=np.int64)
    for number, rows in enumerate(tests):
        folds[rows] = number
    return folds
