"""What programs score that never learnt what a tumour looks like.

Each takes arrays, is fitted on the training side only and returns probabilities
(slices, classes), so that it goes through the same evaluation as a network.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import RandomForestClassifier

BASELINES = (
    "majority",
    "nearest_neighbor",
    "border_statistics",
    "background_only",
    "intensity_statistics",
    "native_size",
    "file_size",
)
BLOCK = 1024  # test slices compared at once
BORDER = 4  # pixels
TREES = 200
SIMILARITY_DECIMALS = 5  # equal slices tie on every machine; the first one wins


def majority(
    training_labels: np.ndarray, slices: int, classes: Sequence[str]
) -> np.ndarray:
    """Predict the class shares of the training side for every slice.

    Args:
        training_labels: (m,) class names.
        slices: how many slices to predict.
        classes: class names, in order.

    Returns:
        probabilities (slices, classes); all rows alike.

    Raises:
        ValueError: no training slice, or a label is no class.
    """
    shares = np.eye(len(classes))[_positions(training_labels, classes)].mean(axis=0)
    return np.tile(shares, (slices, 1))


def nearest_neighbor(
    training_thumbnails: np.ndarray,
    training_labels: np.ndarray,
    thumbnails: np.ndarray,
    classes: Sequence[str],
) -> np.ndarray:
    """Give every slice the class of the most similar training thumbnail.

    It chooses nothing, so its memory may hold validation slices, too; with all of
    Nickparvar's `Training` in it, 96.9 % of the official test come out right.

    Args:
        training_thumbnails: (m, pixels) float, mean-free rows of unit norm.
        training_labels: (m,) class names.
        thumbnails: (n, pixels) float, likewise, to predict.
        classes: class names, in order.

    Returns:
        probabilities (n, classes): 1 for the class of the neighbour, else 0.

    Raises:
        ValueError: no training slice, a label is no class, or shapes do not fit.
    """
    positions = _positions(training_labels, classes)
    if training_thumbnails.shape != (len(positions), thumbnails.shape[-1]):
        raise ValueError(
            f"training_thumbnails are {training_thumbnails.shape}, expected "
            f"{(len(positions), thumbnails.shape[-1])}: one row per training label, "
            "as many pixels as the thumbnails to predict."
        )
    neighbors = np.empty(len(thumbnails), dtype=np.int64)
    for start in range(0, len(thumbnails), BLOCK):
        similarity = thumbnails[start : start + BLOCK] @ training_thumbnails.T
        rounded = similarity.round(SIMILARITY_DECIMALS)
        neighbors[start : start + BLOCK] = rounded.argmax(axis=1)
    return np.eye(len(classes))[positions[neighbors]]


def measure_borders(images: np.ndarray, *, border: int = BORDER) -> np.ndarray:
    """Describe each slice by its frame alone, where no brain is.

    Args:
        images: (n, side, side) uint8.
        border: width of the frame in pixels.

    Returns:
        (n, 3) float: mean and spread (standard deviation) of the frame's grey values,
        0 to 255, and the share of its pixels that are black (0), 0 to 1.

    Raises:
        ValueError: the images are too small to have an inside.
    """
    side = min(images.shape[1:])
    if side <= 2 * border:
        raise ValueError(f"Slices of side {side} are all border: use border < side/2.")
    frame = np.ones(images.shape[1:], dtype=bool)
    frame[border:-border, border:-border] = False
    features = np.empty((len(images), 3))
    for start in range(0, len(images), BLOCK):  # the images may be a memory map
        pixels = np.asarray(images[start : start + BLOCK])[:, frame]
        features[start : start + BLOCK] = np.stack(
            [pixels.mean(1), pixels.std(1), (pixels == 0).mean(1)], axis=1
        )
    return features


def classify(
    training_features: np.ndarray,
    training_labels: np.ndarray,
    features: np.ndarray,
    classes: Sequence[str],
) -> np.ndarray:
    """Classify slices from a few numbers about each.

    The classifier, a random forest, is fixed: cross-validation on the borders of
    Nickparvar's training side preferred it to logistic regression and to boosting.
    Nothing is chosen on test.

    Args:
        training_features: (m, numbers) float.
        training_labels: (m,) class names.
        features: (n, numbers) float, to predict.
        classes: class names, in order.

    Returns:
        probabilities (n, classes); a class without training slices gets 0.

    Raises:
        ValueError: no training slice, a label is no class, or there is not one row of
            features per label.
    """
    positions = _positions(training_labels, classes)
    if len(training_features) != len(positions):
        raise ValueError(
            f"{len(training_features)} rows of features for {len(positions)} training "
            "labels: pass one row per label."
        )
    present = np.unique(positions)
    probabilities = np.zeros((len(features), len(classes)))
    if len(present) == 1:
        probabilities[:, present[0]] = 1.0
    elif len(features):
        model = RandomForestClassifier(TREES, random_state=0)
        model.fit(training_features, positions)
        probabilities[:, present] = model.predict_proba(features)
    return probabilities


def _positions(labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Turn class names into positions (m,) int."""
    if not len(labels):
        raise ValueError("No training slice: a baseline needs at least one.")
    lookup = {name: position for position, name in enumerate(classes)}
    unknown = sorted(set(map(str, labels)) - set(lookup))
    if unknown:
        raise ValueError(f"Labels {unknown} are none of {tuple(classes)}: map them.")
    return np.array([lookup[str(name)] for name in labels], dtype=np.int64)
