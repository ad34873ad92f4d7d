from dataclasses import replace

import keras
import numpy as np
import pytest

from braintumor.modeling import backbones, precision, recipes, training
from braintumor.modeling.recipes import Phase


@pytest.fixture(scope="module")
def densenet():
    recipe = recipes.get_recipe("densenet121_four_class", "quick")
    training.set_seed(3, deterministic=True)
    recipe = replace(recipe, side=32)
    return recipe, backbones.build_classifier(recipe)


def vgg(**changes):
    recipe = recipes.get_recipe("vgg16_four_class", "quick", side=32, **changes)
    return recipe, backbones.build_classifier(recipe)


def slices(count=3, side=32):
    random = np.random.default_rng(0)
    return random.integers(0, 255, (count, side, side, 3)).astype(np.float32)


def test_three_views_of_one_network_share_their_weights():
    _, classifier = vgg()
    images = slices()
    whole = classifier.model.predict(images, verbose=0)
    in_two = classifier.head.predict(
        classifier.base.predict(images, verbose=0), verbose=0
    )
    np.testing.assert_allclose(whole, in_two, rtol=1e-5, atol=1e-6)
    classifier.head.layers[-2].kernel.assign(
        np.zeros(classifier.head.layers[-2].kernel.shape)
    )
    assert not np.allclose(classifier.model.predict(images, verbose=0), whole)


@pytest.mark.parametrize(
    ("backbone", "normalization"),
    [("VGG16", "unit"), ("VGG16", "centred"), ("VGG16", "backbone")],
)
def test_normalisation_inside_equals_the_textbook(backbone, normalization):
    _, classifier = vgg(normalization=normalization)
    layer = classifier.base.get_layer("normalize")
    grey = np.repeat(slices()[..., :1], 3, axis=-1)
    wanted = {
        "unit": grey / 255,
        "centred": grey / 127.5 - 1,
        # keras.applications turns RGB to BGR; grey channels are equal.
        "backbone": keras.applications.vgg16.preprocess_input(grey.copy()),
    }[normalization]
    given = keras.ops.convert_to_numpy(layer(grey))
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-3)


def test_densenet_normalisation_equals_keras_applications(densenet):
    recipe, _ = densenet
    layer = backbones._normalize(replace(recipe, normalization="backbone"))
    wanted = keras.applications.densenet.preprocess_input(slices().copy())
    given = keras.ops.convert_to_numpy(layer(slices()))
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-4)


def test_frozen_phase_trains_the_head_only(densenet):
    _, classifier = densenet
    backbones.open_layers(classifier, Phase(), frozen=True)
    assert not classifier.base.trainable_weights
    assert classifier.head.trainable_weights


def test_partly_open_backbone_keeps_batch_normalisation_frozen(densenet):
    _, classifier = densenet
    backbones.open_layers(classifier, Phase(open_layers=30), frozen=False)
    trained = {w.path for w in classifier.base.trainable_weights}
    assert trained and not any("gamma" in path or "beta" in path for path in trained)
    opened = classifier.base.layers[-30:]
    assert all(not layer.trainable for layer in classifier.base.layers[:-30])
    assert any(layer.trainable for layer in opened)
    backbones.open_layers(classifier, Phase(open_layers=None), frozen=False)
    assert any("gamma" in w.path for w in classifier.base.trainable_weights)
    with pytest.raises(ValueError, match="open_layers=9999"):
        backbones.open_layers(classifier, Phase(open_layers=9999), frozen=False)


def test_a_network_from_noise_gets_quick_statistics(densenet):
    _, classifier = densenet
    norms = [
        layer
        for layer in classifier.base.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and {layer.momentum for layer in norms} == {0.9}


def test_vgg_from_noise_keeps_the_signal():
    training.set_seed(5, deterministic=True)
    _, classifier = vgg()
    features = classifier.base.predict(slices(8), verbose=0)
    assert features.std() > 0.05  # Glorot's start leaves under 0.01


def test_compare_modes_sees_lagging_statistics_and_changes_nothing(densenet):
    _, classifier = densenet
    before = [np.array(v.numpy()) for v in classifier.model.variables]
    shares = backbones.compare_modes(classifier, slices(8), np.zeros(8, int))
    assert set(shares) == {"training mode", "inference mode"}
    after = [np.array(v.numpy()) for v in classifier.model.variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_weights_from_a_path_are_loaded_and_a_bad_path_is_explained(tmp_path):
    network = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    for weight in network.weights:
        weight.assign(np.full(weight.shape, 0.01))
    network.save_weights(tmp_path / "vgg16_notop.weights.h5")
    _, classifier = vgg(weights=str(tmp_path / "vgg16_notop.weights.h5"))
    assert float(np.ptp(classifier.base.get_layer("block5_conv3").kernel.numpy())) == 0
    with pytest.raises(
        backbones.WeightsUnavailableError, match="nowhere.*weights=None"
    ):
        vgg(weights=str(tmp_path / "nowhere.h5"))


def test_a_failed_download_says_what_to_do(monkeypatch):
    def offline(*arguments, **names):
        raise OSError("no route to host")

    monkeypatch.setattr("keras.src.applications.vgg16.file_utils.get_file", offline)
    with pytest.raises(backbones.WeightsUnavailableError, match="no route.*PATH"):
        vgg(weights="imagenet")


def test_unknown_words_are_refused():
    for change, words in (
        ({"normalization": "whitened"}, "whitened"),
        ({"backbone": "VGG23"}, "VGG23"),
        ({"precision": "float8"}, "float8"),
    ):
        with pytest.raises(ValueError, match=words):
            vgg(**change)


def test_bfloat16_where_the_processor_has_it(monkeypatch, tmp_path):
    monkeypatch.setattr(precision, "_has_gpu", lambda: False)
    monkeypatch.setattr(precision, "_has_fast_bfloat16", lambda: True)
    assert precision.choose_precision("auto") == "mixed_bfloat16"
    monkeypatch.setattr(precision, "_has_fast_bfloat16", lambda: False)
    assert precision.choose_precision("auto") == "float32"
    assert precision.choose_precision("mixed_bfloat16") == "mixed_bfloat16"


def test_flags_are_read_from_the_processor(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("flags : fpu avx512f avx512_bf16\n")
    assert precision._has_fast_bfloat16(info)
    info.write_text("flags : fpu avx2\n")
    assert not precision._has_fast_bfloat16(info)
    assert not precision._has_fast_bfloat16(tmp_path / "absent")


def test_probabilities_stay_float32_under_bfloat16():
    _, classifier = vgg(precision="mixed_bfloat16")
    assert classifier.base.layers[-1].compute_dtype == "bfloat16"
    answer = classifier.model.predict(slices(), verbose=0)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-6)
