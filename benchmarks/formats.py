"""float32 against bfloat16: a forward pass and a training step of each backbone.

The formats take turns, so that a machine whose speed drifts slows both. The roof is a
large matrix product in the same format on the same cores.
"""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

FORMATS = ("float32", "mixed_bfloat16")
MODELS = ("densenet121_four_class", "vgg16_four_class")
CASES = (  # model, changes of its recipe; 150 pixels is what was published
    *((model, {}) for model in MODELS),
    *((model, {"side": 150}) for model in MODELS),
)
PROFILE = "cpu"
TURNS = 5
ROOF_SIDE = 4096  # of the square matrices
PASSES = {"forward": 1, "training": 3}  # of training, two are the way back


def run(cases: Sequence[tuple[str, dict]] = CASES) -> pd.DataFrame:
    """Measure every case in both formats.

    Args:
        cases: names of recipes, each with its changes, such as `side`.

    Returns:
        One row per model and work: slices a second in either format (median of the
        turns), how many times as fast bfloat16 is (median, least and most of the
        turns), the share of the roof that each format reaches, and the share of all
        operations that the first convolution has.
    """
    roofs = {name: measure_roof(name) for name in FORMATS}
    rows = []
    for model, changes in cases:
        recipe, operations, works = prepare(model, changes)
        seconds = take_turns(works)
        for work, passes in PASSES.items():
            one, two = (np.array(seconds[name, work]) for name in FORMATS)
            size = recipe.batch_size
            speeds = [size / np.median(times) for times in (one, two)]
            needed = sum(operations) * passes
            rows.append(
                {
                    "model": model,
                    "side": recipe.side,
                    "batch": size,
                    "work": work,
                    "float32_per_second": round(speeds[0], 1),
                    "bfloat16_per_second": round(speeds[1], 1),
                    "bfloat16_times_as_fast": round(float(np.median(one / two)), 2),
                    "least": round(float((one / two).min()), 2),
                    "most": round(float((one / two).max()), 2),
                    "float32_of_roof": round(speeds[0] * needed / roofs["float32"], 2),
                    "bfloat16_of_roof": round(
                        speeds[1] * needed / roofs["mixed_bfloat16"], 2
                    ),
                    "first_layer_of_operations": operations[0] / sum(operations),
                    "turns": len(one),
                }
            )
    return pd.DataFrame(rows)


def prepare(model: str, changes: dict, names: tuple[str, ...] = FORMATS):
    """Build a model in each format; every function is called once, to be compiled.

    Args:
        model: name of a recipe.
        changes: of the recipe.
        names: of the formats.

    Returns:
        The recipe, the operations of each layer per slice and forward pass, and
        (format, work) → function that works through one batch.
    """
    from braintumor.modeling import backbones, optimizers, recipes

    recipe = recipes.get_recipe(model, PROFILE, **changes)
    shape = (recipe.batch_size, recipe.side, recipe.side, 3)
    random = np.random.default_rng(7)
    images = random.integers(0, 256, shape).astype(np.float32)
    labels = np.eye(len(recipe.classes), dtype=np.float32)[
        np.arange(len(images)) % len(recipe.classes)
    ]
    works: dict[tuple[str, str], Callable] = {}
    for name in names:
        built = backbones.build_classifier(replace(recipe, precision=name))
        backbones.open_layers(built, recipe.fine_tuning, frozen=False)
        optimizers.compile_network(built.model, recipe, recipe.fine_tuning)
        network = built.model
        works[name, "forward"] = lambda net=network: net.predict_on_batch(images)
        works[name, "training"] = lambda net=network: net.train_on_batch(images, labels)
    for work in works.values():
        work()
    return recipe, count_operations(network), works


def take_turns(works: dict[Hashable, Callable]) -> dict[Hashable, list[float]]:
    """Return the seconds of every function, `TURNS` of each, one after the other."""
    seconds: dict[Hashable, list[float]] = {name: [] for name in works}
    for _ in range(TURNS):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def count_operations(model) -> list[int]:
    """Count a slice's additions and multiplications, layer by layer.

    Args:
        model: a flat Keras model.

    Returns:
        One number per convolution and dense layer, in order; the other layers cost next
        to nothing.
    """
    import keras

    counted = []
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            places = int(np.prod(layer.output.shape[1:-1]))
            counted.append(2 * places * int(np.prod(layer.kernel.shape)))
    return counted


def measure_roof(name: str, side: int = ROOF_SIDE) -> float:
    """Return the operations a second of a square matrix product, the best of five."""
    from keras import ops

    kind = name.removeprefix("mixed_")
    matrix = ops.cast(np.random.default_rng(7).normal(size=(side, side)), kind)
    seconds = []
    for _ in range(6):  # the first brings the library up
        start = time.perf_counter()
        ops.convert_to_numpy(ops.matmul(matrix, matrix)[:1, :1])
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / min(seconds[1:])
