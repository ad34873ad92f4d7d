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

from braintumor.data import shortlist
from braintumor.data.images import UnreadableSliceError, decode_slice
from braintumor.data.orientations import ORIENTATIONS, orient, orient_rows

__all__ = ["ORIENTATIONS", "find_nearest", "find_twins", "orient", "thumbnails"]

SIDE = 32  # pixels: forgives re-saving, still tells slices apart
SIMILARITY = 0.95  # Pearson correlation that still joins neighbouring slices
BLOCK = 512  # rows of one matrix product
COLUMNS = 4096  # of one matrix product: 8 MB, which a processor's cache holds
DECIMALS = 4  # of a stored similarity


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
    thumbs = np.zeros((len(manifest), side * side), np.float32)

    def shrink(place: int, path: str) -> UnreadableSliceError | None:
        try:
            grey = decode_slice(Path(root) / path).astype(np.float32)
        except UnreadableSliceError as error:
            return error
        small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
        thumbs[place] = small.ravel()

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        found = pool.map(shrink, range(len(manifest)), manifest["path"])
        found = tqdm(found, "thumbnails", len(manifest), unit="slice")
        errors = [error for error in found if error is not None]
    if errors:
        raise UnreadableSliceError("\n".join(map(str, errors)))
    for start in range(0, len(thumbs), BLOCK):  # at once it would take fivefold
        rows = slice(start, start + BLOCK)
        thumbs[rows] = normalize(thumbs[rows])
    return thumbs


def normalize(thumbs: np.ndarray) -> np.ndarray:
    """Subtract each row's mean and divide by its length, `(n, values)` float32."""
    thumbs = thumbs - thumbs.mean(axis=1, keepdims=True)
    length = np.linalg.norm(thumbs, axis=1, keepdims=True)
    blank = length < 1e-3  # grey levels: rounding of a constant image, not contrast
    return np.where(blank, 0, thumbs / np.where(blank, 1, length)).astype(np.float32)


def find_twins(
    thumbs: np.ndarray, *, similarity: float = SIMILARITY, orientations: bool = True
) -> pd.DataFrame:
    """Find all pairs of slices that nearly coincide.

    Every slice meets every other under every orientation, first shortened to a few
    numbers whose product is never below the whole one (see `shortlist`), then whole
    where that leaves a doubt: no pair is missed, and memory grows with the slices and
    the pairs, not with the square of the slices.

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
    pairs = pd.concat(_find_by_block(thumbs, similarity, names), ignore_index=True)
    pairs["orientation"] = np.array(names, dtype=object)[pairs["orientation"]]
    return pairs


def _find_by_block(
    thumbs: np.ndarray, similarity: float, names: list[str]
) -> Iterator[pd.DataFrame]:
    """Yield the pairs of each block of rows, `orientation` as a number."""
    sample = thumbs[:: -(-len(thumbs) // shortlist.SAMPLE) or 1]
    directions = shortlist.fit_directions(
        np.concatenate([orient_rows(sample, name) for name in names])
    )
    starts = range(0, max(len(thumbs), 1), BLOCK)
    short = np.concatenate(
        [shortlist.shorten(thumbs[at : at + BLOCK], directions) for at in starts]
    )
    for start in tqdm(starts, "twins", unit="block"):
        found = []
        for number, name in enumerate(names):
            turned = orient_rows(thumbs[start : start + BLOCK], name)
            mine = shortlist.shorten(turned, directions)
            for first in range(start, max(len(thumbs), 1), COLUMNS):  # earlier: done
                others = slice(first, first + COLUMNS)
                left, right = shortlist.list_candidates(
                    (mine, short[others]), (turned, thumbs[others]), similarity
                )
                left, right = left + start, right + first
                later = left < right
                left, right = left[later], right[later]
                value = shortlist.multiply_pairs(turned, thumbs, left - start, right)
                near = value > similarity
                found.append((left[near], right[near], value[near], number))
        yield _keep_best(thumbs, found)


def _keep_best(thumbs: np.ndarray, found: list[tuple]) -> pd.DataFrame:
    """Sort one block's finds (left, right, similarity, number) and keep the best."""
    left, right, value = (
        np.concatenate([part[column] for part in found]) for column in range(3)
    )
    pairs = pd.DataFrame(
        {
            "left": left,
            "right": right,
            "similarity": value.round(DECIMALS),
            "orientation": np.repeat([p[3] for p in found], [len(p[0]) for p in found]),
        }
    )
    # Best first; among equals the simplest orientation, so symmetry names no turn.
    pairs = pairs.sort_values(
        ["left", "right", "similarity", "orientation"],
        ascending=[True, True, False, True],
    ).drop_duplicates(["left", "right"], ignore_index=True)
    ends = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    upright = shortlist.multiply_pairs(thumbs, thumbs, *ends)
    return pairs.assign(upright=upright.round(DECIMALS))


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
    asked, among = np.asarray(asked), np.asarray(among)
    best = np.full(len(asked), -1.0)
    nearest = np.full(len(asked), -1)
    for start in range(0, len(asked) if len(among) else 0, BLOCK):
        rows = asked[start : start + BLOCK]
        itself = rows[:, None] == among[None, :]
        for name in ORIENTATIONS:
            product = orient_rows(thumbs[rows], name) @ thumbs[among].T
            product[itself] = -1
            place = product.argmax(axis=1)
            value = product[np.arange(len(rows)), place].round(DECIMALS)
            better = value > best[start : start + BLOCK]
            best[start : start + BLOCK][better] = value[better]
            nearest[start : start + BLOCK][better] = among[place[better]]
    return pd.DataFrame({"nearest": nearest, "similarity": best})
