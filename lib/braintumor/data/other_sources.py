"""Slices of another source, and which of them a model may be judged by.

The public sets overlap: a slice whose twin stood in training tests nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import manifest, sources
from braintumor.data.audit import assign_groups
from braintumor.data.leaks import VIEWS
from braintumor.data.twins import SIMILARITY, find_nearest, find_twins, thumbnails

USED = ("training", "validation")  # sides that a model has seen, or was chosen by


def compare_source(name: str, splits: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Say for every slice of another source how near a slice comes that was used.

    Args:
        name: of the other source.
        splits: split manifest of the source that the model was trained on.
        root: folder that the paths of `splits` are relative to.

    Returns:
        Manifest of the other source, sorted by `slice_id`, with `group_id` (slices of
        one patient or that are twins of each other share one), `nearest` (slice_id of
        the most similar training or validation slice, mirrored and turned copies
        included) and `similarity` (correlation of the two thumbnails, −1 to 1).

    Raises:
        MissingSourceError: the other source is not on this machine.
        ValueError: `splits` has no training or validation slice.
    """
    used = splits[splits[VIEWS[0]].isin(USED)]
    if used.empty:
        raise ValueError(
            f"The splits name no {' or '.join(USED)} slice: pass the table of "
            "notebook 02, not a bare manifest."
        )
    folder = sources.locate(name)
    other = manifest.build_manifest(name, folder)
    own = thumbnails(other, folder)
    other["group_id"] = assign_groups(other, find_twins(own))
    both = np.concatenate([own, thumbnails(used, root)])
    asked = np.arange(len(own))
    found = find_nearest(both, asked, np.arange(len(own), len(both)))
    names = used["slice_id"].to_numpy()[found["nearest"].to_numpy() - len(own)]
    return other.assign(nearest=names, similarity=found["similarity"].to_numpy())


def twin_free(name: str, splits: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Return the slices of another source that have no twin in training or validation.

    Args:
        name: of the other source.
        splits: split manifest of the source that the model was trained on.
        root: folder that the paths of `splits` are relative to.

    Returns:
        The rows of `compare_source` whose similarity is at most `twins.SIMILARITY`,
        numbered anew from 0. May be empty.

    Raises:
        MissingSourceError: the other source is not on this machine.
        ValueError: `splits` has no training or validation slice.
    """
    compared = compare_source(name, splits, root)
    alone = compared["similarity"] <= SIMILARITY
    return compared[alone].reset_index(drop=True)
