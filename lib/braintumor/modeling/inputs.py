"""From a split manifest to what a recipe trains on."""

from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import cache
from braintumor.data.leaks import VIEWS, require_disjoint
from braintumor.data.sources import BINARY_CLASSES
from braintumor.modeling.recipes import Recipe
from braintumor.modeling.training import TrainingData


def encode_labels(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Return the positions (n,) int64 of labels among the classes.

    For the two classes of tumour or none, every other label counts as a tumour.

    Raises:
        ValueError: a label is not among the classes; the message names it.
    """
    names = labels.astype(str)
    if tuple(classes) == BINARY_CLASSES:
        names = names.where(names == "no_tumor", "tumor")
    unknown = sorted(set(names) - set(classes))
    if unknown:
        raise ValueError(
            f"Labels {', '.join(unknown)} are not among {', '.join(classes)}: this "
            "data set does not fit the model's classes."
        )
    return names.map({name: i for i, name in enumerate(classes)}).to_numpy(np.int64)


def load_training_data(
    splits: pd.DataFrame, root: Path, recipe: Recipe
) -> TrainingData:
    """Return cached slices, labels, and the positions of training and validation.

    Args:
        splits: manifest with a column per view; all views train on the same slices.
        root: folder that its paths are relative to.
        recipe: side, filter, standardisation and classes.

    Raises:
        LeakError: a group stands in training and in validation.
        ValueError: labels that are not among the recipe's classes.
    """
    require_disjoint(splits, VIEWS[0])
    slices = cache.load_slices(
        splits,
        root,
        side=recipe.side,
        filtering=recipe.filtering,
        standardization=recipe.standardization,
    )
    side = splits[VIEWS[0]].to_numpy()
    return TrainingData(
        slices,
        encode_labels(splits["label"], recipe.classes),
        training=np.flatnonzero(side == "training"),
        validation=np.flatnonzero(side == "validation"),
        groups=splits["group_id"].to_numpy(np.int64),
    )
