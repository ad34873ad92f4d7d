"""Which figshare slices a model has seen, and which of them may share a patient."""

import numpy as np
import pandas as pd

from braintumor.data import twins

BLOCK = 20  # neighbouring numbers: more than most patients have slices
SAME = 0.995  # similarity of a slice and its own copy; none lies between 0.99 and this
PER_EXPOSURE = 600  # slices of one exposure, evenly chosen by number
EXPOSURES = ("twin_free", "near_twin", "seen")


def describe(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to slices of figshare what a model has seen of them.

    Args:
        rows: from `other_sources.compare_source`.

    Returns:
        The rows by `number`, with `block` (the group of a slice), `exposure` ("seen"
        has a copy of itself in training or validation, upright, mirrored or turned;
        "near_twin" a slice that nearly coincides; "twin_free" neither) and
        `next_to_seen`.
    """
    rows = rows.assign(number=number_slices(rows)).sort_values("number")
    rows["block"] = name_blocks(rows)
    kinds = np.digitize(rows["similarity"], [twins.SIMILARITY, SAME], right=True)
    rows["exposure"] = np.array(EXPOSURES)[kinds]
    rows["next_to_seen"] = find_neighbours(rows)
    return rows.reset_index(drop=True)


def choose_evenly(rows: pd.DataFrame, count: int = PER_EXPOSURE) -> pd.DataFrame:
    """Return at most so many rows of each exposure, spread evenly over their order."""
    chosen = []
    for _, part in rows.groupby("exposure", sort=False):
        places = np.linspace(0, len(part) - 1, min(count, len(part))).astype(int)
        chosen.append(part.iloc[places])
    return pd.concat(chosen).sort_values("number", ignore_index=True)


def number_slices(rows: pd.DataFrame) -> np.ndarray:
    """Return the figshare file number of each row, (n,) int."""
    return rows["path"].str.extract(r"(\d+)\.\w+$", expand=False).astype(int).to_numpy()


def name_blocks(rows: pd.DataFrame) -> pd.Series:
    """Name the group of each slice: its class and a block of neighbouring numbers.

    The plain copy names no patients; slices of one patient stand next to each other and
    share a class. 3,064 slices of 233 patients are 13 each, so that a block of `BLOCK`
    numbers holds more than most patients.

    Returns:
        (n,) str.
    """
    return rows["label"] + "-" + (rows["number"] // BLOCK).astype(str)


def find_neighbours(rows: pd.DataFrame) -> np.ndarray:
    """Say whose neighbour by number, of the same class, was seen.

    That one is most likely of the same patient.

    Args:
        rows: every slice, with `number`, `label` and `exposure`.

    Returns:
        (n,) bool.
    """
    seen = rows[rows["exposure"] == "seen"]
    places = set(zip(seen["label"], seen["number"], strict=True))
    return np.array(
        [
            bool({(label, number - 1), (label, number + 1)} & places)
            for label, number in zip(rows["label"], rows["number"], strict=True)
        ]
    )
