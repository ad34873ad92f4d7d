"""One phantom patient: a head, a lesion, an examination, and slices through them."""

from dataclasses import dataclass

import numpy as np

from braintumor.data.phantom.anatomy import Anatomy
from braintumor.data.phantom.fields import Deformation
from braintumor.data.phantom.head import HeadStyle, paint_gland, paint_head
from braintumor.data.phantom.lesion import Lesion
from braintumor.data.phantom.lesions import KINDS
from braintumor.data.phantom.pituitary import PituitaryTumor
from braintumor.data.phantom.scanner import Scanner

SMALLEST_SECTION = 60.0  # mm²; a slice that shows less of its lesion is moved inwards

# Columns to the right, rows downwards and the slice's normal, in mm; then the middle
# of the picture. Axial and coronal slices show the patient's right on the left.
FRAMES = {
    "axial": ([[-1, 0, 0], [0, -1, 0], [0, 0, 1]], [0, -17, 0]),
    "coronal": ([[-1, 0, 0], [0, 0, -1], [0, 1, 0]], [0, 0, -10]),
    "sagittal": ([[0, -1, 0], [0, 0, -1], [1, 0, 0]], [0, -8, -14]),
}


@dataclass(frozen=True)
class Slice:
    """One picture: `image` (side, side) uint8 and its lesion `mask` (bool)."""

    image: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Patient:
    """Everything that a patient's slices share.

    Attributes:
        plane: key of FRAMES.
        head: shape of the head.
        style: soft parts and bones.
        lesion: the lesion, in the template's millimetres.
        scanner: the examination.
        axes: (3, 3) unit vectors: across, down, and the slices' normal.
        middle: (3,) mm, what the picture is centred on.
        view: edge of the picture in mm.
        seat: (3,) mm, the lesion's focus in the patient; offsets count from it.
    """

    plane: str
    head: Deformation
    style: HeadStyle
    lesion: Lesion
    scanner: Scanner
    axes: np.ndarray
    middle: np.ndarray
    view: float
    seat: np.ndarray

    @classmethod
    def draw(
        cls, label: str, plane: str, random: np.random.Generator, anatomy: Anatomy
    ) -> "Patient":
        """Draw a patient of class `label`; all but the lesion ignores the class."""
        axes, middle = FRAMES[plane]
        axes = np.array(axes, dtype=float)
        if plane == "sagittal" and random.random() < 0.5:
            axes[0] *= -1  # some archives show the face on the right
        head = Deformation.draw(random)
        style, scanner = HeadStyle(random), Scanner.draw(random)
        axes = axes @ tilt(random.normal(0, [4.0, 3.0, 3.0])).T
        middle = (middle + random.normal(0, 3.0, size=3)) * head.scale
        view = random.uniform(218.0, 246.0) * head.scale.mean()
        # Last, so that what was drawn before is the same for every class.
        lesion = KINDS[label].place(random, anatomy)
        return cls(
            plane=plane,
            head=head,
            style=style,
            lesion=lesion,
            scanner=scanner,
            axes=axes,
            middle=middle,
            view=view,
            seat=head.invert(lesion.focus),
        )

    def points(self, offset: float, side: int) -> np.ndarray:
        """Return where the pixels of a slice lie, (side, side, 3) mm.

        Args:
            offset: mm from the lesion's focus along the slice's normal.
            side: pixels along an edge.
        """
        across, down, normal = self.axes
        height = ((self.seat - self.middle) * normal).sum() + offset
        steps = ((np.arange(side) + 0.5) / side - 0.5) * self.view
        plane = steps[:, None, None] * down + steps[None, :, None] * across
        return plane + self.middle + height * normal

    def outline(self, offset: float, side: int, anatomy: Anatomy) -> np.ndarray:
        """Return the lesion's mask (side, side) on the slice at `offset` mm."""
        points = self.head(self.points(offset, side))
        layers = anatomy.layers(points, self.lesion.push(points))
        return self.lesion.shape(points, layers) < 0

    def offsets(self, count: int, anatomy: Anatomy) -> list[float]:
        """Return where to cut `count` slices, mm, so that all show the lesion."""
        spacing = min(6.0, 1.2 * self.lesion.radius / max(count - 1, 1))
        chosen = []
        for step in np.arange(count) - (count - 1) / 2:
            offset = float(step * spacing)
            while not self.shows_enough(offset, anatomy) and abs(offset) > 0.2:
                offset *= 0.7
            chosen.append(offset)
        return chosen

    def shows_enough(self, offset: float, anatomy: Anatomy) -> bool:
        """Say whether a cut at `offset` mm shows the lesion, where there is one."""
        if not self.lesion.visible:
            return True
        coarse = 64
        pixel = self.view / coarse
        area = self.outline(offset, coarse, anatomy).sum() * pixel**2
        return area > SMALLEST_SECTION

    def render(
        self, offset: float, side: int, random: np.random.Generator, anatomy: Anatomy
    ) -> Slice:
        """Return the slice at `offset` mm from the lesion's focus."""
        places = self.points(offset, side)
        points = self.head(places)
        layers = anatomy.layers(points, self.lesion.push(points))
        signal = paint_head(points, layers, self.style, self.scanner.contrast)
        if not isinstance(self.lesion, PituitaryTumor):
            paint_gland(signal, points, self.scanner.contrast)
        self.lesion.paint(signal, points, layers, self.scanner.contrast)
        image = self.scanner.expose(signal, places, self.view / side, random)
        return Slice(image, self.lesion.shape(points, layers) < 0)


def tilt(degrees: np.ndarray) -> np.ndarray:
    """Return the rotation matrix (3, 3) of turns about the three axes."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[first, first] = step[second, second] = np.cos(angle)
        step[first, second], step[second, first] = -np.sin(angle), np.sin(angle)
        turn = step @ turn
    return turn
