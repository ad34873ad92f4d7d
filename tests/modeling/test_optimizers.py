from dataclasses import replace

import keras
import numpy as np
import pytest

from braintumor.modeling import optimizers, recipes
from braintumor.modeling.recipes import Phase

COSINE = Phase(5, "sgd", 0.1, "cosine")
STEPS = 4


@pytest.fixture
def network():
    keras.utils.set_random_seed(7)
    layers = [keras.Input((3,)), keras.layers.Dense(4, activation="softmax")]
    return keras.Sequential(layers)


def fit_epoch(network, phase, epoch=0):
    """Train one epoch of four batches; return how far each step moved the kernel."""
    recipe = recipes.get_recipe("vgg16_four_class", "quick")
    optimizers.compile_network(network, replace(recipe, label_smoothing=0.0), phase)
    moved, before = [], [np.array(network.layers[0].kernel.numpy())]

    def measure(batch, logs):
        after = np.array(watch.model.layers[0].kernel.numpy())
        moved.append(float(np.abs(after - before[-1]).max()))
        before.append(after)

    watch = keras.callbacks.LambdaCallback(on_train_batch_end=measure)
    rates = optimizers.StepRates(phase, epoch, STEPS, drops=0)
    images = np.random.default_rng(7).normal(size=(8, 3)).astype("float32")
    network.fit(
        images,
        np.eye(4, dtype="float32")[np.arange(8) % 4],
        batch_size=8 // STEPS,
        shuffle=False,
        verbose=0,
        callbacks=[rates, watch],
    )
    return moved


def test_cosine_follows_the_schedule_of_keras():
    total = STEPS * COSINE.epochs
    warmup = max(1.0, optimizers.WARMUP_SHARE * total)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, total - warmup, warmup_target=0.1, warmup_steps=warmup
    )
    ours = [optimizers.rate_at(COSINE, step=s, steps=STEPS) for s in range(total)]
    theirs = [float(keras.ops.convert_to_numpy(schedule(s))) for s in range(total)]
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert ours[0] == 0.0 and max(ours) > 0.095


def test_every_step_has_its_own_rate_on_this_backend(network):
    first, second, *_ = fit_epoch(network, COSINE)
    assert first == 0.0, "the cosine starts at rate 0, so nothing may move"
    assert second > 0.0


def test_a_later_epoch_goes_on_where_the_last_one_ended(network):
    assert fit_epoch(network, COSINE, epoch=1)[0] > 0.0


def test_a_constant_rate_moves_at_once(network):
    assert fit_epoch(network, replace(COSINE, schedule="constant"))[0] > 0.0


def test_drops_halve_the_rate():
    phase = Phase(9, "sgd", 0.08, "drops")
    rates = [optimizers.rate_at(phase, step=3, steps=4, drops=n) for n in range(3)]
    assert rates == [0.08, 0.04, 0.02]


def test_nothing_is_left_to_create_in_the_first_step(network):
    recipe = recipes.get_recipe("vgg16_four_class", "quick")
    optimizers.compile_network(network, recipe, COSINE)
    owned = len(network.optimizer.variables), len(network.metrics_variables)
    network.train_on_batch(np.zeros((2, 3)), np.eye(4)[:2])
    assert owned == (
        len(network.optimizer.variables),
        len(network.metrics_variables),
    )


@pytest.mark.parametrize(
    ("phase", "word"),
    [(Phase(1, "lion"), "lion"), (Phase(1, "sgd", schedule="steep"), "steep")],
)
def test_unknown_names_are_refused(phase, word):
    with pytest.raises(ValueError, match=word):
        optimizers.make_optimizer(phase)
        optimizers.rate_at(phase, step=0, steps=1)
