"""What goes wrong while a scanner fills k-space, the Fourier transform of a slice.

Rows are the phase-encoding direction: one line of k-space is read after the other, so
what changes with time ends up there. A slice that was published holds magnitudes of
one combined coil, so its phase is taken as zero; nothing here knows the true raw data.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.polynomial import legendre

FIELD_ORDER = 3  # of the polynomial


class Pose(NamedTuple):
    """Where a head lies, relative to the slice.

    Attributes:
        turn: degrees, anticlockwise.
        across: pixels to the right.
        down: pixels downwards.
    """

    turn: float
    across: float
    down: float


def modulate_lines(
    values: np.ndarray, *, strength: float, shift: int, phase: float
) -> np.ndarray:
    """Let the signal pulsate while the lines are read, which makes two ghosts.

    Line k is weighted by 1 + strength · cos(2πk·shift/height + phase). By the shift
    theorem that adds the slice itself, `shift` rows up and down (around the edge), each
    times strength / 2.

    Args:
        values: (height, width) float, ≥ 0.
        strength: 0 or more.
        shift: rows between the slice and either ghost.
        phase: of the pulsation when the centre of k-space is read, radians.

    Returns:
        magnitudes (height, width) float.

    Source: Wood and Henkelman, MR image artifacts from periodic motion (1985).
    """
    height = len(values)
    lines = np.fft.fftfreq(height, 1 / height)
    weights = 1 + strength * np.cos(2 * np.pi * lines * shift / height + phase)
    return np.abs(np.fft.ifft(np.fft.fft(values, axis=0) * weights[:, None], axis=0))


def join_poses(
    values: np.ndarray, *, first: Pose, last: Pose, cuts: tuple[int, int]
) -> np.ndarray:
    """Let the head jerk twice while the lines are read from top to bottom.

    The lines around the centre come from the slice as it is, so that the head stays
    where it was; those read before come from a head in the pose `first`, those read
    after from one in the pose `last`.

    Args:
        values: (height, width) float, ≥ 0.
        first: pose before the first jerk.
        last: pose after the second.
        cuts: lines read before the first and after the second jerk that lie beyond this
            distance from the centre, 0 to height / 2.

    Returns:
        magnitudes (height, width) float.

    Source: Shaw et al., MRI k-space motion artefact augmentation (2019).
    """
    height = len(values)
    lines = np.fft.fftfreq(height, 1 / height)
    kspace = np.fft.fft2(values)
    for pose, moved in ((first, lines < -cuts[0]), (last, lines > cuts[1])):
        kspace[moved] = np.fft.fft2(_move(values, pose))[moved]
    return np.abs(np.fft.ifft2(kspace))


def truncate_kspace(values: np.ndarray, *, kept: float) -> np.ndarray:
    """Keep the middle of k-space alone: edges ring, and fine detail is gone.

    Args:
        values: (height, width) float.
        kept: share of the lines and of the columns, 0 to 1; 1 keeps all.

    Returns:
        (height, width) float, real because what is kept is symmetric; edges overshoot
        by up to 9 % of their height.

    Source: Czervionke et al., Characteristic features of MR truncation artifacts
    (1988).
    """
    kspace = np.fft.fft2(values)
    for axis, length in enumerate(values.shape):
        inside = np.abs(np.fft.fftfreq(length)) <= kept / 2
        kspace *= np.expand_dims(inside, 1 - axis)
    return np.fft.ifft2(kspace).real


def add_receiver_noise(
    values: np.ndarray, *, deviation: float, noise: np.ndarray
) -> np.ndarray:
    """Add noise to both channels of the receiver and take the magnitude.

    The noise of a magnitude slice is Rician: where there is no signal it is Rayleigh
    noise of mean deviation · √(π/2), elsewhere nearly Gaussian.

    Args:
        values: (height, width) float, ≥ 0.
        deviation: standard deviation of each channel, in grey levels.
        noise: (2, height, width) standard normal, of the real and imaginary channel.

    Returns:
        magnitudes (height, width) float.

    Source: Gudbjartsson and Patz, The Rician distribution of noisy MRI data (1995).
    """
    real, imaginary = deviation * noise
    return np.hypot(values + real, imaginary)


def draw_field(shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Draw the logarithm of a coil's sensitivity: smooth, mean 0, deviation 1.

    Args:
        shape: (height, width).
        random: of the coefficients of a polynomial of order `FIELD_ORDER`.

    Returns:
        (height, width) float.

    Source: Van Leemput et al., Automated model-based bias field correction of MR images
    of the brain (1999), for the polynomial in the logarithm.
    """
    down, across = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    orders = np.arange(FIELD_ORDER + 1)
    coefficients = random.normal(size=(FIELD_ORDER + 1, FIELD_ORDER + 1))
    coefficients[orders[:, None] + orders > FIELD_ORDER] = 0
    field = legendre.legval2d(down, across, coefficients)
    return (field - field.mean()) / field.std()


def _move(values: np.ndarray, pose: Pose) -> np.ndarray:
    """Return the slice with the head in another pose; what moves in is black."""
    height, width = values.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, pose.turn, 1.0)
    matrix[:, 2] += pose.across, pose.down
    return cv2.warpAffine(values, matrix, (width, height), flags=cv2.INTER_LINEAR)
