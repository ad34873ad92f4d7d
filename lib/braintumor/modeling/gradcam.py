"""The head in numpy, and Grad-CAM from it: no framework, no second pass.

Between the last feature map and the class logit lie a pooling, at most one rectified
layer, and a matrix, so the gradient that Grad-CAM wants has a closed form.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HeadWeights:
    """The layers on top of a backbone, as numbers.

    Attributes:
        pooling: "average" or "flatten" of the feature map (h, w, c).
        kernels: (inputs, outputs) of each dense layer, the last one giving logits; all
            but the last are followed by a rectifier.
        biases: (outputs,) of each.
    """

    pooling: str
    kernels: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]


def compute_logits(head: HeadWeights, features: np.ndarray) -> np.ndarray:
    """Return the class logits (n, classes) float32 of feature maps (n, h, w, c)."""
    return _activations(head, features)[-1]


def compute_heat(head: HeadWeights, features: np.ndarray, label: int) -> np.ndarray:
    """Return where one slice's feature map speaks for a class: Grad-CAM.

    Args:
        head: what stands on the backbone.
        features: (h, w, c), the last feature map of one slice.
        label: position of the class.

    Returns:
        (h, w) float32, ≥ 0, in units of the logit; all 0 where nothing speaks for it.

    Source: Selvaraju et al., Grad-CAM: visual explanations from deep networks via
    gradient-based localization (2017); the logit's gradient, averaged over places.
    """
    layers = _activations(head, features[None])
    gradient = head.kernels[-1][:, label]
    for kernel, hidden in zip(head.kernels[-2::-1], layers[-2:0:-1], strict=True):
        gradient = kernel @ (gradient * (hidden[0] > 0))
    if head.pooling == "flatten":
        gradient = gradient.reshape(features.shape).sum(axis=(0, 1))
    weights = gradient / (features.shape[0] * features.shape[1])
    return np.maximum(features @ weights, 0).astype(np.float32)


def compute_heats(
    head: HeadWeights, features: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return `compute_heat` of many slices, each for a class of its own.

    Args:
        head: what stands on the backbone.
        features: (n, h, w, c), the last feature map of each slice.
        labels: (n,) int class positions.

    Returns:
        (n, h, w) float32, ≥ 0.
    """
    pairs = zip(features, labels, strict=True)
    return np.stack([compute_heat(head, one, label) for one, label in pairs])


def _activations(head: HeadWeights, features: np.ndarray) -> list[np.ndarray]:
    """Return what every layer of the head gives, pooling first, logits last."""
    flat = head.pooling == "flatten"
    signal = features.reshape(len(features), -1) if flat else features.mean(axis=(1, 2))
    layers = [signal]
    for position, (kernel, bias) in enumerate(
        zip(head.kernels, head.biases, strict=True), start=1
    ):
        signal = signal @ kernel + bias
        if position < len(head.kernels):
            signal = np.maximum(signal, 0)
        layers.append(signal)
    return layers
