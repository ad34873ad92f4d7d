"""Batches of slices for Keras on any backend."""

import keras
import numpy as np

from braintumor.data.augment import Augmentation, augment_slice


def to_rgb(grey: np.ndarray) -> np.ndarray:
    """Repeat the grey channel three times: (n, side, side) → (n, side, side, 3)."""
    return np.repeat(grey[..., None], 3, axis=-1)


class SliceBatches(keras.utils.PyDataset):
    """Batches over rows of a cache, shuffled and augmented by key.

    The order of an epoch depends on (seed, epoch) and each warp on (seed, epoch,
    slice): nothing depends on what was drawn before, so training can resume anywhere.

    Args:
        images: (m, side, side) uint8, the whole cache.
        labels: (m,) int class positions, one per cached slice.
        rows: (n,) positions in the cache that belong to this side.
        classes: number of classes.
        batch_size: slices per batch; the last batch may be smaller.
        seed: of shuffle and augmentation.
        augmentation: None keeps slices and their order as they are.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        rows: np.ndarray,
        *,
        classes: int,
        batch_size: int,
        seed: int = 0,
        augmentation: Augmentation | None = None,
    ):
        """Keep the arrays; nothing is read until a batch is asked for."""
        super().__init__()
        if len(rows) == 0:
            raise ValueError("No slice on this side; check the split's counts.")
        self.images, self.labels, self.rows = images, labels, np.asarray(rows)
        self.classes, self.batch_size, self.seed = classes, batch_size, seed
        self.augmentation = augmentation
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose order and warps are given out, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self.order = np.arange(len(self.rows))
        if self.augmentation is not None:
            self.order = np.random.default_rng((self.seed, epoch)).permutation(
                len(self.rows)
            )

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images (b, side, side, 3) uint8 and one-hot labels (b, classes)."""
        start = index * self.batch_size
        rows = self.rows[self.order[start : start + self.batch_size]]
        grey = np.stack([self._slice(row) for row in rows])
        one_hot = np.eye(self.classes, dtype=np.float32)[self.labels[rows]]
        return to_rgb(grey), one_hot

    def _slice(self, row: int) -> np.ndarray:
        if self.augmentation is None:
            return self.images[row]
        key = (self.seed, self.epoch, int(row))
        return augment_slice(self.images[row], self.augmentation, key)
