import keras
import numpy as np
import pytest

from braintumor.modeling import backbones, gradcam, keras_form


@pytest.fixture(params=[("average", 0), ("average", 7), ("flatten", 0), ("flatten", 7)])
def classifier(request):
    """A head of every kind that a recipe can ask for, on a feature map (3, 2, 5)."""
    pooling, units = request.param
    keras.utils.set_random_seed(3)
    features = keras.Input((3, 2, 5))
    flat = pooling == "flatten"
    pool = keras.layers.Flatten() if flat else keras.layers.GlobalAveragePooling2D()
    signal = pool(features)
    if units:
        hidden = keras.layers.Dense(units, "relu", bias_initializer="normal")
        signal = hidden(signal)
    signal = keras.layers.Dense(4, bias_initializer="normal", name="logits")(signal)
    head = keras.Model(features, keras.layers.Softmax()(signal))
    return backbones.Classifier(head, head, head)


@pytest.fixture(scope="module")
def maps():
    return np.random.default_rng(5).normal(size=(6, 3, 2, 5)).astype(np.float32)


def test_the_numpy_head_is_the_keras_head(classifier, maps):
    logits = gradcam.compute_logits(keras_form.read_head(classifier), maps)
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers, classifier.head(maps), rtol=1e-5, atol=1e-6)


def test_the_closed_form_is_what_autodiff_says(classifier, maps):
    tensorflow = pytest.importorskip("tensorflow")
    to_logits = keras.Model(
        classifier.head.inputs, classifier.head.get_layer("logits").output
    )
    head = keras_form.read_head(classifier)
    hot = 0
    for features in maps:
        for label in range(4):
            with tensorflow.GradientTape() as tape:
                watched = tensorflow.constant(features[None])
                tape.watch(watched)
                logit = to_logits(watched)[0, label]
            weights = tape.gradient(logit, watched).numpy()[0].mean(axis=(0, 1))
            wanted = np.maximum((features * weights).sum(axis=-1), 0)
            heat = gradcam.compute_heat(head, features, label)
            np.testing.assert_allclose(heat, wanted, rtol=1e-4, atol=1e-6)
            hot += heat.any()
    assert hot > 12  # else nothing was compared


def test_heat_lies_where_the_class_was_planted():
    features = np.zeros((4, 4, 3), np.float32)
    features[1, 2, 0] = 9  # channel 0 speaks for class 0, channel 1 for class 1
    features[3, 0, 1] = 9
    head = gradcam.HeadWeights(
        "average", (np.eye(3, 2, dtype=np.float32) * 5,), (np.zeros(2, np.float32),)
    )
    for label, place in ((0, (1, 2)), (1, (3, 0))):
        heat = gradcam.compute_heat(head, features, label)
        assert np.unravel_index(heat.argmax(), heat.shape) == place
        assert np.count_nonzero(heat) == 1
    assert not gradcam.compute_heat(head, -features, 0).any()
