"""Peak memory of the pipeline, on a data set and on the same one ten times over.

Each step runs in a process of its own, as each notebook does. The set that is ten times
as large is a folder with ten links to every file: each step decodes, compares, caches
and serves all of them as if they were others. Only for the search this is harder than
ten times as many other slices: every pair of twins becomes a hundred, and every slice
a twin of its nine copies.

The set is Nickparvar's where it is on this machine, else the phantoms.
"""

import os
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.processes import run_alone
from braintumor.data import audit, cache, manifest, sources, splits

MODEL, PROFILE, SEED = "densenet121_four_class", "cpu", 7
TIMES = (1, 10)
STEPS = 2  # of training


def run(times: tuple[int, ...] = TIMES, **changes) -> pd.DataFrame:
    """Measure every step of the pipeline at every size.

    Args:
        times: how often the set is repeated.
        **changes: of the recipe, such as `side`.

    Returns:
        One row per step and size: slices, seconds, peak of resident memory, and peak
        of what no file stands behind (megabytes).
    """
    source, root = find_set()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for many in times:
            folder = Path(scratch) / f"{many}"
            repeated = repeat_files(root, folder / source, many)
            for step in STEPS_IN_ORDER:
                start = time.perf_counter()
                measured = run_alone(step, source, str(repeated), str(folder), changes)
                rows.append(
                    {
                        "step": step.__name__,
                        "source": source,
                        "times": many,
                        "slices": measured.result,
                        "seconds": round(time.perf_counter() - start, 1),
                        "peak_mb": round(measured.peak),
                        "without_files_mb": round(measured.own),
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
    for path in [path for path in root.rglob("*") if path.is_file()]:
        place = folder / path.relative_to(root)
        if "masks" in place.parts:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        for number in range(times if place.parent != folder else 1):
            name = f"{place.stem}-{number}{place.suffix}" if times > 1 else place.name
            os.symlink(path.resolve(), place.with_name(name))
    return folder


def describe_slices(source: str, root: str, folder: str, changes: dict) -> int:
    """Read every slice once: the manifest."""
    built = manifest.build_manifest(source, Path(root))
    manifest.save_manifest(built, Path(folder) / "manifest.csv")
    return len(built)


def search_repeats(source: str, root: str, folder: str, changes: dict) -> int:
    """Thumbnails, near-twins, groups and views: the audit and the splits."""
    built = manifest.load_manifest(Path(folder) / "manifest.csv")
    found = audit.audit_manifest(built, Path(root))
    audit.save_audit(found, Path(folder), source)
    table = splits.add_views(found.manifest, seed=SEED)
    manifest.save_manifest(table, Path(folder) / "splits.csv")
    return len(table)


def fill_cache(source: str, root: str, folder: str, changes: dict) -> int:
    """Decode, resize and filter every slice into the cache."""
    from braintumor.modeling import recipes

    recipe = recipes.get_recipe(MODEL, PROFILE, **changes)
    table = manifest.load_manifest(Path(folder) / "splits.csv")
    form = dict(side=recipe.side, filtering=recipe.filtering)
    stored = cache.load_slices(table, Path(root), folder=Path(folder) / "cache", **form)
    return len(stored.images)


def train_network(source: str, root: str, folder: str, changes: dict) -> int:
    """Draw one whole augmented epoch, then train a few steps."""
    from braintumor.data.batches import SliceBatches
    from braintumor.modeling import backbones, inputs, optimizers, recipes

    recipe = recipes.get_recipe(MODEL, PROFILE, **changes)
    table = manifest.load_manifest(Path(folder) / "splits.csv")
    form = dict(side=recipe.side, filtering=recipe.filtering)
    stored = cache.load_slices(table, Path(root), folder=Path(folder) / "cache", **form)
    batches = SliceBatches(
        stored.images,
        inputs.encode_labels(table["label"], recipe.classes),
        (table["as_shipped"] == "training").to_numpy().nonzero()[0],
        classes=len(recipe.classes),
        batch_size=recipe.batch_size,
        seed=SEED,
        augmentation=recipe.augmentation,
    )
    drawn = sum(len(batches[number][0]) for number in range(len(batches)))
    built = backbones.build_classifier(recipe)
    backbones.open_layers(built, recipe.fine_tuning, frozen=False)
    optimizers.compile_network(built.model, recipe, recipe.fine_tuning)
    built.model.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return drawn


STEPS_IN_ORDER = (describe_slices, search_repeats, fill_cache, train_network)
