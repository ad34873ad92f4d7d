"""Four phantom slices to try a demo with, where nobody has a slice at hand."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from braintumor import paths
from braintumor.data import images

# A set of its own, the smallest there is: made in seconds, and no run touches it.
SLICES, SIDE, SEED = 40, 160, 7
CHOSEN = {  # class: file, one of each plane at least
    "glioma": "Testing/glioma/p0007_05.png",
    "meningioma": "Testing/meningioma/p0011_01.png",
    "no_tumor": "Training/notumor/p0003_02.png",
    "pituitary": "Testing/pituitary/p0014_01.png",
}


class Sample(NamedTuple):
    """One phantom slice.

    Attributes:
        label: the class that was drawn.
        content: the PNG file's bytes, as an upload brings them.
        mask: True where the lesion was drawn, bool (height, width).
    """

    label: str
    content: bytes
    mask: np.ndarray

    @property
    def name(self) -> str:
        """A file name that says what it is."""
        return f"phantom_{self.label}.png"


def load_samples() -> list[Sample]:
    """Return one phantom slice of each class; the set is made where it is absent."""
    root = find_root()
    if not are_drawn():
        from braintumor.data import phantom  # brings the anatomy's libraries with it

        phantom.generate(root, slices=SLICES, side=SIDE, seed=SEED)
    return [_load(root, label, file) for label, file in CHOSEN.items()]


def are_drawn() -> bool:
    """Say whether the set is there, so that `load_samples` only reads."""
    marker = find_root() / "phantom.json"  # written last: then the set is whole
    return marker.is_file()


def find_root() -> Path:
    """Return the folder of the set."""
    return paths.cache_root() / "samples"


def _load(root: Path, label: str, file: str) -> Sample:
    mask = images.decode_slice(root / "masks" / file) > 0
    return Sample(label, (root / file).read_bytes(), mask)
