"""Features of a frozen backbone, computed once and read in every epoch.

A frozen backbone gives the same features in each epoch, so twenty epochs need one
pass per augmented view, not twenty. Views are chosen by epoch in turn.
"""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from braintumor import locks, paths
from braintumor.data.batches import SliceBatches
from braintumor.modeling import checkpoint, sharing


class FeatureBatches(keras.utils.PyDataset):
    """Batches of stored features, shuffled by (seed, epoch).

    Args:
        views: arrays (n, height, width, channels); epoch e reads view e modulo count.
        labels: (n,) int class positions.
        classes: number of classes.
        batch_size: feature maps per batch.
        seed: of the shuffle; None keeps the order.
    """

    def __init__(
        self,
        views: list[np.ndarray],
        labels: np.ndarray,
        *,
        classes: int,
        batch_size: int,
        seed: int | None = None,
    ):
        """Keep the arrays; they may be memory maps."""
        super().__init__()
        self.views, self.labels, self.classes = views, labels, classes
        self.batch_size, self.seed, self.epoch = batch_size, seed, 0

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return features (b, …) float32 and one-hot labels (b, classes)."""
        order = np.arange(len(self.labels))
        if self.seed is not None:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        rows = order[index * self.batch_size : (index + 1) * self.batch_size]
        view = self.views[self.epoch % len(self.views)]
        one_hot = np.eye(self.classes, dtype=np.float32)[self.labels[rows]]
        return view[rows].astype(np.float32), one_hot


def compute_features(
    base: keras.Model, batches: SliceBatches, *, key: str, folder: Path | None = None
) -> np.ndarray:
    """Return the features of all slices of `batches` in cache order of its rows.

    Args:
        base: frozen backbone, images → feature map.
        batches: its `epoch` decides the augmented view; shuffling is undone.
        key: hash of slices and their order, as `CachedSlices.key`.
        folder: where features are kept; the project's cache by default.

    Returns:
        (n, height, width, channels) float16, read-only memory map, at once when these
        weights saw these slices before.
    """
    folder = folder or paths.cache_root()
    folder.mkdir(parents=True, exist_ok=True)
    made_by = {
        "weights": checkpoint.hash_values(base.variables),
        "precision": base.layers[-1].compute_dtype,
        "backend": keras.backend.backend(),
        "slices": key,
        "rows": batches.rows.tolist(),
        "view": [batches.seed, batches.epoch] if batches.augmentation else None,
        "augmentation": asdict(batches.augmentation) if batches.augmentation else None,
    }
    name = hashlib.sha256(json.dumps(made_by).encode()).hexdigest()[:16]
    whole = folder / f"features-{name}.npy"
    if not whole.exists():
        with locks.hold(whole.with_suffix(".lock")):
            if not whole.exists():  # another process may have computed it meanwhile
                _compute(whole, base, batches)
    return np.load(whole, mmap_mode="r")


def _compute(whole: Path, base: keras.Model, batches: SliceBatches) -> None:
    partial = whole.with_suffix(".partial")
    shape = (len(batches.rows), *base.output_shape[1:])
    array = np.lib.format.open_memmap(partial, "w+", dtype=np.float16, shape=shape)
    size = batches.batch_size
    for index in tqdm(range(len(batches)), unit="batch", desc=f"{base.name} features"):
        images, _ = batches[index]
        missing = size - len(images)  # one batch shape, so one compiled function
        padded = np.pad(images, [(0, missing)] + [(0, 0)] * 3)
        with sharing.work_alone():  # the others may read this file instead
            features = np.asarray(base.predict_on_batch(padded), np.float32)
        places = batches.order[index * size : (index + 1) * size]
        array[places] = features[: len(images)]
    array.flush()
    del array
    os.replace(partial, whole)
