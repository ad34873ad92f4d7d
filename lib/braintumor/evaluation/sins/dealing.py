"""Sins of dealing: what should be news to the learner is in its memory already."""

from math import isqrt

import numpy as np
from scipy import ndimage

from braintumor.evaluation.sins.cases import (
    Outcome,
    Slices,
    deal_groups,
    deal_slices,
    name_folds,
    name_nearest,
)

TURNS = (0.0, -3.0, 3.0)  # degrees; the copies that augmentation makes
COPY = 0.999  # correlation from which a slice is the same one, saved again
BLOCK = 1024  # rows compared at once


def split_slices_not_patients(slices: Slices, seed: int) -> Outcome:
    """Deal slices into folds as if each were a patient; honest: deal the patients.

    Neighbouring slices of a head are nearly the same picture, so the nearest neighbour
    of a test slice is its own patient.

    Source: Yagis et al., Effect of data leakage in brain MRI classification (2021).
    """
    x, labels = slices.thumbnails, slices.labels
    honest = name_folds(x, labels, deal_groups(slices, seed)) == labels
    sinful = name_folds(x, labels, deal_slices(labels, seed)) == labels
    return Outcome(honest.astype(float), sinful.astype(float))


def augment_before_splitting(slices: Slices, seed: int) -> Outcome:
    """Multiply the slices, then split; honest: split patients, multiply training only.

    A test slice then has turned copies of itself in training. Its score is the share
    of its copies that are named right.
    """
    copies, labels = turn(slices.thumbnails), slices.labels
    folds, honest = deal_groups(slices, seed), np.empty(len(labels))
    for fold in np.unique(folds):
        test = folds == fold
        memory = np.concatenate(copies[:, ~test])
        known = np.tile(labels[~test], len(copies))
        answers = name_nearest(memory, known, slices.thumbnails[test])
        honest[test] = answers == labels[test]
    many = np.tile(labels, len(copies))
    answers = name_folds(np.concatenate(copies), many, deal_slices(many, seed))
    sinful = (answers == many).reshape(len(copies), -1).mean(axis=0)
    return Outcome(honest, sinful)


def merge_and_split_again(slices: Slices, seed: int) -> Outcome:
    """Pour the official training and test together; honest: leave the test alone.

    Asked are the official test slices whose group is not in the official training:
    the sin gives them relatives, out of the test folder itself.

    Raises:
        ValueError: no group is in the official test alone.
    """
    x, labels, training = slices.thumbnails, slices.labels, ~slices.official_test
    asked = ~training & ~np.isin(slices.groups, slices.groups[training])
    if not asked.any():
        raise ValueError(
            "Every group of the official test is in training, too: there is no honest "
            "test to be spoilt. Choose a data set with an official test."
        )
    honest, sinful = np.full((2, len(labels)), np.nan)
    answers = name_nearest(x[training], labels[training], x[asked])
    honest[asked] = answers == labels[asked]
    answers = name_folds(x, labels, deal_slices(labels, seed))
    sinful[asked] = (answers == labels)[asked]
    return Outcome(honest, sinful)


def leave_repeats_in(slices: Slices, seed: int) -> Outcome:
    """Deal patients, but keep a slice that was uploaded twice in training as well.

    Honest: a copy goes where its original goes. Nothing resembles a slice as its copy
    does, so wherever there is one the nearest neighbour is it.
    """
    answers = name_folds(slices.thumbnails, slices.labels, deal_groups(slices, seed))
    copy = find_copies(slices.thumbnails)
    known = np.where(copy >= 0, slices.labels[copy], answers)
    honest, sinful = answers == slices.labels, known == slices.labels
    return Outcome(honest.astype(float), sinful.astype(float))


def turn(thumbnails: np.ndarray, *, turns: tuple[float, ...] = TURNS) -> np.ndarray:
    """Turn every thumbnail by some degrees: (turns, n, pixels), of unit length."""
    side = isqrt(thumbnails.shape[1])
    stack = thumbnails.reshape(-1, side, side)
    turned = np.stack(
        [
            ndimage.rotate(stack, degrees, (2, 1), False, order=1, mode="nearest")
            if degrees
            else stack
            for degrees in turns
        ]
    ).reshape(len(turns), *thumbnails.shape)
    turned = turned - turned.mean(axis=-1, keepdims=True)
    return turned / np.linalg.norm(turned, axis=-1, keepdims=True).clip(1e-6)


def find_copies(thumbnails: np.ndarray) -> np.ndarray:
    """Find for each thumbnail another one that is the same: (n,) its row, or −1."""
    copy = np.full(len(thumbnails), -1)
    for start in range(0, len(thumbnails), BLOCK):
        similarity = thumbnails[start : start + BLOCK] @ thumbnails.T
        rows = np.arange(len(similarity))
        similarity[rows, start + rows] = -1  # not itself
        best = similarity.argmax(axis=1)
        found = similarity[rows, best] > COPY
        copy[start : start + BLOCK][found] = best[found]
    return copy
