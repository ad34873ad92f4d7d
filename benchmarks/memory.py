"""Peak memory of the pipeline, on a data set and on the same one ten times over.

Each step runs in a process of its own, as each notebook does. The set that is ten times
as large is a folder with ten links to every file: each step decodes, compares, caches
and serves all of them as if they were others. For the audit this is harder than ten
times as many other slices: every pair of twins becomes a hundred, and every slice a
twin of its nine copies, all of which its table must hold.

Only the training itself is short: a few steps, one batch of validation, a checkpoint.
The set is Nickparvar's where it is on this machine, else the phantoms.
"""

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.processes import run_alone
from braintumor.data import audit, cache, manifest, sources, splits

MODEL, PROFILE, SEED = "densenet121_four_class", "cpu", 7
TIMES = (1, 10)
BATCHES = 2  # of training


def run(times: tuple[int, ...] = TIMES, model: str = MODEL, **changes) -> pd.DataFrame:
    """Measure every step of the pipeline at every size.

    Args:
        times: how often the set is repeated.
        model: name of the recipe that decides side and filter, and that trains.
        **changes: of the recipe, such as `side`.

    Returns:
        One row per size and step: slices, seconds, the peak of resident memory, and
        the peak of what no file stands behind (megabytes): pages of the cache and of
        program files count as resident, but the system takes them back at will.
    """
    source, root = find_set()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for many in times:
            folder = Path(scratch) / f"{many}"
            repeated = repeat_files(root, folder / source, many)
            for step in STEPS:
                start = time.perf_counter()
                given = source, str(repeated), str(folder), model, changes
                measured = run_alone(step, *given)
                rows.append(
                    {
                        "times": many,
                        "step": step.__name__,
                        "source": source,
                        "slices": measured.result,
                        "seconds": round(time.perf_counter() - start, 1),
                        "peak_mb": round(measured.peak),
                        "own_mb": round(measured.own),
                    }
                )
    return pd.DataFrame(rows)


def find_set() -> tuple[str, Path]:
    """Return name and folder of Nickparvar's set, or of the phantoms."""
    try:
        return "nickparvar", sources.locate("nickparvar")
    except sources.MissingSourceError:
        return "phantom", sources.locate("phantom")


def repeat_files(root: Path, folder: Path, times: int) -> Path:
    """Link every slice of a source `times` times into `folder`; return the folder."""
    for path in [path for path in root.glob("T*/*/*") if path.is_file()]:
        place = folder / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        for number in range(times):
            name = f"{place.stem}-{number}{place.suffix}"
            os.symlink(path.resolve(), place.with_name(name))
    return folder


def describe_slices(source: str, root: str, folder: str, *_) -> int:
    """Read every slice once: the manifest."""
    built = manifest.build_manifest(source, Path(root))
    manifest.save_manifest(built, Path(folder) / "manifest.csv")
    return len(built)


def audit_slices(source: str, root: str, folder: str, *_) -> int:
    """Thumbnails, near-twins, groups and views: the audit and the splits."""
    built = manifest.load_manifest(Path(folder) / "manifest.csv")
    found = audit.audit_manifest(built, Path(root))
    audit.save_audit(found, Path(folder), source)
    table = splits.add_views(found.manifest, seed=SEED)
    manifest.save_manifest(table, Path(folder) / "splits.csv")
    return len(table)


def fill_cache(_: str, root: str, folder: str, model: str, changes: dict) -> int:
    """Decode, resize and filter every slice into the cache."""
    return len(load_slices(root, folder, model, changes)[2].images)


def train_network(_: str, root: str, folder: str, model: str, changes: dict) -> int:
    """Draw one whole augmented epoch, then train a few steps."""
    from braintumor.data.batches import SliceBatches
    from braintumor.modeling import inputs, training

    recipe, table, stored = load_slices(root, folder, model, changes)
    labels = inputs.encode_labels(table["label"], recipe.classes)
    rows, judged = (
        np.flatnonzero(table["as_shipped"] == side) for side in splits.SIDES[:2]
    )
    size = recipe.batch_size
    batches = SliceBatches(
        stored.images,
        labels,
        rows,
        classes=len(recipe.classes),
        batch_size=size,
        seed=SEED,
        augmentation=recipe.augmentation,
    )
    drawn = sum(len(batches[number][0]) for number in range(len(batches)))
    short = replace(recipe, fine_tuning=replace(recipe.fine_tuning, epochs=1))
    data = training.TrainingData(stored, labels, rows[: BATCHES * size], judged[:size])
    training.train(short, data, Path(folder) / "checkpoint", seed=SEED)
    return drawn


def load_slices(root: str, folder: str, model: str, changes: dict):
    """Return the recipe, the table of splits, and the cache in `folder`."""
    from braintumor.modeling import recipes

    recipe = recipes.get_recipe(model, PROFILE, **changes)
    table = manifest.load_manifest(Path(folder) / "splits.csv")
    form = dict(side=recipe.side, filtering=recipe.filtering)
    kept = Path(folder) / "cache"
    return recipe, table, cache.load_slices(table, Path(root), folder=kept, **form)


STEPS = (describe_slices, audit_slices, fill_cache, train_network)
