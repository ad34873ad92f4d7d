"""Phantom slices count as known pictures: a visitor without a slice tries them."""

import numpy as np

from braintumor.data import manifest, sources
from braintumor.data.decoding import decode_bytes, read_file
from braintumor.demo import facts


def measure_phantoms() -> np.ndarray:
    """Return the facts of the phantom set, (p, facts.COUNT); it is made if absent."""
    root = sources.locate("phantom")
    files = [root / row.path for row in sources.list_slices("phantom", root)]
    return np.stack(
        list(manifest.map_files(_measure, files, label="facts of phantoms"))
    )


def _measure(path):
    decoded = decode_bytes(read_file(path), str(path))
    return facts.measure(decoded.pixels, decoded.saturation)
