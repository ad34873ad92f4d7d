"""Batches of slices for Keras on any backend."""

import keras
import numpy as np

from braintumor.data.appearance import Appearance, change_appearance
from braintumor.data.augment import Augmentation, augment_slice
from braintumor.data.planted_lesions import Planting, plant_lesion
from braintumor.data.sampling import draw_per_group


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
        augmentation: None keeps slices and their order as they are, and the options
            below have no effect.
        appearance: how the look may change after the warp; None leaves it.
        groups: (m,) the group of each cached slice: an epoch then shows one slice of
            each group; None shows all slices.
        planting: shows every healthy slice of an epoch a second time, with a planted
            lesion, as a tumour of any kind alike; None plants nothing.
        healthy: class position of the slices that lesions are planted into.
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
        appearance: Appearance | None = None,
        groups: np.ndarray | None = None,
        planting: Planting | None = None,
        healthy: int | None = None,
    ):
        """Keep the arrays; nothing is read until a batch is asked for."""
        super().__init__()
        if len(rows) == 0:
            raise ValueError("No slice on this side; check the split's counts.")
        if planting is not None and healthy is None:
            raise ValueError("planting wants to know the healthy class: pass healthy=.")
        self.images, self.labels, self.rows = images, labels, np.asarray(rows)
        self.classes, self.batch_size, self.seed = classes, batch_size, seed
        self.augmentation, self.appearance = augmentation, appearance
        self.groups, self.planting, self.healthy = groups, planting, healthy
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose order and warps are given out, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self.order = np.arange(len(self.rows))
        self.planted = np.zeros(len(self.rows), bool)
        if self.augmentation is None:
            return
        random = np.random.default_rng((self.seed, epoch))
        if self.groups is None:
            self.order = random.permutation(len(self.rows))
        else:
            self.order = draw_per_group(self.groups[self.rows], random)
        if self.planting is not None:
            healthy = self.labels[self.rows[self.order]] == self.healthy
            twice = np.append(self.order, self.order[healthy])
            mixed = random.permutation(len(twice))
            self.planted = mixed >= len(self.order)
            self.order = twice[mixed]

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images (b, side, side, 3) uint8 and targets (b, classes) float32.

        A target is one-hot, or for a planted lesion the same for every tumour.
        """
        chosen = slice(index * self.batch_size, (index + 1) * self.batch_size)
        rows, planted = self.rows[self.order[chosen]], self.planted[chosen]
        pairs = zip(rows, planted, strict=True)
        grey = np.stack([self._slice(row, sick) for row, sick in pairs])
        targets = np.eye(self.classes, dtype=np.float32)[self.labels[rows]]
        if planted.any():
            targets[planted] = (1 - targets[planted]) / (self.classes - 1)
        return to_rgb(grey), targets

    def _slice(self, row: int, planted: bool = False) -> np.ndarray:
        image = self.images[row]
        if self.augmentation is None:
            return image
        # A planted copy is warped in a way of its own.
        place = int(row) + (len(self.images) if planted else 0)
        key = (self.seed, self.epoch, place)
        if planted:
            image = plant_lesion(image, self.planting, key)
        image = augment_slice(image, self.augmentation, key)
        if self.appearance is None:
            return image
        return change_appearance(image, self.appearance, key)
