"""Weights in half precision: half the bytes, for a model that is passed on."""

from pathlib import Path

import h5py
import numpy as np


def halve_weights(source: Path, target: Path) -> Path:
    """Copy a weights file with every float32 array as float16.

    Keras casts back to the variable's own type when it loads them, so the copy is
    loaded like any other; whole numbers (seeds) stay as they are.

    Args:
        source: `model.weights.h5` of an artifact.
        target: file to write; replaced.

    Returns:
        `target`.

    Raises:
        ValueError: a weight lies beyond what half precision can hold; names it.
    """
    with h5py.File(source) as old, h5py.File(target, "w") as new:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                made = new.require_group(name)
            else:
                made = new.create_dataset(name, data=_halve(name, item[()]))
            made.attrs.update(item.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    return target


def _halve(name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype != np.float32:
        return values
    with np.errstate(over="ignore"):  # said below, by name
        halved = values.astype(np.float16)
    if not np.isfinite(halved).all():
        raise ValueError(
            f"The weight {name} leaves the range of half precision (±65504): train "
            "again with normalisation, or keep the float32 artifact."
        )
    return halved
