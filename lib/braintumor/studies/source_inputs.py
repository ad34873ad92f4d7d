"""Changes of the input, tried on a model as it is: what does it stumble over?"""

from collections.abc import Callable

import numpy as np

from braintumor.data import cache, manifest
from braintumor.data.foreground import find_foreground
from braintumor.data.images import decode_slice
from braintumor.data.slice_look import NAMES
from braintumor.data.standardize import Standardization, standardize_slice
from braintumor.studies.source_answers import Collection, Model

FEW = 300  # slices of one collection that the changed inputs are tried on


def change_inputs(
    model: Model,
    home: dict[str, Collection],
    others: dict[str, Collection],
    training_looks: np.ndarray,
    seed: int,
) -> dict[str, tuple[dict[str, Collection], dict[str, np.ndarray]]]:
    """Answer to a sample of each source under each change of the input.

    Returns:
        change -> (collections, answers), by the name of the collection.
    """
    share = float(np.median(training_looks[:, NAMES.index("head_share")]))
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "none": lambda grey: grey,
        "cropped to the head": lambda grey: find_foreground(grey).crop(grey),
        "framed as in training": lambda grey: reframe(grey, share),
        "grey scale cut at 1 %": lambda grey: standardize_slice(
            grey, Standardization(crop=False)
        ),
        "cropped and cut": lambda grey: standardize_slice(grey, Standardization()),
    }
    random = np.random.default_rng(seed)
    tried = {
        name: thin_out(collection, random)
        for name, collection in ({"validation": home["validation"]} | others).items()
    }
    return {
        change: (
            tried,
            {name: model.answer(prepare(model, c, act)) for name, c in tried.items()},
        )
        for change, act in changes.items()
    }


def thin_out(
    collection: Collection, random: np.random.Generator, *, most: int = FEW
) -> Collection:
    """Return at most that many slices of a collection, drawn at random."""
    count = len(collection.slices)
    rows = np.sort(random.permutation(count)[:most])
    slices = collection.slices.iloc[rows].reset_index(drop=True)
    return Collection(collection.name, slices, collection.root)


def prepare(
    model: Model, collection: Collection, act: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return changed slices (n, side, side) uint8 in the form that the model wants."""
    side, filtering = model.recipe.side, model.recipe.filtering
    files = [collection.root / path for path in collection.slices["path"]]
    prepared = manifest.map_files(
        lambda path: cache.preprocess_slice(
            act(decode_slice(path)), side=side, filtering=filtering
        ),
        files,
        label="changed inputs",
    )
    return np.stack(list(prepared))


def reframe(grey: np.ndarray, share: float) -> np.ndarray:
    """Put the head in the middle of a black frame of which it covers a share.

    Args:
        grey: (height, width) uint8.
        share: of the area that the box around the head covers, 0 to 1.

    Returns:
        uint8 (height, width) of the same shape as the head's box.
    """
    head = find_foreground(grey).crop(grey)
    factor = max(share, 0.05) ** -0.5
    height, width = (round(side * factor) for side in head.shape)
    frame = np.zeros((height, width), np.uint8)
    top, left = (height - head.shape[0]) // 2, (width - head.shape[1]) // 2
    frame[top : top + head.shape[0], left : left + head.shape[1]] = head
    return frame
