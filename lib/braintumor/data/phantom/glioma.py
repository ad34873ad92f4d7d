"""Glioma: a tumour inside the brain's own tissue."""

from dataclasses import dataclass

import numpy as np

from braintumor.data.phantom.anatomy import Anatomy, Layers
from braintumor.data.phantom.fields import Ripple, length, soft_inside
from braintumor.data.phantom.head import paint
from braintumor.data.phantom.lesion import Lesion


@dataclass(frozen=True)
class Glioma(Lesion):
    """Inside the tissue: irregular, dark core, ragged bright rim, swelling around.

    Attributes:
        outline: mm added to the radius, in all directions unevenly.
        raggedness: unit field that thins, thickens and breaks the rim.
        rim: thickness of the enhancing rim, mm; 0 for a low-grade tumour.
        swelling: reach of the oedema along white matter, mm.
    """

    outline: Ripple
    raggedness: Ripple
    rim: float
    swelling: float

    @classmethod
    def place(cls, random: np.random.Generator, anatomy: Anatomy) -> "Glioma":
        """Draw a glioma that lies deep enough to be surrounded by brain."""
        low_grade = random.random() < 0.22
        radius = random.uniform(15.0 if low_grade else 10.0, 24.0)
        depth = anatomy.depth
        choices = np.argwhere((depth > 0.45 * radius + 4) & (depth < 30))
        positions = choices * 2.0 + anatomy.coarse_origin
        positions = positions[(positions[:, 2] > -14) & (np.abs(positions[:, 0]) > 10)]
        return cls(
            center=positions[random.integers(len(positions))],
            radius=radius,
            mass=random.uniform(0.1, 0.35),
            outline=Ripple.draw(random, wavelength=28.0, amplitude=0.14 * radius),
            raggedness=Ripple.draw(random, wavelength=13.0, amplitude=1.0, terms=9),
            rim=0.0 if low_grade else min(random.uniform(1.8, 4.5), 0.2 * radius),
            swelling=random.uniform(6.0, 18.0),
        )

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm; the brain's surface bounds it."""
        ball = length(points - self.center) - self.radius
        inside_brain = 60.0 * (0.75 - layers.brain)  # steep: the core must fit below
        return np.maximum(ball + self.outline(points), inside_brain)

    def paint(self, canvas, points, layers, contrast) -> None:
        """Paint oedema, then the solid tumour, then its core."""
        distance = self.shape(points, layers)
        ragged = self.raggedness(points)
        reach = self.swelling * np.clip(0.8 + 0.5 * self.outline(points) / 3, 0.2, 1.6)
        oedema = np.clip(1.15 - distance / reach, 0, 1) * (0.15 + 0.85 * layers.white)
        paint(canvas, np.clip(oedema, 0, 1) * layers.brain * 0.9, contrast["oedema"])
        if self.rim == 0:
            signal = contrast["infiltrate"] * (1 + 0.07 * ragged)
            paint(canvas, soft_inside(distance, 3.0), signal)
            return
        share = np.clip(0.95 + 0.28 * ragged, 0.35, 1.0)
        signal = contrast["oedema"] + share * (contrast["rim"] - contrast["oedema"])
        paint(canvas, soft_inside(distance, 1.6), signal)
        core = distance + self.rim * np.clip(1 + 0.35 * ragged, 0.4, 1.8)
        debris = contrast["core"] * (1 + 0.12 * ragged)
        paint(canvas, soft_inside(core, 1.6), debris)
