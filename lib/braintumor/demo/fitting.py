"""What is fitted on a trained model before it is passed on; never on test slices."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import cache, manifest, sources
from braintumor.data.decoding import decode_bytes, read_file
from braintumor.data.leaks import VIEWS
from braintumor.demo.answers import fit_display
from braintumor.demo.facts import measure
from braintumor.evaluation import calibration, statistics
from braintumor.modeling.gradcam import compute_logits
from braintumor.modeling.recipes import recipe_from_dict
from braintumor.modeling.runtime import load_model

WANTED_ACCURACY = 0.98  # of the answered validation slices
BLOCK = 256  # slices whose feature maps are held at once


@dataclass(frozen=True)
class Side:
    """What a model gives for one side of a split.

    Attributes:
        pooled: (n, channels) float32, feature maps averaged over places.
        facts: (n, facts.COUNT) float32, what the gate measures of the pictures.
        logits: (n, classes) float32.
        labels: (n,) int class positions.
        group_ids: (n,) int.
    """

    pooled: np.ndarray
    facts: np.ndarray
    logits: np.ndarray
    labels: np.ndarray
    group_ids: np.ndarray


def look_at_sides(
    folder: Path, promises: dict, splits: pd.DataFrame
) -> tuple[Side, Side]:
    """Return what the model gives for training and for validation slices."""
    from braintumor.modeling.inputs import encode_labels

    recipe = recipe_from_dict(promises["recipe"])
    root = sources.locate(promises["facts"]["dataset"])
    slices = cache.load_slices(
        splits, root, side=recipe.side, filtering=recipe.filtering
    )
    if slices.key != promises["facts"].get("slices_key", slices.key):
        raise ValueError(
            f"{recipe.model} was trained on other slices than this run's splits and "
            "data set hold now: train it again, or bring them back."
        )
    loaded = load_model(folder)
    labels = encode_labels(splits["label"], recipe.classes)
    groups = splits["group_id"].to_numpy()
    sides = []
    for name in ("training", "validation"):
        rows = np.flatnonzero((splits[VIEWS[0]] == name).to_numpy())
        pooled, logits = _run(loaded, slices.images, rows)
        files = [root / path for path in splits["path"].iloc[rows]]
        measured = manifest.map_files(_measure, files, label=f"facts of {name}")
        facts = np.stack(list(measured))
        sides.append(Side(pooled, facts, logits, labels[rows], groups[rows]))
    return sides[0], sides[1]


def fit_answers(validation: Side) -> dict:
    """Fit temperature and threshold on validation slices, and measure what they do.

    Returns:
        What `calibration.json` holds: temperature, threshold, and the measurements.
    """
    logits, labels = validation.logits, validation.labels
    temperature = calibration.fit_temperature(logits, labels)
    before = calibration.calibrate(logits)
    after = calibration.calibrate(logits, temperature)
    threshold = calibration.choose_threshold(after, labels, accuracy=WANTED_ACCURACY)
    right = after.argmax(axis=1) == labels
    interval = statistics.bootstrap_groups(
        lambda weights: {"accuracy": weights @ right / weights.sum(axis=1)},
        validation.group_ids,
    )["accuracy"]
    error = calibration.expected_calibration_error
    told = {
        "temperature": temperature,
        "threshold": threshold.value,
        "wanted_accuracy": WANTED_ACCURACY,
        "validation_slices": len(labels),
        "validation_groups": len(np.unique(validation.group_ids)),
        "accuracy": float(right.mean()),
        "accuracy_low": interval.low,
        "accuracy_high": interval.high,
        "answered_accuracy": threshold.accuracy,
        "coverage": threshold.coverage,
        "calibration_error_before": error(before, labels),
        "calibration_error": error(after, labels),
    }
    return {name: round(value, 4) for name, value in told.items()}


def _run(loaded, images: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pooled features (n, channels) and logits (n, classes) of some rows."""
    pooled, logits = [], []
    for start in range(0, len(rows), BLOCK):
        features = loaded.features(images[rows[start : start + BLOCK]])
        pooled.append(features.mean(axis=(1, 2)))
        logits.append(compute_logits(loaded.head, features))
    return np.concatenate(pooled), np.concatenate(logits)


def _measure(path: Path) -> np.ndarray:
    """Return the gate's facts of a file, measured the way that uploads are."""
    decoded = decode_bytes(read_file(path), str(path))
    return measure(fit_display(decoded.pixels), decoded.saturation)
