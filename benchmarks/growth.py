"""The search for near-twins at 1, 3 and 10 times Nickparvar's 7,023 slices.

Two ways search the same thumbnails, each in a process of its own: every pair multiplied
whole, as the project once did it, and the project's search.

The thumbnails are phantoms, each bent by a smooth warp of its own, with noise, which
are as hard to tell apart as Nickparvar's: 63 directions leave 21 % of their square
length (there 17 %), and of 100,000 pairs in an orientation they cannot rule out 97
(there 69), of which 15 are twins (there 17). Copies of a set would not do: each slice
would be a twin of all its copies. More slices here are more warps of the same phantoms,
so pairs grow with the square of the slices; where a larger set means other patients,
most of them would not be there.
"""

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from benchmarks.processes import read_status, run_alone
from braintumor.data import images, phantom, twins
from braintumor.data.orientations import orient_rows

SLICES = 7_023
TIMES = (1, 3, 10)
EXHAUSTIVE = (1, 3)  # more would take many minutes
PHANTOMS, SEED = 500, 7
WARPED_SIDE = 64  # pixels; twice a thumbnail's
WARP, KNOTS = 0.5, 5  # standard deviation in pixels, and knots along a side
NOISE = 0.05  # standard deviation, as a share of the thumbnail's own
DIGIT = 10.0**-twins.DECIMALS


def run(
    slices: int = SLICES, times: tuple = TIMES, phantoms: int = PHANTOMS
) -> pd.DataFrame:
    """Measure both ways; the exhaustive one only at the sizes of `EXHAUSTIVE`.

    Args:
        slices: at 1×.
        times: sizes, ascending.
        phantoms: that the thumbnails are warps of.

    Returns:
        One row per size: `slices`, `pairs`, how many of them round to the threshold
        itself (`at_threshold`); of both ways `seconds` and `added_mb`, the
        most memory beyond the process with its thumbnails; `times_as_fast`; and
        whether both list the `same_pairs`, with the same orientations and
        similarities but for the last digit.
    """
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        thumbs = warp_phantoms(folder / "phantom", slices * max(times), phantoms)
        for many in times:
            np.save(folder / "thumbs.npy", thumbs[: slices * many])
            row = {"times": many, "slices": slices * many}
            found = {}
            for way in ("bounded", "exhaustive"):
                if way == "exhaustive" and many not in EXHAUSTIVE:
                    continue
                row |= run_alone(search, way, scratch).result
                found[way] = pd.read_pickle(folder / f"{way}.pkl")
            rows.append(row | compare(found, row))
    return pd.DataFrame(rows)


def compare(found: dict[str, pd.DataFrame], row: dict) -> dict:
    """Return how many pairs there are, and what both ways say of each other."""
    pairs = found["bounded"]
    edge = round(twins.SIMILARITY, twins.DECIMALS)
    told = {"pairs": len(pairs), "at_threshold": int((pairs.similarity == edge).sum())}
    if "exhaustive" not in found:
        return told
    ratio = row["exhaustive_seconds"] / row["bounded_seconds"]
    same = are_same(found["bounded"], found["exhaustive"])
    return told | {"times_as_fast": round(ratio, 1), "same_pairs": same}


def are_same(
    one: pd.DataFrame, other: pd.DataFrame, *, similarity: float = twins.SIMILARITY
) -> bool:
    """Say whether two tables of pairs agree, similarities but for their last digit.

    A pair that rounds to `similarity` itself, the threshold of both searches, may stand
    in one table alone: whether it exceeds it is decided by the order in which a product
    is summed.
    """
    ends = ["left", "right"]
    pairs = one.merge(other, "outer", on=ends, indicator="found", validate="1:1")
    edge = round(similarity, twins.DECIMALS)
    both = pairs["found"] == "both"
    alone = pairs.loc[~both, ["similarity_x", "similarity_y"]].max(axis=1)
    pairs = pairs[both]
    close = (
        np.allclose(pairs[f"{n}_x"], pairs[f"{n}_y"], rtol=0, atol=1.5 * DIGIT)
        for n in ("similarity", "upright")
    )
    turned = pairs["orientation_x"] != pairs["orientation_y"]
    return bool((alone <= edge).all() and not turned.any() and all(close))


def search(way: str, folder: str) -> dict[str, float]:
    """Find the twins of the stored thumbnails; keep the table beside them."""
    thumbs = np.load(Path(folder) / "thumbs.npy")
    find = {"bounded": twins.find_twins, "exhaustive": search_exhaustively}[way]
    before = read_status("VmRSS")
    start = time.perf_counter()
    pairs = find(thumbs)
    seconds = time.perf_counter() - start
    added = read_status("VmHWM") - before
    pairs.to_pickle(Path(folder) / f"{way}.pkl")
    return {f"{way}_seconds": round(seconds, 1), f"{way}_added_mb": round(added)}


def search_exhaustively(
    thumbs: np.ndarray, *, similarity: float = twins.SIMILARITY
) -> pd.DataFrame:
    """Do as `twins.find_twins`, by multiplying every pair in every orientation."""
    found = []
    for start in range(0, len(thumbs), twins.BLOCK):
        rows = thumbs[start : start + twins.BLOCK]
        for number, name in enumerate(twins.ORIENTATIONS):
            product = orient_rows(rows, name) @ thumbs[start:].T
            left, right = np.nonzero(product > similarity)
            later = left < right
            left, right = left[later], right[later]
            value = product[left, right].astype(float)
            one, other = left + start, right + start
            upright = np.einsum("ij,ij->i", thumbs[one], thumbs[other]).astype(float)
            columns = [one, other, value, np.full(len(one), number), upright]
            found.append(np.stack(columns, axis=1))
    names = ["left", "right", "similarity", "orientation", "upright"]
    pairs = pd.DataFrame(np.concatenate(found), columns=names).round(twins.DECIMALS)
    pairs = pairs.astype({"left": int, "right": int, "orientation": int})
    pairs = pairs.sort_values(names[:4], ascending=[True, True, False, True])
    pairs = pairs.drop_duplicates(["left", "right"], ignore_index=True)
    named = np.array([*twins.ORIENTATIONS], dtype=object)[pairs["orientation"]]
    return pairs.assign(orientation=named)


def warp_phantoms(folder: Path, count: int, phantoms: int) -> np.ndarray:
    """Make thumbnails of warped phantoms, (count, values) as `twins.thumbnails`."""
    phantom.generate(folder, slices=phantoms, side=WARPED_SIDE, seed=SEED)
    files = sorted(folder.glob("T*/*/*.*"))
    slices = [images.decode_slice(file).astype(np.float32) for file in files]
    random = np.random.default_rng(SEED)
    square = (WARPED_SIDE, WARPED_SIDE)
    down, across = np.indices(square, dtype=np.float32)
    thumbs = np.empty((count, twins.SIDE, twins.SIDE), np.float32)
    for thumb in thumbs:
        knots = random.normal(0, WARP, (2, KNOTS, KNOTS)).astype(np.float32)
        moves = [cv2.resize(k, square, interpolation=cv2.INTER_CUBIC) for k in knots]
        places = across + moves[0], down + moves[1]
        chosen = slices[random.integers(len(slices))]
        bent = cv2.remap(chosen, *places, cv2.INTER_LINEAR)
        thumb[:] = cv2.resize(bent, thumb.shape, interpolation=cv2.INTER_AREA)
        noise = random.standard_normal(thumb.shape, dtype=np.float32)
        thumb += NOISE * thumb.std() * noise
    return twins.normalize(thumbs.reshape(count, -1))
