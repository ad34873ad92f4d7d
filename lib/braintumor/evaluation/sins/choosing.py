"""Sins of choosing: the test slices decide what is then tested on them."""

from collections.abc import Callable

import numpy as np
from sklearn.base import TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectPercentile, f_classif
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import ExtraTreeClassifier

from braintumor.evaluation.sins.cases import (
    FOLDS,
    Outcome,
    Slices,
    deal_groups,
    name_folds,
)

EPOCHS = 20
RUNS = 20  # how often the experiment is tried before it is told
KEPT = 2  # pixels in a hundred that a choice leaves
COMPONENTS = 20  # principal ones, of the harmless relative
SCALE = 32  # thumbnails are of unit length; a network wants numbers of about one

# (training thumbnails, their labels, asked thumbnails, seed) -> (candidates, asked)
Candidates = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]


def choose_epoch_on_test(slices: Slices, seed: int) -> Outcome:
    """Report the epoch that is best on test; honest: the one best on validation."""
    return choose_both_ways(slices, seed, answer_every_epoch)


def report_luckiest_run(slices: Slices, seed: int) -> Outcome:
    """Try many seeds and tell of the best; honest: validation chooses the seed."""
    return choose_both_ways(slices, seed, answer_every_run)


def select_pixels_on_everything(slices: Slices, seed: int) -> Outcome:
    """Keep the pixels that tell the classes apart on all slices, then split.

    Honest: choose them again in every fold, from its training slices.

    Source: Ambroise and McLachlan, Selection bias in gene extraction (2002); Hastie,
    Tibshirani and Friedman, The elements of statistical learning (2009), 7.10.2.
    """
    return fit_both_ways(slices, seed, SelectPercentile(f_classif, percentile=KEPT))


def normalize_on_everything(slices: Slices, seed: int) -> Outcome:
    """Fit scaling and principal components on all slices; honest: on training."""
    step = make_pipeline(StandardScaler(), PCA(COMPONENTS, random_state=0))
    return fit_both_ways(slices, seed, step)


def shuffle_the_report(slices: Slices, seed: int) -> Outcome:
    """Compare answers with labels in another order; honest: in the same order.

    A generator that shuffles hands out slices in one order and keeps its list of
    labels in another. The report is then about nothing, whatever the model can do.
    """
    answers = name_folds(slices.thumbnails, slices.labels, deal_groups(slices, seed))
    shuffled = np.random.default_rng([seed, 3]).permutation(len(answers))
    honest, sinful = answers == slices.labels, answers[shuffled] == slices.labels
    return Outcome(honest.astype(float), sinful.astype(float))


def answer_every_epoch(
    training: np.ndarray, labels: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    """Train a small network and answer after every epoch: (EPOCHS, asked) str."""
    network = MLPClassifier(
        (32,), learning_rate_init=0.01, batch_size=64, random_state=seed
    )
    classes, answers = np.unique(labels), []
    for _ in range(EPOCHS):
        network.partial_fit(training * SCALE, labels, classes=classes)
        answers.append(network.predict(asked * SCALE))
    return np.array(answers)


def answer_every_run(
    training: np.ndarray, labels: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    """Grow random trees and let each answer: (RUNS, asked) str."""
    trees = [ExtraTreeClassifier(random_state=seed * RUNS + run) for run in range(RUNS)]
    return np.array([tree.fit(training, labels).predict(asked) for tree in trees])


def choose_both_ways(slices: Slices, seed: int, candidates: Candidates) -> Outcome:
    """Let validation choose among candidates, and let test; both report on test.

    Args:
        slices: their groups are dealt into folds: one tests, the next validates.
        seed: of folds and candidates.
        candidates: trains and answers; see `answer_every_epoch`.
    """
    folds, labels = deal_groups(slices, seed), slices.labels
    honest, sinful = np.empty((2, len(labels)))
    for fold in range(FOLDS):
        test, validation = folds == fold, folds == (fold + 1) % FOLDS
        training, asked = ~(test | validation), test | validation
        answers = candidates(
            slices.thumbnails[training],
            labels[training],
            slices.thumbnails[asked],
            seed,
        )
        right = answers == labels[asked]
        on_validation, on_test = right[:, validation[asked]], right[:, test[asked]]
        honest[test] = on_test[on_validation.mean(axis=1).argmax()]
        sinful[test] = on_test[on_test.mean(axis=1).argmax()]
    return Outcome(honest, sinful)


def fit_both_ways(slices: Slices, seed: int, step: TransformerMixin) -> Outcome:
    """Fit a step on each fold's training, and on all slices; the classifier never.

    Args:
        slices: their groups are dealt into folds.
        seed: of the folds.
        step: what is fitted before the classifier.
    """
    x, labels = slices.thumbnails, slices.labels
    spoilt = clone(step).fit_transform(x, labels)
    folds = deal_groups(slices, seed)
    honest, sinful = np.empty((2, len(labels)))
    for fold in range(FOLDS):
        test = folds == fold
        inside = make_pipeline(clone(step), GaussianNB()).fit(x[~test], labels[~test])
        honest[test] = inside.predict(x[test]) == labels[test]
        outside = GaussianNB().fit(spoilt[~test], labels[~test])
        sinful[test] = outside.predict(spoilt[test]) == labels[test]
    return Outcome(honest, sinful)
