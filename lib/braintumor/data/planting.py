"""Repeats planted on purpose, to count which of them a search finds.

How strong each change is was written down before anything was searched: about what
happens to a slice between two uploads.
"""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

KINDS = ("mirror", "quarter_turn", "crop", "jpeg", "brightness")
KEPT = 0.9  # share of each side that a crop leaves
QUALITY = 40  # of the JPEG encoding, 0 to 100; pictures on the web mostly have 75 or up
GAIN = (0.8, 1.2)  # of the grey values
OFFSET = (-20, 20)  # grey levels


def plant(
    image: np.ndarray, kind: str, random: np.random.Generator, *, kept: float = KEPT
) -> np.ndarray:
    """Return a slice as someone else might have uploaded it again.

    Args:
        image: (height, width) uint8.
        kind: one of `KINDS`.
        random: draws the direction of a turn, the place of a crop, and the greys.
        kept: share of each side that a crop leaves, (0, 1].

    Returns:
        uint8; a crop is brought back to the size of `image`, a turn changes the sides.

    Raises:
        ValueError: `kind` is unknown, or `kept` is out of range.
    """
    if kind == "mirror":
        return np.ascontiguousarray(image[:, ::-1])
    if kind == "quarter_turn":
        return np.ascontiguousarray(np.rot90(image, random.choice([1, 3])))
    if kind == "crop":
        return _crop(image, kept, random)
    if kind == "jpeg":
        settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        _, content = cv2.imencode(".jpg", image, settings)
        return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    if kind == "brightness":
        values = image * random.uniform(*GAIN) + random.uniform(*OFFSET)
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)
    raise ValueError(f"kind={kind!r} is no repeat: use one of {', '.join(KINDS)}.")


def _crop(image: np.ndarray, kept: float, random: np.random.Generator) -> np.ndarray:
    """Cut a window at a random place and enlarge it to the size of the slice."""
    if not 0 < kept <= 1:
        raise ValueError(f"kept={kept} must lie above 0, at most 1; try {KEPT}.")
    height, width = (max(1, round(kept * side)) for side in image.shape)
    top = int(random.integers(image.shape[0] - height + 1))
    left = int(random.integers(image.shape[1] - width + 1))
    window = image[top : top + height, left : left + width]
    return cv2.resize(window, image.shape[::-1], interpolation=cv2.INTER_LINEAR)


def plan_repeats(
    groups: np.ndarray, kinds: np.ndarray, kept: np.ndarray, *, seed: int
) -> pd.DataFrame:
    """Choose which slice is repeated how.

    No two repeats of one kind and one `kept` come from one group, so that each is
    evidence of its own.

    Args:
        groups: (n,) what belongs together among the slices.
        kinds: (m,) of `KINDS`, equal ones next to each other.
        kept: (m,) share of each side that a crop leaves.
        seed: of the choice.

    Returns:
        m rows: `original` (row of a slice), `kind`, `kept`.

    Raises:
        ValueError: there are fewer groups than repeats of one kind.
    """
    plan = pd.DataFrame({"kind": kinds, "kept": kept})
    random = np.random.default_rng(seed)
    plan["original"] = 0
    for (kind, _), rows in plan.groupby(["kind", "kept"]).groups.items():
        names = np.unique(groups)
        if len(names) < len(rows):
            raise ValueError(
                f"{len(rows)} repeats of kind {kind} need as many groups; there are "
                f"{len(names)}. Plant fewer."
            )
        chosen = random.choice(names, len(rows), replace=False)
        plan.loc[rows, "original"] = [
            random.choice(np.flatnonzero(groups == name)) for name in chosen
        ]
    return plan


def write_repeats(
    plan: pd.DataFrame, originals: list[np.ndarray], folder: Path, *, seed: int
) -> pd.DataFrame:
    """Write planned repeats as files, for the project's own decoder.

    Args:
        plan: m rows from `plan_repeats`.
        originals: (m,) the slices to repeat, (height, width) uint8.
        folder: gets `0000.png` and so on.
        seed: of turns, places and greys.

    Returns:
        The plan with `path`, relative to `folder`.
    """
    random = np.random.default_rng(seed)
    names = [f"{number:04d}.png" for number in range(len(plan))]
    for name, row, image in zip(names, plan.itertuples(), originals, strict=True):
        repeat = plant(image, row.kind, random, kept=row.kept)
        cv2.imwrite(str(folder / name), repeat)
    return plan.assign(path=names)
