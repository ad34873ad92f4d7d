"""Smooth random fields in space, cheap to evaluate anywhere on any slice."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ripple:
    """A sum of plane waves: the same value at the same point on every slice.

    Attributes:
        waves: (terms, 3) wave vectors in radians per mm.
        phases: (terms,) radians.
        amplitude: standard deviation of the field, in the caller's unit.
    """

    waves: np.ndarray
    phases: np.ndarray
    amplitude: float

    @classmethod
    def draw(
        cls,
        random: np.random.Generator,
        *,
        wavelength: float,
        amplitude: float,
        terms: int = 6,
    ) -> "Ripple":
        """Draw a field; `wavelength` in mm is met within a third either way."""
        directions = random.normal(size=(terms, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        lengths = wavelength * random.uniform(0.67, 1.33, size=(terms, 1))
        phases = random.uniform(0, 2 * np.pi, size=terms)
        return cls(2 * np.pi * directions / lengths, phases, amplitude)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the field at `points (..., 3)` mm, shape (...)."""
        return self.at(*split_axes(points))

    def at(self, right: np.ndarray, front: np.ndarray, up: np.ndarray) -> np.ndarray:
        """Return the field where the three coordinates, in mm, are already apart."""
        total = np.zeros(right.shape)
        # Written out rather than `points @ wave`: the order of additions inside a
        # matrix product depends on the machine's BLAS, and slices must not.
        for (x, y, z), phase in zip(self.waves, self.phases, strict=True):
            total += np.sin(x * right + y * front + z * up + phase)
        return total * (self.amplitude * np.sqrt(2 / len(self.phases)))


@dataclass(frozen=True)
class Deformation:
    """One person's head: scaled along the axes and smoothly displaced.

    Attributes:
        scale: (3,) size along each axis, relative to the template.
        waves: broad waves that shape the head, then fine ones that shape the gyri.
        pulls: (terms, 3) mm, where each wave pulls to.
    """

    scale: np.ndarray
    waves: tuple[Ripple, ...]
    pulls: np.ndarray

    @classmethod
    def draw(cls, random: np.random.Generator) -> "Deformation":
        """Draw a head up to 7 % larger or smaller, with its own shape and gyri."""
        lengths = [110.0] * 5 + [34.0] * 6
        waves = tuple(
            Ripple.draw(random, wavelength=length, amplitude=1.0, terms=1)
            for length in lengths
        )
        strengths = np.array([1.0] * 5 + [0.4] * 6)[:, None]
        pulls = random.normal(size=(len(waves), 3)) * strengths
        return cls(random.uniform(0.93, 1.07, size=3), waves, pulls)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return where in the template the patient's `points (..., 3)` lie, mm."""
        moved = points / self.scale
        axes = split_axes(points)
        for wave, pull in zip(self.waves, self.pulls, strict=True):
            height = wave.at(*axes)
            for axis in range(3):
                moved[..., axis] += height * pull[axis]
        return moved

    def invert(self, template_point: np.ndarray) -> np.ndarray:
        """Return the patient's point (3,) that lies at `template_point`."""
        point = np.asarray(template_point, dtype=float) * self.scale
        for _ in range(30):
            point = point + (template_point - self(point[None])[0]) * self.scale
        return point


def split_axes(points: np.ndarray) -> np.ndarray:
    """Return `points (..., 3)` as (3, ...), contiguous: sines are quicker on it."""
    return np.ascontiguousarray(np.moveaxis(points, -1, 0))


def soft_inside(distance: np.ndarray, width: float = 1.2) -> np.ndarray:
    """Return 1 inside and 0 outside a surface, with an edge `width` mm wide."""
    return np.clip(0.5 - distance / width, 0.0, 1.0)


def length(offsets: np.ndarray) -> np.ndarray:
    """Return the lengths of `offsets (..., 3)`; quicker than a sum over an axis."""
    x, y, z = offsets[..., 0], offsets[..., 1], offsets[..., 2]
    return np.sqrt(x * x + y * y + z * z)


def ellipsoid(
    points: np.ndarray, center: tuple | np.ndarray, radii: tuple | np.ndarray
) -> np.ndarray:
    """Return roughly the signed distance in mm to an ellipsoid, negative inside."""
    radii = np.asarray(radii, dtype=float)
    offset = (points - np.asarray(center)) / radii
    return (length(offset) - 1.0) * radii.min()


def merge(left: np.ndarray, right: np.ndarray, blend: float) -> np.ndarray:
    """Return the smooth union of two signed distances, blended over `blend` mm."""
    share = np.clip(0.5 + 0.5 * (right - left) / blend, 0.0, 1.0)
    return right * (1 - share) + left * share - blend * share * (1 - share)
