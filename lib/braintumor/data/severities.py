"""How strong a corruption is at each severity: one ladder for all, set on phantoms.

The rule, fixed before any model saw a corrupted slice: severity 1 to 5 is the strength
at which the median peak signal-to-noise ratio of phantom slices is 36, 32, 28, 24 and
20 dB, so that equal severities change the pixels equally much (in the square). JPEG
does not go that far: its five steps, equal in dB too, end at 25 dB, near quality 1. The
rule says nothing of how much a reader would mind. No real slice, and no model, took
part.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from braintumor import paths
from braintumor.data import images, sources
from braintumor.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt, distort

MILDEST, WORST = 36.0, 20.0  # dB, of severity 1 and 5
WORST_JPEG = 25.0
PHANTOMS = {"slices": 40, "side": 224, "seed": 31}
SEED = 7
RUNGS = tuple((name, severity) for name in CORRUPTIONS for severity in SEVERITIES)
HALVINGS = 12  # of the bracket; after them its strength is known to three digits
# Strengths between which each ladder is looked for.
BRACKETS = {
    "bias_field": (0.0, 2.0),
    "ghosting": (0.0, 2.0),
    "motion": (0.0, 30.0),
    "gibbs_ringing": (0.0, 0.99),
    "rician_noise": (0.0, 100.0),
    "blur": (0.05, 10.0),
    "gamma": (0.0, 2.0),
    "low_resolution": (0.0, 0.98),
    "jpeg": (5.0, 99.0),
    "burnt_in_text": (1.0, 96.0),
}


def load_phantoms() -> list[np.ndarray]:
    """Return the phantom slices that set the ladder; drawn once, then kept."""
    from braintumor.data import phantom  # brings the anatomy's libraries with it

    root: Path = paths.cache_root() / "ladder_phantoms"
    phantom.generate(root, **PHANTOMS)
    rows = sources.list_slices("phantom", root)
    return [images.decode_slice(root / row.path) for row in rows]


def list_targets(corruption: str) -> list[float]:
    """Return the peak signal-to-noise ratio of severity 1 to 5, dB, in equal steps."""
    worst = WORST_JPEG if corruption == "jpeg" else WORST
    return np.linspace(MILDEST, worst, len(SEVERITIES)).tolist()


def measure_noise(
    slices: Sequence[np.ndarray], corrupted: Sequence[np.ndarray]
) -> float:
    """Return the median peak signal-to-noise ratio of slices, dB.

    Args:
        slices: grey values uint8, before.
        corrupted: the same slices after.
    """
    pairs = zip(slices, corrupted, strict=True)
    return float(np.median([cv2.PSNR(before, after) for before, after in pairs]))


def find_strength(
    slices: Sequence[np.ndarray], corruption: str, target: float, *, seed: int = SEED
) -> float:
    """Return the strength at which a corruption changes slices as much as wanted.

    Args:
        slices: grey values uint8.
        corruption: a key of `CORRUPTIONS`.
        target: median peak signal-to-noise ratio, dB.
        seed: of what is drawn.

    Returns:
        The strength, between the ends of its bracket; an end where the target lies
        outside.
    """
    low, high = BRACKETS[corruption]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        corrupted = [
            distort(grey, corruption, middle, seed=seed, slice_id=str(position))
            for position, grey in enumerate(slices)
        ]
        weak = measure_noise(slices, corrupted) > target
        low, high = (middle, high) if weak else (low, middle)
    return (low + high) / 2


def measure_ladder(
    slices: Sequence[np.ndarray], names: Sequence[str], *, seed: int = SEED
) -> dict[tuple[str, int], float]:
    """Measure how much each severity of each corruption changes slices.

    Args:
        slices: grey values uint8.
        names: what the slices are called; it decides what is drawn.
        seed: of what is drawn.

    Returns:
        (corruption, severity) → median peak signal-to-noise ratio, dB.
    """
    measured = {}
    for name, severity in RUNGS:
        corrupted = [
            corrupt(grey, name, severity, seed=seed, slice_id=slice_id)
            for grey, slice_id in zip(slices, names, strict=True)
        ]
        measured[name, severity] = measure_noise(slices, corrupted)
    return measured


def tabulate_ladder() -> pd.DataFrame:
    """Return the ladder as its phantoms measure it.

    Returns:
        One row per corruption and severity: `corruption`, `severity`, `strength`,
        `unit`, `target` and `psnr` (dB, the median) and `phantoms`, their number.
    """
    phantoms = load_phantoms()
    measured = measure_ladder(phantoms, [str(i) for i in range(len(phantoms))])
    rows = [
        {
            "corruption": name,
            "severity": severity,
            "strength": CORRUPTIONS[name].strengths[severity - 1],
            "unit": CORRUPTIONS[name].unit,
            "target": list_targets(name)[severity - 1],
            "psnr": psnr,
            "phantoms": len(phantoms),
        }
        for (name, severity), psnr in measured.items()
    ]
    return pd.DataFrame(rows)
