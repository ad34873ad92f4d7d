"""What gives a class away without a tumour: the file, the grey levels, the background.

Each function returns features (slices, numbers) for `baselines.classify`. None looks at
anatomy, so what they score is what a set's making tells about its labels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import cv2
import numpy as np
import pandas as pd

from braintumor.evaluation import statistics

BLOCK = 1024  # slices described at once; the images may be a memory map
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
MODES = ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16")  # any other is one more kind
CLOSING = 9  # pixels at side 96: bridges the dark skull between scalp and brain
MARGIN = 7  # pixels at side 96: takes the blurred rim of the head away with it
BACKGROUND_SIDE = 16  # pixels


def describe_sizes(
    widths: Sequence[int], heights: Sequence[int], modes: Iterable[str]
) -> np.ndarray:
    """Describe files by their size in pixels and their colour mode.

    Args:
        widths: (n,) pixels, before anybody resized them.
        heights: (n,) pixels, likewise.
        modes: (n,) how the file stores a pixel: "L", "RGB", ...

    Returns:
        (n, 3) float: width, height, position of the mode in `MODES`.
    """
    kinds = [MODES.index(mode) if mode in MODES else len(MODES) for mode in modes]
    return np.stack([widths, heights, kinds], axis=1).astype(float)


def measure_intensities(images: np.ndarray) -> np.ndarray:
    """Describe each slice by its grey levels, wherever they stand.

    Args:
        images: (n, side, side) uint8.

    Returns:
        (n, 10) float: mean and spread (standard deviation) of the grey values, 0 to
        255, the share of pixels that are black (0), and `PERCENTILES`.
    """
    features = np.empty((len(images), 3 + len(PERCENTILES)))
    for start in range(0, len(images), BLOCK):
        pixels = np.asarray(images[start : start + BLOCK])
        pixels = pixels.reshape(len(pixels), -1)
        shape = [pixels.mean(1), pixels.std(1), (pixels == 0).mean(1)]
        levels = np.percentile(pixels, PERCENTILES, axis=1)
        features[start : start + BLOCK] = np.stack([*shape, *levels], axis=1)
    return features


def find_head(image: np.ndarray) -> np.ndarray:
    """Mark the head: the hull of the largest bright thing, with a margin.

    Bright is above half of Otsu's threshold, which leaves dark tissue in. Gaps are
    closed, the largest connected piece is taken, its convex hull holds the brain.

    Args:
        image: (side, side) uint8.

    Returns:
        (side, side) bool; all False where nothing is bright.

    Source: Otsu, A threshold selection method from gray-level histograms (1979).
    """
    threshold, _ = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = (image > threshold / 2).astype(np.uint8)
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, _disc(CLOSING, image))
    count, pieces, facts, _ = cv2.connectedComponentsWithStats(bright)
    head = np.zeros(image.shape, np.uint8)
    if count > 1:
        largest = 1 + facts[1:, cv2.CC_STAT_AREA].argmax()
        points = cv2.findNonZero((pieces == largest).astype(np.uint8))
        cv2.fillConvexPoly(head, cv2.convexHull(points), 1)
        head = cv2.dilate(head, _disc(MARGIN, image))
    return head.astype(bool)


def mask_head(image: np.ndarray) -> np.ndarray:
    """Paint the head over with the median of what is outside it.

    Args:
        image: (side, side) uint8.

    Returns:
        (side, side) uint8 without a pixel of the head; black where the head fills the
        slice. On an even background not even the outline is left.
    """
    head = find_head(image)
    background = image[~head]
    painted = image.copy()
    painted[head] = np.median(background) if len(background) else 0
    return painted


def measure_backgrounds(images: np.ndarray) -> np.ndarray:
    """Describe each slice by what is left of it without the head.

    Args:
        images: (n, side, side) uint8.

    Returns:
        (n, 256) float: the masked slice at 16 by 16 pixels, grey values 0 to 255.
    """
    size = (BACKGROUND_SIDE, BACKGROUND_SIDE)
    features = np.empty((len(images), BACKGROUND_SIDE**2))
    for position, image in enumerate(images):
        masked = mask_head(np.asarray(image))
        small = cv2.resize(masked, size, interpolation=cv2.INTER_AREA)
        features[position] = small.reshape(-1)
    return features


def permute_labels(
    answer: Callable[[np.ndarray], np.ndarray],
    training_labels: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    views: Mapping[str, np.ndarray],
    permutations: int = 20,
    seed: int = 7,
) -> pd.DataFrame:
    """Score a program with its own training labels, and with shuffled ones.

    A program that scores above chance with shuffled labels has seen the test's.

    Args:
        answer: training labels (m,) -> probabilities (n, classes) of the test slices.
        training_labels: (m,) class names.
        labels: (n,) class names of the test slices.
        classes: class names, in order.
        views: name -> (n,) bool, the slices of a view's test.
        permutations: how often the labels are shuffled.
        seed: of the shuffling.

    Returns:
        One row per view: `accuracy` with the labels as they are; `shuffled`, the mean
        over the permutations, with the central 95 % of them (`low`, `high`); `chance`,
        what the same answers score if they are dealt to the slices at random; whether
        chance lies `inside` low and high; `n` and `permutations`. Shares, 0 to 1.
    """
    generator = np.random.default_rng(seed)
    truth = pd.Index(classes).get_indexer(labels)
    own = answer(training_labels).argmax(axis=1)
    shuffled = [
        answer(generator.permutation(training_labels)).argmax(axis=1)
        for _ in range(permutations)
    ]
    rows = []
    for view, mask in views.items():
        right = [(given == truth)[mask].mean() for given in shuffled]
        chance = np.mean([_agreement(given[mask], truth[mask]) for given in shuffled])
        bounds = statistics.percentile_interval(np.array(right))
        rows.append(
            {
                "view": view,
                "accuracy": (own == truth)[mask].mean(),
                "shuffled": np.mean(right),
                "low": bounds.low,
                "high": bounds.high,
                "chance": chance,
                "inside": bounds.low <= chance <= bounds.high,
                "n": int(mask.sum()),
                "permutations": permutations,
            }
        )
    return pd.DataFrame(rows)


def _agreement(given: np.ndarray, truth: np.ndarray) -> float:
    """Return the agreement that chance alone gives, as in Cohen's kappa."""
    size = 1 + max(given.max(), truth.max())
    shares = [np.bincount(part, minlength=size) / len(part) for part in (given, truth)]
    return float(shares[0] @ shares[1])


def _disc(diameter: int, image: np.ndarray) -> np.ndarray:
    """Return a disc, its diameter (pixels at side 96) scaled to the image."""
    scaled = max(3, round(diameter * image.shape[0] / 96) | 1)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (scaled, scaled))
