"""What every lesion is: a signed distance in space that pushes the brain aside."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from braintumor.data.phantom.anatomy import Layers
from braintumor.data.phantom.fields import length


@dataclass(frozen=True)
class Lesion:
    """What all lesions share; a lesion is drawn in template millimetres.

    Attributes:
        center: (3,) template mm.
        radius: mm, typical; the outline may reach a third further.
        mass: share of the lesion's volume that pushed brain aside, 0 to 1.
    """

    visible: ClassVar[bool] = True

    center: np.ndarray
    radius: float
    mass: float

    @property
    def focus(self) -> np.ndarray:
        """Return the point (3,) that the patient's slices are cut around, mm."""
        return self.center

    def push(self, points: np.ndarray) -> np.ndarray:
        """Return the undisturbed position of what now lies at `points`, mm.

        The brain gives way without being squeezed: shells around the centre keep
        their volume.
        """
        offset = points - self.center
        distance = length(offset)[..., None] + 1e-9
        room = self.mass * self.radius**3
        before = np.cbrt(np.maximum(distance**3 - room, 0.0))
        return self.center + offset * (before / distance)

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm at `points (..., 3)`, negative inside."""
        raise NotImplementedError

    def paint(
        self,
        canvas: np.ndarray,
        points: np.ndarray,
        layers: Layers,
        contrast: dict[str, float],
    ) -> None:
        """Cover the healthy head in `canvas (...)`, in place."""
        raise NotImplementedError
