"""An artifact in Keras at full precision: to answer with it, or to export from it.

Run as a program it writes the parts of a light form: ARTIFACT FOLDER.
"""

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from braintumor.modeling import artifact, backbones
from braintumor.modeling.contract import WEIGHTS, read_contract
from braintumor.modeling.gradcam import HeadWeights
from braintumor.modeling.light import BASE, BATCH, HEAD, as_input, save_head
from braintumor.modeling.recipes import recipe_from_dict


class KerasModel:
    """What `LightModel` is, in the framework; for where no light form can be made.

    Args:
        folder: of the artifact.
    """

    runtime = "keras"

    def __init__(self, folder: Path):
        """Load the artifact, which checks its hashes."""
        classifier = load_float32(folder)
        self._base, self.head = classifier.base, read_head(classifier)

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return the last feature map (n, h, w, channels) of (n, side, side) uint8."""
        batches = [
            self._base(as_input(images[i : i + BATCH]), training=False)
            for i in range(0, len(images), BATCH)
        ]
        return np.concatenate([keras.ops.convert_to_numpy(batch) for batch in batches])


def load_float32(folder: Path) -> backbones.Classifier:
    """Load an artifact with float32 arithmetic, whatever its recipe trained with.

    Raises:
        ArtifactError: missing or altered files, or weights that do not fit.
    """
    contract = read_contract(folder)
    recipe = recipe_from_dict(contract["recipe"])
    classifier = backbones.build_classifier(replace(recipe, precision="float32"))
    artifact.load_weights(classifier.model, folder / WEIGHTS)
    return classifier


def read_head(classifier: backbones.Classifier) -> HeadWeights:
    """Return the head's layers as numbers."""
    layers = classifier.head.layers
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    flat = any(isinstance(layer, keras.layers.Flatten) for layer in layers)
    numbers = [layer.get_weights() for layer in dense]
    kernels, biases = zip(*numbers, strict=True)
    return HeadWeights("flatten" if flat else "average", kernels, biases)


def export_parts(folder: Path, target: Path) -> None:
    """Write an artifact's backbone as ONNX and its head as arrays into a folder."""
    classifier = load_float32(folder)
    blank = np.zeros((1, *classifier.base.input_shape[1:]), np.float32)
    classifier.base(blank, training=False)  # Keras exports only what was called once
    classifier.base.export(target / BASE, format="onnx", verbose=False)
    save_head(read_head(classifier), target / HEAD)


if __name__ == "__main__":
    export_parts(Path(sys.argv[1]), Path(sys.argv[2]))
