"""Pairs that may be alike, from a few numbers per thumbnail; none that is goes missing.

A thumbnail a is cut into its coordinates c(a) along some orthonormal directions and
the rest r(a) that these leave. By Cauchy and Schwarz

    a · b = c(a) · c(b) + r(a) · r(b) ≤ c(a) · c(b) + |r(a)| |r(b)|,

which is the dot product of two short vectors (c, |r|). Where even that is too small, so
is a · b. The bound holds for any orthonormal directions; good ones make it tight.

Source: the shortened vectors are principal components (Pearson, On lines and planes of
closest fit, 1901) with the length of what they leave out.
"""

import numpy as np

KEPT = 63  # coordinates; with the length of the rest, 64 numbers per thumbnail
SAMPLE = 2048  # thumbnails that the directions are fitted to
# Far above what rounding takes from a product of float32 vectors of length 1.
MARGIN = 1e-4
CROWDED = 32  # one pair in so many: multiplying all is faster than picking them out
CHUNK = 256  # pairs multiplied at a time: 2 MB, which a processor's cache holds


def fit_directions(thumbs: np.ndarray) -> np.ndarray:
    """Return the directions in which thumbnails differ most.

    Args:
        thumbs: (n, values).

    Returns:
        (values, at most `KEPT`) float64, orthonormal columns.
    """
    thumbs = thumbs.astype(np.float64)
    _, directions = np.linalg.eigh(thumbs.T @ thumbs)  # the last ones hold most
    return directions[:, -KEPT:]


def shorten(thumbs: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Shorten thumbnails so that dot products never fall.

    Args:
        thumbs: (n, values), each of length 1 at most.
        directions: (values, kept), orthonormal columns.

    Returns:
        (n, kept + 1) float32: coordinates, and the length of the rest.
    """
    thumbs = thumbs.astype(np.float64)
    kept = thumbs @ directions
    rest = np.square(thumbs).sum(axis=1) - np.square(kept).sum(axis=1)
    rest = np.sqrt(np.maximum(rest, 0))
    return np.column_stack([kept, rest]).astype(np.float32)


def list_candidates(
    short: tuple[np.ndarray, np.ndarray],
    whole: tuple[np.ndarray, np.ndarray],
    similarity: float,
) -> tuple[np.ndarray, np.ndarray]:
    """List the pairs whose dot product may exceed `similarity`.

    Args:
        short: (n, kept + 1) and (m, kept + 1) from `shorten`.
        whole: (n, values) and (m, values), the same thumbnails, float32.
        similarity: dot product that counts.

    Returns:
        Row positions, (pairs,) in the first and (pairs,) in the second.
    """
    floor = np.float32(similarity - MARGIN)
    bound = short[0] @ short[1].T
    places = np.flatnonzero(bound > floor)
    if len(places) > bound.size // CROWDED:
        places = np.flatnonzero(whole[0] @ whole[1].T > floor)
    return np.divmod(places, len(short[1]))


def multiply_pairs(
    ones: np.ndarray, others: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Return the dot products of `ones[left]` and `others[right]`, (pairs,) float64.

    Summed in float64 and pair by pair: what a pair gets depends on nothing else, as it
    would in a matrix product, whose order of summation changes with its shape.
    """
    products = np.empty(len(left))
    for start in range(0, len(left), CHUNK):
        chunk = slice(start, start + CHUNK)
        one, other = ones[left[chunk]], others[right[chunk]]
        products[chunk] = np.einsum("ij,ij->i", one, other, dtype=np.float64)
    return products
