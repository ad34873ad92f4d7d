"""Networks from recipes: grey levels 0–255 in, class probabilities out."""

from contextlib import contextmanager
from dataclasses import dataclass

import keras
import numpy as np

from braintumor.modeling.precision import choose_precision
from braintumor.modeling.recipes import Phase, Recipe

# ImageNet's channel means (VGG, blue-green-red) and means and spreads (DenseNet, RGB),
# as keras.applications uses them. Grey slices have three equal channels, so the
# channel order only decides which mean a channel gets.
_VGG_MEANS = (103.939, 116.779, 123.68)
_IMAGENET_MEANS = (0.485, 0.456, 0.406)
_IMAGENET_SPREADS = (0.229, 0.224, 0.225)
FRESH_MOMENTUM = 0.9


class WeightsUnavailableError(RuntimeError):
    """Pretrained weights could not be had; the message says what to do."""


@dataclass(frozen=True)
class Classifier:
    """One network seen three ways; the layers, and so the weights, are shared.

    Attributes:
        model: images (n, side, side, 3), 0–255 → probabilities (n, classes).
        base: images → the backbone's last feature map.
        head: feature map → probabilities.
    """

    model: keras.Model
    base: keras.Model
    head: keras.Model


def build_classifier(recipe: Recipe) -> Classifier:
    """Build the untrained network of a recipe.

    The graph is flat, with normalisation inside, so that notebook, widget and web page
    cannot disagree on it and Grad-CAM can reach every layer.

    Args:
        recipe: backbone, side, weights, normalisation, head and precision.

    Raises:
        ValueError: an unknown backbone or normalisation.
        WeightsUnavailableError: the weights cannot be downloaded or read.
    """
    with _precision(choose_precision(recipe.precision)):
        images = keras.Input((recipe.side, recipe.side, 3), name="slices")
        base_output = _backbone(recipe, _normalize(recipe)(images)).output
        layers = _head_layers(recipe)
        features = keras.Input(base_output.shape[1:], name="features")
        model = keras.Model(images, _chain(layers, base_output), name=recipe.model)
        head = keras.Model(features, _chain(layers, features), name="head")
        base = keras.Model(images, base_output, name="base")
    return Classifier(model, base, head)


def open_layers(classifier: Classifier, phase: Phase, *, frozen: bool) -> None:
    """Say which layers of the backbone learn.

    A partly open backbone keeps every batch normalisation frozen: its statistics
    belong to the weights before it.

    Args:
        classifier: its base is changed.
        phase: `open_layers` of the last layers learn; None for all.
        frozen: none learns, whatever the phase says.

    Raises:
        ValueError: more layers to open than the backbone has.
    """
    layers = classifier.base.layers
    whole = phase.open_layers is None and not frozen
    count = 0 if frozen else len(layers) if whole else phase.open_layers
    if count > len(layers):
        raise ValueError(f"open_layers={count}, but the backbone has {len(layers)}.")
    for position, layer in enumerate(layers):
        statistics = isinstance(layer, keras.layers.BatchNormalization)
        opened = position >= len(layers) - count
        layer.trainable = opened and (whole or not statistics)


def count_parameters(classifier: Classifier) -> dict[str, int]:
    """Return how many numbers the backbone and the head hold."""
    return {
        "backbone": classifier.base.count_params(),
        "head": classifier.head.count_params(),
        "together": classifier.model.count_params(),
    }


def compare_modes(
    classifier: Classifier, images: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    """Return the share of right answers in training mode and in inference mode.

    Batch normalisation uses the batch's own statistics in training and its moving
    statistics in inference; where those lag behind, the second share collapses while
    the training loss looks fine. Nothing in the network is changed.

    Args:
        classifier: a trained network.
        images: (n, side, side, 3), 0–255, taken as one batch.
        labels: (n,) int class positions.
    """
    variables = classifier.model.variables
    before = [keras.ops.convert_to_numpy(variable) for variable in variables]
    shares = {}
    for name, training in (("training mode", True), ("inference mode", False)):
        answers = classifier.model(images, training=training)
        guessed = keras.ops.convert_to_numpy(answers).argmax(axis=1)
        shares[name] = float((guessed == labels).mean())
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    return shares


def _backbone(recipe: Recipe, normalized):
    make = getattr(keras.applications, recipe.backbone, None)
    if make is None:
        raise ValueError(f"keras.applications has no backbone {recipe.backbone!r}.")
    try:
        network = make(
            include_top=False, weights=recipe.weights, input_tensor=normalized
        )
    except Exception as error:
        if recipe.weights is None:
            raise
        raise WeightsUnavailableError(
            f"weights={recipe.weights!r} for {recipe.backbone} cannot be had "
            f"({type(error).__name__}: {str(error).splitlines()[0][:150]}). Without "
            "a network, give weights=PATH to a keras.applications file without top "
            "(…_notop.h5), or weights=None and train from noise (profile cpu)."
        ) from error
    if recipe.weights is None:
        _prepare_from_noise(network)
    return network


def _prepare_from_noise(network: keras.Model) -> None:
    """Make a network from keras.applications trainable without pretrained weights.

    Batch normalisation: with the built-in momentum of 0.99 the moving statistics lag a
    short training by epochs, and inference looks broken while training looks fine.
    VGG has none: Glorot's start halves the signal's variance at each of its rectified
    layers; He's start keeps it (He et al., Delving deep into rectifiers, 2015).
    """
    layers = network.layers
    for layer in layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = FRESH_MOMENTUM
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers):
        return
    for layer in layers:
        if isinstance(layer, keras.layers.Conv2D):
            start = keras.initializers.HeNormal()
            layer.kernel.assign(start(layer.kernel.shape))


def _normalize(recipe: Recipe) -> keras.layers.Layer:
    if recipe.normalization == "unit":
        return keras.layers.Rescaling(1 / 255, name="normalize")
    if recipe.normalization == "centred":
        return keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="normalize")
    if recipe.normalization != "backbone":
        raise ValueError(
            f"normalization={recipe.normalization!r} is unknown: "
            "use unit, centred or backbone."
        )
    if recipe.backbone.startswith("VGG"):
        offset = [-mean for mean in _VGG_MEANS]
        return keras.layers.Rescaling(1.0, offset=offset, name="normalize")
    scale = [1 / (255 * spread) for spread in _IMAGENET_SPREADS]
    pairs = zip(_IMAGENET_MEANS, _IMAGENET_SPREADS, strict=True)
    offset = [-mean / spread for mean, spread in pairs]
    return keras.layers.Rescaling(scale, offset=offset, name="normalize")


def _head_layers(recipe: Recipe) -> list[keras.layers.Layer]:
    head, layers = recipe.head, keras.layers
    if head.pooling not in ("average", "flatten"):
        raise ValueError(f"pooling={head.pooling!r}: use average or flatten.")
    flat = head.pooling == "flatten"
    chain = [layers.Flatten() if flat else layers.GlobalAveragePooling2D()]
    if head.units:
        chain += [layers.Dropout(head.dropout)]
        chain += [layers.Dense(head.units, activation="relu", name="hidden")]
    chain += [layers.Dropout(head.dropout / 2 if head.units else head.dropout)]
    chain += [layers.Dense(len(recipe.classes), dtype="float32", name="logits")]
    return [*chain, layers.Softmax(dtype="float32", name="probabilities")]


def _chain(layers: list[keras.layers.Layer], tensor):
    for layer in layers:
        tensor = layer(tensor)
    return tensor


@contextmanager
def _precision(policy: str):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
