"""Phantom slices count as known pictures: a visitor without a slice tries them."""

from pathlib import Path

import numpy as np

from braintumor.data import manifest, sources
from braintumor.data.decoding import decode_bytes, read_file
from braintumor.demo import facts, samples


def measure_phantoms() -> np.ndarray:
    """Return the facts of two phantom sets, (p, facts.COUNT); made where absent.

    They are the set that notebooks train on, and the one that the demos' samples are
    taken from.
    """
    samples.load_samples()
    files = [
        root / row.path
        for root in (sources.locate("phantom"), samples.find_root())
        for row in sources.list_slices("phantom", root)
    ]
    return np.stack(
        list(manifest.map_files(_measure, files, label="facts of phantoms"))
    )


def _measure(path: Path) -> np.ndarray:
    decoded = decode_bytes(read_file(path), str(path))
    return facts.measure(decoded.pixels, decoded.saturation)
