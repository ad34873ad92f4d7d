"""The lesion of each class, and the healthy patient who has none."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from braintumor.data.phantom.anatomy import Anatomy, Layers
from braintumor.data.phantom.glioma import Glioma
from braintumor.data.phantom.lesion import Lesion
from braintumor.data.phantom.meningioma import Meningioma
from braintumor.data.phantom.pituitary import PituitaryTumor


@dataclass(frozen=True)
class NoTumor(Lesion):
    """A healthy patient: an invisible point of interest that slices pass near."""

    visible: ClassVar[bool] = False

    @classmethod
    def place(cls, random: np.random.Generator, anatomy: Anatomy) -> "NoTumor":
        """Draw a point wherever a lesion could have been, of any class."""
        kinds = (Glioma, Meningioma, PituitaryTumor)
        lesion = kinds[random.integers(3)].place(random, anatomy)
        return cls(lesion.focus, lesion.radius, 0.0)

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return a distance that is never inside."""
        return np.full(points.shape[:-1], np.inf)

    def paint(self, canvas, points, layers, contrast) -> None:
        """Paint nothing."""


KINDS: dict[str, type[Lesion]] = {
    "glioma": Glioma,
    "meningioma": Meningioma,
    "no_tumor": NoTumor,
    "pituitary": PituitaryTumor,
}
