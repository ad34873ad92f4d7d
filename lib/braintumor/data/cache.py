"""Decoded, filtered, resized slices in one memory-mapped array, built once.

The array is keyed by a hash of all that made it, written under a temporary name in
blocks, and renamed when whole: a killed build leaves finished blocks that the next
call takes up, never an array that only looks finished.
"""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from braintumor import locks, paths
from braintumor.data import images
from braintumor.data.standardize import Standardization, standardize_slice

if TYPE_CHECKING:  # whoever answers uploads need not pay for pandas
    import pandas as pd

FORMAT = 1  # raise it when the same inputs must give other bytes
BLOCK = 256  # slices between two notes of progress
PART = 32  # slices that a thread takes at a time


@dataclass(frozen=True)
class BilateralFilter:
    """Parameters of OpenCV's edge-preserving bilateral filter.

    Attributes:
        diameter: of the neighbourhood, in pixels; at 2 OpenCV takes a radius of 1.
        sigma_color: how far grey levels (0–255) may differ and still be averaged.
        sigma_space: spread of the spatial weight, in pixels.

    Source: Tomasi and Manduchi, Bilateral filtering for gray and color images (1998).
    """

    diameter: int = 5
    sigma_color: float = 25.0
    sigma_space: float = 2.0


# The published notebooks call cv2.bilateralFilter(image, 2, 50, 50) after resizing.
PUBLISHED_FILTER = BilateralFilter(diameter=2, sigma_color=50.0, sigma_space=50.0)


@dataclass(frozen=True)
class CachedSlices:
    """Slices ready for batches.

    Attributes:
        images: (n, side, side) uint8, read-only memory map, in the manifest's order.
        key: hash of the files and parameters that made it.
        path: the `.npy` file behind the map.
    """

    images: np.ndarray
    key: str
    path: Path


def preprocess_slice(
    grey: np.ndarray,
    *,
    side: int,
    filtering: BilateralFilter | None,
    standardization: Standardization | None = None,
) -> np.ndarray:
    """Resize a grey slice to a square and smooth it while keeping its edges.

    Args:
        grey: (height, width) uint8.
        side: pixels of the returned square.
        filtering: bilateral filter applied after the resize; none if None.
        standardization: frame and grey scale that the slice is brought to before; none
            if None.

    Returns:
        (side, side) uint8.
    """
    if standardization is not None:
        grey = standardize_slice(grey, standardization)
    shrinks = min(grey.shape) >= side
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    square = cv2.resize(grey, (side, side), interpolation=way)
    if filtering is None:
        return square
    return cv2.bilateralFilter(
        square, filtering.diameter, filtering.sigma_color, filtering.sigma_space
    )


def cache_key(
    manifest: pd.DataFrame,
    *,
    side: int,
    filtering: BilateralFilter | None,
    standardization: Standardization | None = None,
) -> str:
    """Return 16 hex digits that change with any file, its place or a parameter."""
    recipe = {
        "format": FORMAT,
        "side": side,
        "filter": asdict(filtering) if filtering else None,
        "slices": manifest[["slice_id", "sha256"]].to_numpy().tolist(),
    }
    if standardization is not None:  # keys made before it existed stay valid
        recipe["standardization"] = asdict(standardization)
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]


def load_slices(
    manifest: pd.DataFrame,
    root: Path,
    *,
    side: int,
    filtering: BilateralFilter | None = None,
    standardization: Standardization | None = None,
    folder: Path | None = None,
    workers: int | None = None,
) -> CachedSlices:
    """Return the slices of a manifest at one side, from the cache or built into it.

    Args:
        manifest: needs `slice_id`, `path` and `sha256`; its order is kept.
        root: folder that the manifest's paths are relative to.
        side: pixels of the square slices, 16 or more.
        filtering: bilateral filter, or None.
        standardization: frame and grey scale before the resize, or None.
        folder: where arrays are kept; the project's cache by default.
        workers: decoding threads; one per core by default.

    Returns:
        The memory-mapped slices; at once when they were built before.

    Raises:
        ValueError: `side` under 16, or an empty manifest.
        UnreadableSliceError: a file does not decode; nothing is left half done.
    """
    if side < 16:
        raise ValueError(f"side={side} pixels is too small; give 16 or more.")
    if manifest.empty:
        raise ValueError(
            "The manifest has no slice; build it from a source with files."
        )
    folder = folder or paths.cache_root()
    folder.mkdir(parents=True, exist_ok=True)
    form = dict(side=side, filtering=filtering, standardization=standardization)
    key = cache_key(manifest, **form)
    whole = folder / f"slices-{side}-{key}.npy"
    if not whole.exists():
        files = [root / path for path in manifest["path"]]
        with locks.hold(whole.with_suffix(".lock")):
            if not whole.exists():  # another process may have built it meanwhile
                _build(whole, files, form, workers or os.cpu_count() or 1)
    return CachedSlices(np.load(whole, mmap_mode="r"), key, whole)


def _build(whole: Path, files: list[Path], form: dict, workers: int) -> None:
    """Fill the array block by block, noting each finished block, then rename it."""
    partial = whole.with_suffix(".partial.npy")
    progress = whole.with_suffix(".progress")
    shape = (len(files), form["side"], form["side"])
    done = _finished(partial, progress, shape)
    mode = "r+" if done else "w+"
    array = np.lib.format.open_memmap(partial, mode=mode, dtype=np.uint8, shape=shape)

    def prepare(part: range) -> None:
        for position in part:
            grey = images.decode_slice(files[position])
            array[position] = preprocess_slice(grey, **form)

    name = f"{form['side']}²"
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the pool below is the parallelism
    try:
        with (
            ThreadPoolExecutor(workers) as pool,
            tqdm(total=len(files), initial=done, unit="slice", desc=name) as bar,
        ):
            for start in range(done, len(files), BLOCK):
                block = range(start, min(start + BLOCK, len(files)))
                parts = [block[at : at + PART] for at in range(0, len(block), PART)]
                list(pool.map(prepare, parts))
                array.flush()
                progress.write_text(str(block.stop))
                bar.update(len(block))
    finally:
        cv2.setNumThreads(threads)
    partial.replace(whole)
    progress.unlink(missing_ok=True)


def _finished(partial: Path, progress: Path, shape: tuple[int, ...]) -> int:
    """Return how many leading slices an interrupted build left finished."""
    if not (partial.exists() and progress.exists()):
        return 0
    try:
        kept = np.load(partial, mmap_mode="r").shape
        done = int(progress.read_text())
    except ValueError:
        return 0
    return done if kept == shape and 0 <= done <= shape[0] else 0
