"""What a scanner does to a head: contrast, coil shading, blur, noise.

Every class is scanned by the same scanners, so neither the border of a slice nor its
overall brightness tells what is in it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from braintumor.data.phantom.fields import Ripple

TISSUES = (
    "air csf grey white dura bone marrow fat muscle vitreous vein gland "
    "rim core oedema infiltrate meningioma adenoma cyst"
).split()

# Signal of each tissue, 0 to 1, in the order of TISSUES. `t1c` is T1 after contrast
# agent: whatever lies outside the blood-brain barrier lights up.
# fmt: off
WEIGHTINGS = {
    "t1c": (0, .10, .36, .46, .52, .05, .34, .82, .30, .16, .86, .80,
            .88, .17, .24, .25, .80, .68, .22),
    "t1": (0, .10, .38, .54, .22, .05, .42, .86, .32, .14, .18, .46,
           .33, .17, .30, .28, .37, .38, .30),
    "t2": (0, .96, .56, .36, .18, .04, .34, .72, .26, .98, .08, .46,
           .58, .92, .82, .80, .66, .62, .90),
    "flair": (0, .08, .50, .38, .24, .04, .30, .66, .30, .10, .12, .46,
              .68, .30, .86, .82, .64, .58, .45),
}
# fmt: on
SHARES = {"t1c": 0.72, "t1": 0.08, "t2": 0.12, "flair": 0.08}


@dataclass(frozen=True)
class Scanner:
    """The settings of one examination.

    Attributes:
        weighting: key of WEIGHTINGS.
        contrast: signal of every tissue, 0 to 1.
        shading: logarithm of the coil's sensitivity in space.
        noise: standard deviation of both receiver channels, 0 to 1.
        blur: standard deviation of the point spread in mm.
        gamma: exponent of the display curve.
        gain: display brightness.
    """

    weighting: str
    contrast: dict[str, float]
    shading: Ripple
    noise: float
    blur: float
    gamma: float
    gain: float

    @classmethod
    def draw(cls, random: np.random.Generator) -> "Scanner":
        """Draw an examination; nothing here knows the patient's class."""
        weighting = str(random.choice(list(SHARES), p=list(SHARES.values())))
        jitter = np.exp(random.normal(0, 0.07, size=len(TISSUES)))
        signals = np.clip(np.array(WEIGHTINGS[weighting]) * jitter, 0, 1.1)
        return cls(
            weighting=weighting,
            contrast=dict(zip(TISSUES, signals.tolist(), strict=True)),
            shading=Ripple.draw(random, wavelength=330.0, amplitude=0.13, terms=4),
            noise=float(random.uniform(0.008, 0.03)),
            blur=float(random.uniform(0.35, 0.9)),
            gamma=float(random.uniform(0.85, 1.25)),
            gain=float(random.uniform(0.85, 1.2)),
        )

    def expose(
        self,
        signal: np.ndarray,
        points: np.ndarray,
        pixel: float,
        random: np.random.Generator,
    ) -> np.ndarray:
        """Turn ideal signal into a grey slice.

        Args:
            signal: (side, side) 0 to 1.
            points: (side, side, 3) mm, where the pixels lie.
            pixel: edge of a pixel in mm.
            random: source of the noise.

        Returns:
            (side, side) uint8; air is black but for a few noisy pixels.
        """
        seen = ndimage.gaussian_filter(signal, self.blur / pixel)
        reach = np.clip(
            (points[..., 2] + 175) / 90, 0.1, 1
        )  # the coil ends at the neck
        seen = seen * reach * np.exp(self.shading(points))
        real, imaginary = random.normal(0, self.noise, size=(2, *signal.shape))
        magnitude = np.hypot(seen + real, imaginary)  # Rician, as in any magnitude MRI
        shown = np.clip((magnitude - 1.6 * self.noise) * self.gain, 0, 1) ** self.gamma
        return np.rint(255 * shown).astype(np.uint8)
