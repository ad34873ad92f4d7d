"""Pituitary tumour: in the sella, on the midline, below the optic chiasm."""

from dataclasses import dataclass

import numpy as np

from braintumor.data.phantom.anatomy import Anatomy, Layers
from braintumor.data.phantom.fields import (
    Ripple,
    ellipsoid,
    length,
    merge,
    soft_inside,
)
from braintumor.data.phantom.head import SELLA, paint
from braintumor.data.phantom.lesion import Lesion


@dataclass(frozen=True)
class PituitaryTumor(Lesion):
    """At the sella: midline, small to medium, often waisted where it leaves the sella.

    Attributes:
        radii: (3,) mm of the part inside the sella.
        above: (4,) centre in mm and radius in mm of the part above the sella.
        cyst: share of the tumour that is a cyst, 0 for a solid one.
        texture: faint unevenness.
    """

    radii: np.ndarray
    above: np.ndarray
    cyst: float
    texture: Ripple

    @classmethod
    def place(cls, random: np.random.Generator, anatomy: Anatomy) -> "PituitaryTumor":
        """Draw a pituitary tumour on the midline, below the optic chiasm."""
        width = random.uniform(7.5, 14.5)
        radii = width * np.array(
            [1.0, random.uniform(0.75, 0.95), random.uniform(0.75, 1.05)]
        )
        center = SELLA + random.normal(0, [1.0, 0.8, 0.6])
        center[2] += 0.25 * (radii[2] - 6)
        top = center + [random.normal(0, 0.08 * width), 0, 0.85 * radii[2]]
        return cls(
            center=center,
            radius=float(radii.mean()),
            mass=0.8,
            radii=radii,
            above=np.array([*top, width * random.uniform(0.3, 0.72)]),
            cyst=random.uniform(0.35, 0.6) * (random.random() < 0.12),
            texture=Ripple.draw(random, wavelength=8.0, amplitude=0.045),
        )

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm."""
        bulb = length(points - self.above[:3]) - self.above[3]
        return merge(ellipsoid(points, self.center, self.radii), bulb, 2.5)

    def paint(self, canvas, points, layers, contrast) -> None:
        """Paint the tumour in place of the gland, sometimes with a cyst."""
        distance = self.shape(points, layers)
        signal = contrast["adenoma"] * (1 + self.texture(points))
        paint(canvas, soft_inside(distance), signal)
        if self.cyst:
            hollow = ellipsoid(points, self.center, self.radii * self.cyst)
            paint(canvas, soft_inside(hollow, 2.0), contrast["cyst"])
