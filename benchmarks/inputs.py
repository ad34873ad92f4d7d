"""What comes before the network: files into the cache, and the cache into batches.

Four comparisons, both sides by turns: two threads that fill the cache against one; two
processes, each with half of the slices and already started, against one thread (what
they do more than two threads is what Python's lock costs); the augmented loader against
the network that learns from it; and the same loader against Keras's preprocessing
layers with the same ranges (on one grey channel, where the loader gives three). The
files are Nickparvar's where it is on this machine, else phantoms in JPEG, every other
one in colours.
"""

import cProfile
import pstats
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks import formats
from braintumor.data import cache, images, phantom, sources
from braintumor.data.batches import SliceBatches

FILES, PHANTOMS, PHANTOM_SIDE, SEED = 1_500, 60, 512, 7
BATCHES = 20  # per turn of a loader
# Functions that a profile is read for: decoding includes reading the file.
STEPS = {"decode": "decode_slice", "resize": "resize", "filter": "bilateralFilter"}


def run(
    files: int = FILES, models: tuple[str, ...] = formats.MODELS, **changes
) -> pd.DataFrame:
    """Measure filling the cache, and loading, for every model of profile `cpu`.

    Args:
        files: to be decoded.
        models: names of recipes.
        **changes: of the recipes, such as `side` or `batch_size`.

    Returns:
        One row per model and comparison: the work, `one` and the `other` way with what
        each does a second, how many `times_as_fast` the first is (median of the turns,
        `least` and `most`); for the cache also which percentage of one worker's time
        its steps take.
    """
    from braintumor.modeling import recipes

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        table, root = find_files(Path(scratch), files)
        for model in models:
            recipe = recipes.get_recipe(model, formats.PROFILE, **changes)
            rows += compare_workers(table, root, recipe)
            stored = fill_cache(table, root, recipe, scratch).images
            rows += compare_loaders(np.asarray(stored), recipe, changes)
    return pd.DataFrame(rows)


def find_files(scratch: Path, count: int) -> tuple[pd.DataFrame, Path]:
    """Return a manifest, as far as the cache needs one, and the folder of its files."""
    try:
        root = sources.locate("nickparvar")
        rows = sources.list_slices("nickparvar", root)
        files = [row.path for row in rows[:: max(1, len(rows) // count)]][:count]
    except sources.MissingSourceError:
        root = scratch / "files"
        files = write_files(root, scratch / "phantom", count)
    return pd.DataFrame({"path": files, "slice_id": files, "sha256": files}), root


def write_files(root: Path, folder: Path, count: int) -> list[str]:
    """Save phantoms as JPEG, in grey and in colours by turns; return the names."""
    phantom.generate(folder, slices=PHANTOMS, side=PHANTOM_SIDE, seed=SEED)
    files = sorted(folder.glob("T*/*/*.*"))
    slices = [Image.fromarray(images.decode_slice(file)) for file in files]
    root.mkdir()
    names = [f"{number:05}.jpg" for number in range(count)]
    for number, name in enumerate(names):
        picture = slices[number % len(slices)].convert("RGB" if number % 2 else "L")
        picture.save(root / name, quality=90)
    return names


def fill_cache(table: pd.DataFrame, root: Path, recipe, folder, workers: int = 1):
    """Build the cache of a recipe into a folder that has none."""
    form = dict(side=recipe.side, filtering=recipe.filtering)
    return cache.load_slices(table, root, folder=Path(folder), workers=workers, **form)


def fill_once(table: pd.DataFrame, root: Path, recipe, workers: int = 1) -> None:
    """Build the cache of a recipe and throw it away."""
    with tempfile.TemporaryDirectory() as folder:
        fill_cache(table, root, recipe, folder, workers)


def compare_workers(table: pd.DataFrame, root: Path, recipe) -> list[dict]:
    """Fill the cache with two threads, and with two processes, against one thread."""
    given = root, recipe
    fill_once(table, *given)  # so that no turn waits for the disk
    amounts = [len(table), len(table)]
    one = {"one thread": lambda: fill_once(table, *given)}
    threads = {"two threads": lambda: fill_once(table, *given, workers=2)} | one
    row = describe("slices cached", recipe, threads, amounts)
    rows = [row | profile_steps(table, root, recipe)]
    # Not forked: TensorFlow's threads would not come along.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        def share() -> None:
            halves = [pool.submit(fill_once, table[at::2], *given) for at in range(2)]
            for half in halves:
                half.result()

        share()  # both are started now
        processes = {"two processes": share} | one
        rows.append(describe("slices cached", recipe, processes, amounts))
    return rows


def profile_steps(table: pd.DataFrame, root: Path, recipe) -> dict[str, float]:
    """Return the percentage of one worker's time that each step takes."""
    with cProfile.Profile() as profiler:
        for path in table["path"]:
            grey = images.decode_slice(root / path)
            cache.preprocess_slice(grey, side=recipe.side, filtering=recipe.filtering)
    spent = pstats.Stats(profiler)
    shares = dict.fromkeys(STEPS, 0.0)
    for (_, _, function), (*_, seconds, _) in spent.stats.items():
        for step, name in STEPS.items():
            if function.strip("<>").split(".")[-1] == name:  # in "<>" where it is C
                shares[step] += 100 * seconds / spent.total_tt
    return {f"{step}_percent": round(share, 1) for step, share in shares.items()}


def compare_loaders(stored: np.ndarray, recipe, changes: dict) -> list[dict]:
    """Load augmented batches beside training steps, and beside Keras's layers."""
    batches = SliceBatches(
        stored,
        np.arange(len(stored)) % len(recipe.classes),
        np.arange(len(stored)),
        classes=len(recipe.classes),
        batch_size=recipe.batch_size,
        augmentation=recipe.augmentation,
    )
    count = min(BATCHES, len(batches))
    augment = build_layers(recipe)
    grey = stored[: recipe.batch_size, ..., None].astype(np.float32)
    augment(grey)  # compiled now

    def load() -> None:
        for number in range(count):
            batches[number]

    def repeat() -> None:
        for _ in range(count):
            augment(grey)

    name = formats.FORMATS[0]
    _, _, steps = formats.prepare(recipe.model, changes, names=(name,))
    learning = {"loader": load, "training step": steps[name, "training"]}
    beside = {"loader": load, "Keras layers": repeat}
    return [
        describe("batches", recipe, learning, [count, 1]),
        describe("batches augmented", recipe, beside, [count, count]),
    ]


def build_layers(recipe) -> Callable[[np.ndarray], np.ndarray]:
    """Return a compiled function that augments a batch as the recipe says."""
    import keras
    import tensorflow

    ranges, black = recipe.augmentation, dict(fill_mode="constant", fill_value=0.0)
    layers = keras.Sequential(
        [
            keras.layers.RandomRotation(ranges.rotation / 360, **black),
            keras.layers.RandomTranslation(ranges.shift, ranges.shift, **black),
            keras.layers.RandomZoom(ranges.zoom, **black),
            *([keras.layers.RandomFlip("horizontal")] if ranges.flip else []),
            keras.layers.RandomBrightness(ranges.brightness),
        ]
    )
    compiled = tensorflow.function(lambda batch: layers(batch, training=True))
    return lambda batch: compiled(batch).numpy()


def describe(work: str, recipe, works: dict[str, Callable], amounts: list) -> dict:
    """Time two ways by turns; each call does its amount of the work."""
    seconds = formats.take_turns(works)
    one, other = (
        amount / np.array(seconds[name])
        for name, amount in zip(works, amounts, strict=True)
    )
    names = list(works)
    return {
        "work": work,
        "model": recipe.model,
        "side": recipe.side,
        "one": names[0],
        "one_per_second": round(float(np.median(one)), 1),
        "other": names[1],
        "other_per_second": round(float(np.median(other)), 1),
        "times_as_fast": round(float(np.median(one / other)), 2),
        "least": round(float((one / other).min()), 2),
        "most": round(float((one / other).max()), 2),
        "turns": len(one),
    }
