"""The head under every phantom: MNI152 tissue maps and distances to the dura.

Positions are millimetres in MNI space, `points (..., 3)` = right, anterior, superior.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

CLOSING = 14.0  # mm; bridges fissures and the gap between the temporal lobes
MARGIN = 28  # mm of air kept around the template, enough for skull and scalp
COARSE = 2  # mm; distances are smooth, so half the resolution loses nothing


@dataclass(frozen=True)
class Layers:
    """What the anatomy holds at some points; every array has their leading shape.

    Attributes:
        grey: grey-matter share, 0 to 1.
        white: white-matter share, 0 to 1.
        brain: brain share (tissue and inner fluid), 0 to 1.
        dura: signed distance to the dura in mm, negative inside the cranial cavity.
    """

    grey: np.ndarray
    white: np.ndarray
    brain: np.ndarray
    dura: np.ndarray


@dataclass(frozen=True)
class Anatomy:
    """MNI152 volumes; `origin` is the position of voxel (0, 0, 0) in mm."""

    grey: np.ndarray
    white: np.ndarray
    brain: np.ndarray
    origin: np.ndarray
    dura: np.ndarray
    depth: np.ndarray
    coarse_origin: np.ndarray

    def dura_distance(self, points: np.ndarray) -> np.ndarray:
        """Return the signed distance to the dura in mm, negative inside."""
        return sample(self.dura, (points - self.coarse_origin) / COARSE)

    def layers(self, points: np.ndarray, tissue_points: np.ndarray) -> Layers:
        """Look up the anatomy.

        Args:
            points: (..., 3) mm, where the skull is looked up.
            tissue_points: (..., 3) mm, where the brain is looked up; they differ from
                `points` where a lesion pushes the brain aside but not the skull.
        """
        voxels = tissue_points - self.origin
        return Layers(
            grey=sharpen(sample(self.grey, voxels) / 255),
            white=sharpen(sample(self.white, voxels) / 255),
            brain=sample(self.brain, voxels) / 255,
            dura=self.dura_distance(points),
        )


def sample(volume: np.ndarray, voxels: np.ndarray) -> np.ndarray:
    """Interpolate `volume` linearly at `voxels (..., 3)`, edge values outside."""
    return ndimage.map_coordinates(
        volume, np.moveaxis(voxels, -1, 0), output=np.float64, order=1, mode="nearest"
    )


def sharpen(share: np.ndarray) -> np.ndarray:
    """Steepen a tissue share: an average of many brains is blurrier than one brain."""
    return np.clip(1.7 * share - 0.35, 0.0, 1.0)


@lru_cache(maxsize=1)
def load_anatomy() -> Anatomy:
    """Read the MNI152 volumes that ship inside nilearn; no network is touched."""
    from nilearn import datasets  # two seconds to import: only where it is used

    image = datasets.load_mni152_template(resolution=1)
    brain = np.pad(image.get_fdata(dtype=np.float32) > 0, MARGIN)
    origin = image.affine[:3, 3] - MARGIN
    grey = tissue_bytes(datasets.load_mni152_gm_template(resolution=1))
    white = tissue_bytes(datasets.load_mni152_wm_template(resolution=1))
    coarse = brain[::COARSE, ::COARSE, ::COARSE]
    return Anatomy(
        grey=grey,
        white=white,
        brain=brain.astype(np.uint8) * 255,
        origin=origin,
        dura=cavity_distance(coarse),
        depth=COARSE * ndimage.distance_transform_edt(coarse).astype(np.float32),
        coarse_origin=origin,
    )


def tissue_bytes(image) -> np.ndarray:
    """Return a tissue map as padded uint8, an eighth of nilearn's memory."""
    return np.pad((image.get_fdata(dtype=np.float32) * 255).astype(np.uint8), MARGIN)


def cavity_distance(brain: np.ndarray) -> np.ndarray:
    """Return the signed distance to the dura in mm, float32, on the coarse grid.

    The cranial cavity is the brain with its fissures closed and 2 mm of fluid around.
    """
    outside = COARSE * ndimage.distance_transform_edt(~brain)
    closed = COARSE * ndimage.distance_transform_edt(outside < CLOSING) > CLOSING - 3.0
    signed = ndimage.distance_transform_edt(~closed) - ndimage.distance_transform_edt(
        closed
    )
    return ndimage.gaussian_filter(COARSE * signed, 1.0).astype(np.float32)
