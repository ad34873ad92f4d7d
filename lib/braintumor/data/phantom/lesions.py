"""Three tumours, each a signed distance in space, placed where radiologists find them.

A lesion is drawn in template millimetres. `shape` is negative inside it, `push` says
where the brain now seen at a point came from, `paint` covers the healthy head.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from braintumor.data.phantom.anatomy import Anatomy, Layers
from braintumor.data.phantom.fields import Ripple, ellipsoid, merge, soft_inside
from braintumor.data.phantom.head import SELLA, paint


@dataclass(frozen=True)
class Lesion:
    """What all lesions share.

    Attributes:
        center: (3,) template mm.
        radius: mm, typical; the outline may reach a third further.
        mass: share of the lesion's volume that pushed brain aside, 0 to 1.
    """

    visible: ClassVar[bool] = True

    center: np.ndarray
    radius: float
    mass: float

    def push(self, points: np.ndarray) -> np.ndarray:
        """Return the undisturbed position of what now lies at `points`, mm.

        The brain gives way without being squeezed: shells around the centre keep
        their volume.
        """
        offset = points - self.center
        distance = np.sqrt((offset**2).sum(-1, keepdims=True)) + 1e-9
        room = self.mass * self.radius**3
        before = np.cbrt(np.maximum(distance**3 - room, 0.0))
        return self.center + offset * (before / distance)


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
        radius = random.uniform(9.0, 23.0)
        depth = anatomy.depth
        choices = np.argwhere((depth > 0.45 * radius + 4) & (depth < 30))
        positions = choices * 2.0 + anatomy.coarse_origin
        positions = positions[(positions[:, 2] > -14) & (np.abs(positions[:, 0]) > 10)]
        low_grade = random.random() < 0.22
        return cls(
            center=positions[random.integers(len(positions))],
            radius=radius,
            mass=random.uniform(0.1, 0.35),
            outline=Ripple.draw(random, wavelength=24.0, amplitude=0.17 * radius),
            raggedness=Ripple.draw(random, wavelength=11.0, amplitude=1.0, terms=9),
            rim=0.0 if low_grade else random.uniform(1.8, 4.5),
            swelling=random.uniform(5.0, 15.0),
        )

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm; the brain's surface bounds it."""
        ball = np.sqrt(((points - self.center) ** 2).sum(-1)) - self.radius
        inside_brain = 4.0 * (0.75 - layers.brain)
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
        core = distance + self.rim * np.clip(1 + 0.55 * ragged, 0.25, 2.2)
        debris = contrast["core"] * (1 + 0.12 * ragged)
        paint(canvas, soft_inside(core, 1.6), debris)


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
        radius = random.uniform(9.0, 21.0)
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

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm; the skull's inner table bounds it."""
        distance = None
        for *center, radius in self.lobes:
            ball = np.sqrt(((points - center) ** 2).sum(-1)) - radius
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
            along = np.sqrt(((points - self.anchor) ** 2).sum(-1))
            along = along - self.radius - self.tail
            band = np.abs(layers.dura + 0.3) - 1.3 * np.clip(-along / self.tail, 0, 1)
            paint(canvas, soft_inside(np.maximum(band, along)), contrast["meningioma"])
        signal = contrast["meningioma"] * (1 + self.texture(points))
        paint(canvas, soft_inside(distance), signal)


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
        width = random.uniform(6.5, 13.0)
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
            cyst=random.uniform(0.35, 0.6) * (random.random() < 0.2),
            texture=Ripple.draw(random, wavelength=8.0, amplitude=0.045),
        )

    def shape(self, points: np.ndarray, layers: Layers) -> np.ndarray:
        """Return the signed distance in mm."""
        bulb = np.sqrt(((points - self.above[:3]) ** 2).sum(-1)) - self.above[3]
        return merge(ellipsoid(points, self.center, self.radii), bulb, 2.5)

    def paint(self, canvas, points, layers, contrast) -> None:
        """Paint the tumour in place of the gland, sometimes with a cyst."""
        distance = self.shape(points, layers)
        signal = contrast["adenoma"] * (1 + self.texture(points))
        paint(canvas, soft_inside(distance), signal)
        if self.cyst:
            hollow = ellipsoid(points, self.center, self.radii * self.cyst)
            paint(canvas, soft_inside(hollow, 2.0), contrast["cyst"])


@dataclass(frozen=True)
class NoTumor(Lesion):
    """A healthy patient: an invisible point of interest that slices pass near."""

    visible: ClassVar[bool] = False

    @classmethod
    def place(cls, random: np.random.Generator, anatomy: Anatomy) -> "NoTumor":
        """Draw a point wherever a lesion could have been, of any class."""
        kinds = (Glioma, Meningioma, PituitaryTumor)
        lesion = kinds[random.integers(3)].place(random, anatomy)
        return cls(lesion.center, lesion.radius, 0.0)

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
