"""Predictions tables with known properties; nothing here reads a file."""

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation import predictions

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


@pytest.fixture
def classes():
    return CLASSES


@pytest.fixture
def make_table():
    """Build a predictions table from labels (names), probabilities and groups."""

    def make(labels, probabilities, groups=None, classes=CLASSES, **views):
        slices = pd.DataFrame(
            {
                "slice_id": [f"source/{i:05d}.png" for i in range(len(labels))],
                "label": labels,
                "group_id": range(len(labels)) if groups is None else groups,
            }
        )
        for view in predictions.VIEWS:
            slices[view] = views.get(view, "test")
        return predictions.tabulate(slices, np.asarray(probabilities), classes)

    return make


@pytest.fixture
def four_class(make_table):
    """300 slices in 80 groups, predicted right about two times in three."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 4, 300)
    logits = generator.normal(0, 1, (300, 4)) + 1.5 * np.eye(4)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    groups = generator.integers(0, 80, 300)
    return make_table(np.array(CLASSES)[labels], probabilities, groups)


@pytest.fixture
def simulate():
    """Draw answers of a model that is calibrated, or too sure by a shift."""

    def answers(slices, *, shift=0.0, seed=0):
        """Answers of two classes, right as often as they say, less a shift."""
        random = np.random.default_rng(seed)
        top = random.uniform(0.55, 1, slices)
        right = random.random(slices) < top - shift
        return np.stack([top, 1 - top], axis=1), np.where(right, 0, 1)

    return answers
