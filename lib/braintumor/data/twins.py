"""Slices that look alike: thumbnails, and the pairs of them that nearly coincide."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from braintumor.data.images import UnreadableSliceError, decode_slice

SIDE = 32  # pixels: forgives re-saving, still tells slices apart
SIMILARITY = 0.95  # Pearson correlation that still joins neighbouring slices
BLOCK = 512  # rows of one matrix product; bounds memory at BLOCK × n × 4 bytes
DECIMALS = 4  # of a stored similarity; below them the order of summation shows

# Name -> (mirrored first?, quarter turns counter-clockwise after that).
ORIENTATIONS = {
    "upright": (False, 0),
    "quarter_turn": (False, 1),
    "half_turn": (False, 2),
    "three_quarter_turn": (False, 3),
    "mirror": (True, 0),
    "mirror_quarter_turn": (True, 1),
    "mirror_half_turn": (True, 2),
    "mirror_three_quarter_turn": (True, 3),
}
# Mirror images undo themselves; only two turns need each other.
INVERSES = {name: name for name in ORIENTATIONS} | {
    "quarter_turn": "three_quarter_turn",
    "three_quarter_turn": "quarter_turn",
}


def orient(images: np.ndarray, orientation: str) -> np.ndarray:
    """Mirror and turn square images.

    Args:
        images: `(..., side, side)`.
        orientation: a key of `ORIENTATIONS`; "mirror" exchanges left and right.

    Returns:
        A contiguous array of the same shape.
    """
    mirrored, turns = ORIENTATIONS[orientation]
    images = images[..., ::-1] if mirrored else images
    return np.ascontiguousarray(np.rot90(images, turns, axes=(-2, -1)))


def thumbnails(
    manifest: pd.DataFrame, root: Path, *, side: int = SIDE, workers: int | None = None
) -> np.ndarray:
    """Shrink every slice so that the dot product of two is their correlation.

    Args:
        manifest: one row per slice; needs `path`, relative to `root`.
        root: folder of the source.
        side: width and height of a thumbnail, pixels.
        workers: decoding threads; the number of processors by default.

    Returns:
        `(n, side * side)` float32, each row mean-free and of unit length (a slice of
        one grey level gives zeros, which resemble nothing).

    Raises:
        UnreadableSliceError: names every file that does not decode.
    """

    def shrink(path: str) -> np.ndarray | UnreadableSliceError:
        try:
            grey = decode_slice(Path(root) / path).astype(np.float32)
        except UnreadableSliceError as error:
            return error
        return cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA).ravel()

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        found = pool.map(shrink, manifest["path"])
        rows = list(tqdm(found, "thumbnails", len(manifest), unit="slice"))
    errors = [row for row in rows if isinstance(row, UnreadableSliceError)]
    if errors:
        raise UnreadableSliceError("\n".join(map(str, errors)))
    thumbs = np.stack(rows) if rows else np.zeros((0, side * side), np.float32)
    return _normalized(thumbs)


def _normalized(thumbs: np.ndarray) -> np.ndarray:
    """Subtract each row's mean and divide by its length, `(n, values)` float32."""
    thumbs = thumbs - thumbs.mean(axis=1, keepdims=True)
    length = np.linalg.norm(thumbs, axis=1, keepdims=True)
    blank = length < 1e-3  # grey levels: rounding of a constant image, not contrast
    return np.where(blank, 0, thumbs / np.where(blank, 1, length)).astype(np.float32)


def find_twins(
    thumbs: np.ndarray, *, similarity: float = SIMILARITY, orientations: bool = True
) -> pd.DataFrame:
    """Find all pairs of slices that nearly coincide.

    Every slice meets every other, in blocked matrix products: memory stays flat, and
    no approximate index can miss a pair.

    Args:
        thumbs: `(n, side * side)` float32 from `thumbnails`.
        similarity: correlation that a pair must exceed, −1 to 1.
        orientations: compare under flips and quarter turns too, not only upright.

    Returns:
        One row per pair, sorted: `left`, `right` (row positions, left < right),
        `similarity` (the best over orientations), `orientation` (the name in
        `ORIENTATIONS` that lays `left` on `right`) and `upright` (the similarity
        without any turn).

    Raises:
        ValueError: `thumbs` are not square, or `similarity` is not below 1.
    """
    side = isqrt(thumbs.shape[1])
    if side * side != thumbs.shape[1]:
        raise ValueError(
            f"thumbs have {thumbs.shape[1]} values per slice, which is no square; "
            "pass what `thumbnails` returns."
        )
    if not -1 <= similarity < 1:
        raise ValueError(f"similarity={similarity} must lie in [-1, 1); try 0.95.")
    names = list(ORIENTATIONS) if orientations else ["upright"]
    blocks = list(_matching_pairs(thumbs, side, similarity, names))
    left, right, value, which = map(np.concatenate, zip(*blocks, strict=True))
    upright = np.einsum("ij,ij->i", thumbs[left], thumbs[right]).astype(float)
    upright = np.where(which == 0, value, upright)
    pairs = pd.DataFrame(
        {
            "left": left,
            "right": right,
            "similarity": value.round(DECIMALS),
            "orientation": which,
            "upright": upright.round(DECIMALS),
        }
    )
    # Best first; among equals the simplest orientation, so symmetry names no turn.
    pairs = pairs.sort_values(
        ["left", "right", "similarity", "orientation"],
        ascending=[True, True, False, True],
    ).drop_duplicates(["left", "right"], ignore_index=True)
    pairs["orientation"] = np.array(names, dtype=object)[pairs["orientation"]]
    return pairs


def _matching_pairs(
    thumbs: np.ndarray, side: int, similarity: float, names: list[str]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield (left, right, similarity, orientation number) of each block's pairs."""
    for start in tqdm(range(0, max(len(thumbs), 1), BLOCK), "twins", unit="block"):
        rows = thumbs[start : start + BLOCK].reshape(-1, side, side)
        others = thumbs[start:]  # earlier rows have met these already
        for number, name in enumerate(names):
            turned = orient(rows, name).reshape(len(rows), side * side)
            product = turned @ others.T
            left, right = np.nonzero(product > similarity)
            later = left < right
            left, right = left[later], right[later]
            value = product[left, right].astype(float)
            yield left + start, right + start, value, np.full(len(left), number)


def find_nearest(
    thumbs: np.ndarray, asked: np.ndarray, among: np.ndarray
) -> pd.DataFrame:
    """Find the most similar other slice, under any orientation.

    Args:
        thumbs: `(n, side * side)` float32 from `thumbnails`.
        asked: `(m,)` row positions of the slices that look for a neighbour.
        among: `(k,)` row positions of the slices to choose from; a slice never finds
            itself.

    Returns:
        One row per `asked`: `nearest` (row position) and `similarity`, −1 to 1; where
        there is no other slice, −1 and −1.
    """
    side = isqrt(thumbs.shape[1])
    asked, among = np.asarray(asked), np.asarray(among)
    best = np.full(len(asked), -1.0)
    nearest = np.full(len(asked), -1)
    for start in range(0, len(asked) if len(among) else 0, BLOCK):
        rows = asked[start : start + BLOCK]
        itself = rows[:, None] == among[None, :]
        for name in ORIENTATIONS:
            turned = orient(thumbs[rows].reshape(-1, side, side), name)
            product = turned.reshape(len(rows), -1) @ thumbs[among].T
            product[itself] = -1
            place = product.argmax(axis=1)
            value = product[np.arange(len(rows)), place].round(DECIMALS)
            better = value > best[start : start + BLOCK]
            best[start : start + BLOCK][better] = value[better]
            nearest[start : start + BLOCK][better] = among[place[better]]
    return pd.DataFrame({"nearest": nearest, "similarity": best})
