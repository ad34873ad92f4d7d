"""Grad-CAM in numpy against automatic differentiation, on every backbone."""

import keras
import numpy as np
import pytest

from braintumor.modeling import backbones, gradcam, keras_form, recipes

SIDE = 64  # the smallest whose last feature map has several places


@pytest.mark.parametrize("model", recipes.MODELS)
def test_heat_is_what_autodiff_says(model):
    tensorflow = pytest.importorskip("tensorflow")
    keras.utils.set_random_seed(1)
    recipe = recipes.get_recipe(model, "quick", side=SIDE)
    classifier = backbones.build_classifier(recipe)
    head = keras_form.read_head(classifier)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (2, recipe.side, recipe.side, 1)).repeat(3, -1)
    features = np.asarray(classifier.base(images.astype(np.float32), training=False))
    assert features.shape[1:3] == (2, 2)
    aside = (keras.layers.InputLayer, keras.layers.Softmax)
    layers = [one for one in classifier.head.layers if not isinstance(one, aside)]
    hot = 0
    for label in range(len(recipe.classes)):
        watched = tensorflow.constant(features)
        with tensorflow.GradientTape() as tape:
            tape.watch(watched)
            signal = watched
            for layer in layers:
                signal = layer(signal)
            spoken = tensorflow.reduce_sum(signal[:, label])
        weights = tape.gradient(spoken, watched).numpy().mean(axis=(1, 2))
        wanted = np.maximum(np.einsum("nijc,nc->nij", features, weights), 0)
        heats = gradcam.compute_heats(head, features, np.array([label, label]))
        scale = np.abs(features).max() * np.abs(weights).max()
        np.testing.assert_allclose(heats, wanted, rtol=1e-3, atol=1e-4 * scale)
        hot += heats.any()
    assert hot  # else nothing was compared
