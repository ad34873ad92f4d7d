"""Phantom slices: MNI152 heads with lesions where radiologists find them.

Offline, deterministic, with known patients, masks and boxes: for lessons and tests,
never a result.
"""

from braintumor.data.phantom.generation import generate

__all__ = ["generate"]
