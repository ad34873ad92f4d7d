"""How much of a GPU training uses: `python -m benchmarks.gpu`.

Three ways to feed a training step, on each backend that is installed:

- loader: `fit` over `SliceBatches`, as `training.train` feeds it; the processor warps.
- still: `fit` over one batch that never changes: what the step costs by itself.
- resident: the set and its warps on the card, one program an epoch (`resident`; JAX).

The share of the roof is what convolutions and dense layers need, three times over for
the way back, against the fastest square matrix product of that backend in that format,
measured in the same process. `--small` proves on a processor that everything runs; its
figures say nothing and are not kept. No GPU has been measured yet.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import record
from braintumor import provenance

BACKENDS = ("jax", "torch", "tensorflow")
FORMATS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Plan:
    """What is measured; the defaults are for a GPU.

    Attributes:
        models: recipes of profile cpu, here at another side.
        side: pixels of the square slices.
        slices: of the made-up set; 5,712 are Nickparvar's for training.
        batch: slices per step.
        precision: of the networks.
        epochs: of the resident way; the others run two.
        roof_side: of the square matrices.
        products: of them in a row.
    """

    models: tuple[str, ...] = ("vgg16_four_class", "densenet121_four_class")
    side: int = 150
    slices: int = 5712
    batch: int = 32
    precision: str = "mixed_bfloat16"
    epochs: int = 20
    roof_side: int = 8192
    products: int = 20


# XLA needs minutes for DenseNet121 on a processor, and is slow there in bfloat16.
SMALL = Plan(
    ("vgg16_four_class",),
    side=32,
    slices=24,
    batch=8,
    precision="float32",
    epochs=2,
    roof_side=256,
    products=2,
)


def measure(plan: Plan) -> pd.DataFrame:
    """Measure the loaded backend.

    Returns:
        One row per model and way: seconds of the first epoch (with compilation) and of
        a later one (mean), slices a second of a later one, seconds of twenty (the
        first and nineteen later ones, however many ran), and the share of the roof.
    """
    from benchmarks import formats, ways
    from braintumor.modeling import recipes

    roofs = {n: measure_roof(n, plan.roof_side, plan.products) for n in FORMATS}
    rows = []
    for model in plan.models:
        changes = dict(batch_size=plan.batch, precision=plan.precision)
        recipe = recipes.get_recipe(model, "cpu", side=plan.side, **changes)
        network, found = ways.prepare(recipe, plan.slices)
        operations = 3 * sum(formats.count_operations(network))
        for way, run_epoch in found.items():
            epochs = plan.epochs if way == "resident" else 2
            first, later = ways.time_epochs(run_epoch, epochs)
            rows.append(
                describe(plan, model, way)
                | {"epochs": epochs}
                | rate(plan, first, later, operations, roofs)
            )
            print(*rows[-1].values(), flush=True)
    return pd.DataFrame(rows)


def describe(plan: Plan, model: str, way: str) -> dict:
    """Return the columns that say what was measured."""
    import keras

    from braintumor import backend_devices

    return {
        "backend": keras.backend.backend(),
        "device": backend_devices.list_devices()[0],
        "model": model,
        "side": plan.side,
        "batch": plan.batch,
        "precision": plan.precision,
        "way": way,
    }


def rate(plan: Plan, first: float, later: float, operations: int, roofs: dict) -> dict:
    """Return the columns that say how fast it was.

    Args:
        plan: slices of an epoch, and format.
        first: seconds of the first epoch.
        later: seconds of a later one.
        operations: of one slice in training.
        roofs: format → operations a second.
    """
    speed = plan.slices / later
    roof = roofs[plan.precision.removeprefix("mixed_")]
    return {
        "first_epoch_seconds": round(first, 2),
        "epoch_seconds": round(later, 3),
        "slices_per_second": round(speed, 1),
        "twenty_epochs_seconds": round(first + 19 * later, 1),
        "share_of_roof": round(speed * operations / roof, 3),
    } | {f"{name}_roof_tera": round(roofs[name] / 1e12, 3) for name in FORMATS}


def measure_roof(kind: str, side: int, products: int) -> float:
    """Return the operations a second of square matrix products, the best of four.

    Products follow each other, so the time to start one is hidden as in a network.
    float32 is what the backend makes of it: JAX and TensorFlow round to TF32.
    """
    from keras import ops

    spread = side**-0.5  # keeps the spread of a product what it was
    matrix = np.random.default_rng(7).normal(0, spread, (side, side))
    matrix = ops.cast(ops.convert_to_tensor(matrix.astype(np.float32)), kind)
    seconds = []
    for _ in range(5):  # the first brings the library up
        start, product = time.perf_counter(), matrix
        for _ in range(products):
            product = ops.matmul(matrix, product)
        ops.convert_to_numpy(product[:1, :1])
        seconds.append(time.perf_counter() - start)
    return products * 2 * side**3 / min(seconds[1:])


def measure_elsewhere(backend: str, arguments: list[str]) -> pd.DataFrame:
    """Measure one backend in a process of its own, which frees the card at its end."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        command = [sys.executable, "-m", "benchmarks.gpu", "--table", str(table)]
        environment = os.environ | {"KERAS_BACKEND": backend}
        subprocess.run([*command, *arguments], env=environment, check=True)
        return pd.read_csv(table)


def main(arguments: list[str] | None = None) -> None:
    """Measure every backend that is installed; keep table and provenance."""
    start = time.monotonic()
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--small", action="store_true", help="prove that it runs")
    parser.add_argument("--batch", type=int, help="slices per step")
    parser.add_argument("--precision", help="of the networks, as in a recipe")
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    plan = SMALL if chosen.small else Plan()
    changes = {"batch": chosen.batch, "precision": chosen.precision}
    plan = replace(plan, **{name: value for name, value in changes.items() if value})
    if chosen.table:
        measure(plan).to_csv(chosen.table, index=False)
        return
    if not chosen.small and not provenance.hardware()["accelerators"]:
        parser.error("No GPU is found: --small proves the program without one.")
    installed = [name for name in BACKENDS if importlib.util.find_spec(name)]
    asked = sys.argv[1:] if arguments is None else arguments
    table = pd.concat([measure_elsewhere(name, asked) for name in installed])
    print(table.to_string(index=False))
    if not chosen.small:
        record.keep("gpu", table, seconds=time.monotonic() - start, **asdict(plan))


if __name__ == "__main__":
    main()
