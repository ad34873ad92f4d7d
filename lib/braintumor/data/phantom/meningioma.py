"""Meningioma: a tumour of the dura, pressing on the brain from outside."""

from dataclasses import dataclass

import numpy as np

from braintumor.data.phantom.anatomy import Anatomy, Layers
from braintumor.data.phantom.fields import Ripple, length, merge, soft_inside
from braintumor.data.phantom.head import paint
from braintumor.data.phantom.lesion import Lesion


@dataclass(frozen=True)
class Meningioma(Lesion):
    """On the dura: round or lobed, evenly bright, broad base, often a dural tail.

    Attributes:
        lobes: (n, 4) centre in mm and radius in mm of each lobe.
        anchor: (3,) mm, middle of the base on the dura.
        texture: faint unevenness.
        tail: reach of the dural tail beyond the base, mm; 0 for none.
        swelling: reach of the oedema, mm; 0 for none.
    """

    lobes: np.ndarray
    anchor: np.ndarray
    texture: Ripple
    tail: float
    swelling: float

    @classmethod
    def place(cls, random: np.random.Generator, anatomy: Anatomy) -> "Meningioma":
        """Draw a meningioma on the convexity, beside the falx or at the skull base."""
        radius = random.uniform(10.0, 24.0)
        anchor = draw_anchor(random, anatomy)
        inward = -dura_normal(anatomy, anchor)
        center = anchor + inward * radius * random.uniform(0.45, 0.8)
        lobes = [[*center, radius]]
        for _ in range(int(random.integers(0, 3))):
            sideways = random.normal(size=3)
            sideways -= inward * (sideways * inward).sum()
            sideways *= radius * random.uniform(0.4, 0.7) / np.linalg.norm(sideways)
            lobes.append([*(center + sideways), radius * random.uniform(0.5, 0.75)])
        return cls(
            center=center,
            radius=radius,
            mass=random.uniform(0.4, 0.7),
            lobes=np.array(lobes),
            anchor=anchor,
            texture=Ripple.draw(random, wavelength=9.0, amplitude=0.025),
            tail=radius * random.uniform(0.4, 0.8) * (random.random() < 0.6),
            swelling=random.uniform(3.0, 9.0) * (random.random() < 0.4),
        )

    @property
    def focus(self) -> np.ndarray:
        """Return a point between centre and base, so that slices show the base."""
        return 0.4 * self.center + 0.6 * self.anchor

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm; the skull's inner table bounds it."""
        distance = None
        for *center, radius in self.lobes:
            ball = length(points - center) - radius
            distance = ball if distance is None else merge(distance, ball, 4.0)
        return np.maximum(distance, layers.dura - 0.8)

    def paint(self, canvas, points, layers, contrast) -> None:
        """Paint swelling, the cleft of fluid, the tumour and its tail."""
        distance = self.shape(points, layers)
        inside = soft_inside(layers.dura)
        if self.swelling:
            oedema = np.clip(1 - distance / self.swelling, 0, 1) * layers.white
            paint(canvas, oedema, contrast["oedema"])
        paint(canvas, 0.7 * inside * soft_inside(distance - 1.3, 1.5), contrast["csf"])
        if self.tail:
            along = length(points - self.anchor)
            along = along - self.radius - self.tail
            band = np.abs(layers.dura + 0.3) - 1.8 * np.clip(-along / self.tail, 0, 1)
            paint(canvas, soft_inside(np.maximum(band, along)), contrast["meningioma"])
        signal = contrast["meningioma"] * (1 + self.texture(points))
        paint(canvas, soft_inside(distance), signal)


def draw_anchor(random: np.random.Generator, anatomy: Anatomy) -> np.ndarray:
    """Return a point (3,) on the dura: convexity, beside the falx, or skull base."""
    choices = np.argwhere(np.abs(anatomy.dura + 0.5) < 0.8)
    positions = choices * 2.0 + anatomy.coarse_origin
    x, y, z = positions.T
    place = random.random()
    if place < 0.6:
        wanted = (z > -5) & (np.abs(x) > 15)
    elif place < 0.8:
        wanted = (z > 30) & (np.abs(x) < 12) & (np.abs(x) > 4)
    else:
        wanted = (z < -5) & (z > -45) & (np.abs(x) > 18)
    positions = positions[wanted]
    return positions[random.integers(len(positions))]


def dura_normal(anatomy: Anatomy, point: np.ndarray) -> np.ndarray:
    """Return the outward unit normal (3,) of the dura near `point`."""
    steps = 6.0 * np.eye(3)
    ahead = anatomy.dura_distance(point + steps)
    behind = anatomy.dura_distance(point - steps)
    normal = ahead - behind
    return normal / np.linalg.norm(normal)
