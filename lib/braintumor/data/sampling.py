"""Which slices an epoch shows: all of them, or one of each group."""

import numpy as np


def draw_per_group(groups: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Choose one slice of every group, each with the same chance, in random order.

    A patient with sixty slices then counts as much as one with two.

    Args:
        groups: (n,) the group of each slice.
        random: decides; the same state gives the same choice.

    Returns:
        Positions (number of groups,) int64.
    """
    shuffled = random.permutation(len(groups))
    _, first = np.unique(groups[shuffled], return_index=True)
    # Large groups come first in a shuffled list more often: shuffle what was chosen.
    return random.permutation(shuffled[first])
