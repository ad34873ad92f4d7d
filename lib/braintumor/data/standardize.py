"""One frame and one grey scale for every slice, whichever source it came from.

Nothing is fitted: a slice is brought into form by what is in it alone, so that no
slice of a source that a model is judged by can choose anything.
"""

from dataclasses import dataclass

import numpy as np

from braintumor.data.foreground import find_foreground
from braintumor.data.grey import rescale_range


@dataclass(frozen=True)
class Standardization:
    """How slices are brought into one form before they are resized.

    Attributes:
        crop: cut to the box around the head; the square that follows then holds the
            head and nothing else, whatever margin or shape the file had.
        clip: percent of the pixels cut off at either end of the grey scale, the rest
            being spread over 0 to 255; None leaves the grey levels alone.
    """

    crop: bool = True
    clip: float | None = 1.0


def standardize_slice(grey: np.ndarray, standardization: Standardization) -> np.ndarray:
    """Return a slice in the form that a model was trained on.

    Args:
        grey: (height, width) uint8, as decoded.
        standardization: what is done.

    Returns:
        uint8, the size of the box; a slice of one grey level becomes black.
    """
    if standardization.crop:
        grey = find_foreground(grey).crop(grey)
    if standardization.clip is None:
        return np.ascontiguousarray(grey)
    ends = [standardization.clip, 100 - standardization.clip]
    low, high = np.percentile(grey, ends)
    return rescale_range(grey, float(low), float(high))
