"""Opens the test side: what models and baselines answer to slices that chose nothing.

Only the evaluation notebook calls this, and `braintumor evaluate`; training and
validation never come here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from braintumor.data import audit, cache, manifest, native_sizes, sources
from braintumor.evaluation import baselines, predictions, shortcuts

if TYPE_CHECKING:
    from braintumor.modeling.artifact import LoadedModel
    from braintumor.runs import RunPaths

SHORTCUT_SIDE = 96  # pixels; fixed, so that a baseline is the same beside every model
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
        splits,
        root,
        side=loaded.side,
        filtering=loaded.filtering,
        standardization=loaded.standardization,
    )
    probabilities = artifact.predict(loaded, slices.images[np.flatnonzero(test)])
    named = rename_labels(splits, loaded.classes)
    return predictions.tabulate(named[test], probabilities, loaded.classes)


def examine_baselines(
    splits: pd.DataFrame, root: Path, classes: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    """Return the answers of every baseline to every test slice.

    All are fitted on the training side; the nearest neighbour may remember validation,
    too, for it chooses nothing.

    Args:
        splits: manifest with a column per view.
        root: folder that its paths are relative to.
        classes: class names of the models that they stand beside.

    Returns:
        name of `baselines.BASELINES` -> predictions table; `_binary` ends the names for
        two classes.

    Raises:
        ValueError: there is no test slice, or a label is no class.
    """
    test, training = _find_test(splits), (splits[VIEW] == "training").to_numpy()
    memory = training | (splits[VIEW] == "validation").to_numpy()
    named = rename_labels(splits, classes)
    labels = named["label"].to_numpy()
    thumbnails = audit.thumbnails(splits, root)
    answers = {
        "majority": baselines.majority(labels[training], int(test.sum()), classes),
        "nearest_neighbor": baselines.nearest_neighbor(
            thumbnails[memory], labels[memory], thumbnails[test], classes
        ),
    }
    for name, features in measure_shortcuts(splits, root).items():
        answers[name] = baselines.classify(
            features[training], labels[training], features[test], classes
        )
    ending = "_binary" if len(classes) == 2 else ""
    return {
        name + ending: predictions.tabulate(named[test], answers[name], classes)
        for name in baselines.BASELINES
    }


def measure_shortcuts(splits: pd.DataFrame, root: Path) -> dict[str, np.ndarray]:
    """Measure what each shortcut baseline may look at, of every slice.

    Args:
        splits: manifest: `path`, `width`, `height`, `mode` and `sha256`.
        root: folder that its paths are relative to.

    Returns:
        baseline name -> features (n, numbers) float, in the manifest's order.

    Raises:
        ValueError: a slice is missing in `native_sizes.csv`; names it.
    """
    images = cache.load_slices(splits, root, side=SHORTCUT_SIDE).images
    sizes = native_sizes.read_native_sizes(splits, root)
    bytes_on_disk = [(root / path).stat().st_size for path in splits["path"]]
    return {
        "border_statistics": baselines.measure_borders(images),
        "background_only": shortcuts.measure_backgrounds(images),
        "intensity_statistics": shortcuts.measure_intensities(images),
        "native_size": shortcuts.describe_sizes(
            sizes["width"], sizes["height"], splits["mode"]
        ),
        "file_size": np.array(bytes_on_disk, float)[:, np.newaxis],
    }


def add_baselines(files: RunPaths) -> tuple[list[Path], list[Path]]:
    """Let the baselines that a finished run lacks answer its test; keep all else.

    Args:
        files: of the run; its splits and its predictions are read.

    Returns:
        The predictions tables that were written, and the files that were read.

    Raises:
        FileNotFoundError: the run has no predictions, or its slices are not here.
    """
    folder = files.predictions("any").parent
    kept = sorted(folder.glob("*.csv"))
    if not kept:
        raise FileNotFoundError(
            f"No predictions in {folder}. Run notebook 06_evaluate_models first."
        )
    tables = [predictions.read_predictions(file) for file in kept]
    tasks = {
        predictions.class_names(table): table["slice_id"].iloc[0].split("/")[0]
        for table in tables
    }
    made, read = [], []
    for classes, source in tasks.items():
        root = sources.locate(source)
        splits = manifest.load_manifest(files.splits(source))
        read += [files.splits(source)]
        read += native_sizes.find_table(root)
        for name, table in examine_baselines(splits, root, classes).items():
            if files.predictions(name) not in kept:
                predictions.write_predictions(table, files.predictions(name))
                made.append(files.predictions(name))
    return made, read


def _find_test(splits: pd.DataFrame) -> np.ndarray:
    """Mark (n,) bool the slices of the shipped test."""
    test = (splits[VIEW] == "test").to_numpy()
    if not test.any():
        raise ValueError("No slice is on the test side: make the splits again (02).")
    return test
