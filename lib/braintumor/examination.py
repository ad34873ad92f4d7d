"""Opens the test side: what models and baselines answer to slices that chose nothing.

Only the evaluation notebook calls this; training and validation never come here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from braintumor.data import audit, cache
from braintumor.evaluation import baselines, predictions

if TYPE_CHECKING:
    from braintumor.modeling.artifact import LoadedModel

BORDER_SIDE = 96  # pixels; fixed, so that a baseline is the same beside every model
VIEW = predictions.VIEWS[0]  # the widest test; the other views choose among its slices


def rename_labels(splits: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return the splits with labels in the words of a model's classes.

    Raises:
        ValueError: a label has no place among the classes; names it.
    """
    from braintumor.modeling import inputs

    positions = inputs.encode_labels(splits["label"], classes)
    return splits.assign(label=np.asarray(classes)[positions])


def examine_model(
    loaded: LoadedModel, splits: pd.DataFrame, root: Path
) -> pd.DataFrame:
    """Return a model's answers to every test slice.

    Args:
        loaded: the model; its contract tells side, filter and classes.
        splits: manifest with a column per view.
        root: folder that its paths are relative to.

    Returns:
        Predictions table, one row per slice of the shipped test.

    Raises:
        ValueError: there is no test slice, or labels do not fit the model.
    """
    from braintumor.modeling import artifact

    test = _find_test(splits)
    slices = cache.load_slices(
        splits, root, side=loaded.side, filtering=loaded.filtering
    )
    probabilities = artifact.predict(loaded, slices.images[np.flatnonzero(test)])
    named = rename_labels(splits, loaded.classes)
    return predictions.tabulate(named[test], probabilities, loaded.classes)


def examine_baselines(
    splits: pd.DataFrame, root: Path, classes: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    """Return the answers of the three baselines to every test slice.

    Majority and border statistics are fitted on the training side; the nearest
    neighbour may remember validation, too, for it chooses nothing.

    Args:
        splits: manifest with a column per view.
        root: folder that its paths are relative to.
        classes: class names of the models that they stand beside.

    Returns:
        baseline name -> predictions table; `_binary` ends the names for two classes.

    Raises:
        ValueError: there is no test slice, or a label is no class.
    """
    test, training = _find_test(splits), (splits[VIEW] == "training").to_numpy()
    memory = training | (splits[VIEW] == "validation").to_numpy()
    named = rename_labels(splits, classes)
    labels = named["label"].to_numpy()
    thumbnails = audit.thumbnails(splits, root)
    images = cache.load_slices(splits, root, side=BORDER_SIDE).images
    answers = {
        "majority": baselines.majority(labels[training], int(test.sum()), classes),
        "nearest_neighbor": baselines.nearest_neighbor(
            thumbnails[memory], labels[memory], thumbnails[test], classes
        ),
        "border_statistics": baselines.border_statistics(
            images[training], labels[training], images[test], classes
        ),
    }
    ending = "_binary" if len(classes) == 2 else ""
    return {
        name + ending: predictions.tabulate(named[test], probabilities, classes)
        for name, probabilities in answers.items()
    }


def _find_test(splits: pd.DataFrame) -> np.ndarray:
    """Mark (n,) bool the slices of the shipped test."""
    test = (splits[VIEW] == "test").to_numpy()
    if not test.any():
        raise ValueError("No slice is on the test side: make the splits again (02).")
    return test
