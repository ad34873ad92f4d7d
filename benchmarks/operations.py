"""Where the time of a pass goes, by oneDNN's own account of every primitive it runs.

TensorFlow hands convolutions, poolings and changes of memory layout to oneDNN, which
writes a line with its milliseconds for each. What is left of a pass is TensorFlow's:
above all normalisations, rectifiers, concatenations and sums. Each case runs in a
process of its own, one operation at a time, so that the lines add up.

Source: oneDNN's documentation, Verbose Mode; the fields of a line are stage, engine,
primitive, implementation, direction, shapes and, last, milliseconds.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pandas as pd

from benchmarks import formats
from benchmarks.processes import CLONE

CASES = tuple((model, {}) for model in formats.MODELS)
REPEATS = 8  # of a pass
BEGIN, END = "passes begin", "passes end"


def run(
    cases: Sequence[tuple[str, dict]] = CASES,
    *,
    names: tuple[str, ...] = formats.FORMATS,
    works: tuple[str, ...] = tuple(formats.PASSES),
    repeats: int = REPEATS,
) -> pd.DataFrame:
    """Profile every case in every format.

    Args:
        cases: names of recipes, each with its changes, such as `side`.
        names: of the formats.
        works: "forward", "training".
        repeats: of a pass; the first one, which compiles, is not counted.

    Returns:
        One row per case, format and work: milliseconds of a batch; the percentages of
        them that go to convolutions, to changes of layout, to oneDNN's other
        primitives and to the rest; and the share of the roof at which the convolutions
        run while they run.
    """
    rows = []
    for model, changes in cases:
        for name in names:
            for work in works:
                rows.append(profile_alone(model, changes, name, work, repeats))
    return pd.DataFrame(rows)


def profile_alone(
    model: str, changes: dict, name: str, work: str, repeats: int
) -> dict:
    """Return the row of one case, from a process that oneDNN reports on."""
    told = json.dumps([model, changes, name, work, repeats])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.operations", told],
        cwd=CLONE,
        env=os.environ | {"ONEDNN_VERBOSE": "profile_exec"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{model}, {work} failed:\n{done.stderr[-2000:]}")
    lines = done.stdout.splitlines()
    spent = sum_primitives(lines[lines.index(BEGIN) : lines.index(END)])
    facts = json.loads(lines[-1])
    whole = facts["seconds"]
    convolution, reorder = (spent.pop(key, 0.0) for key in ("convolution", "reorder"))
    parts = {"convolution": convolution, "layout": reorder}
    parts["other_onednn"] = sum(spent.values())
    parts["rest"] = whole - sum(parts.values())
    shares = {f"{k}_percent": round(100 * v / whole, 1) for k, v in parts.items()}
    return {
        "model": model,
        "side": facts["side"],
        "batch": facts["batch"],
        "format": name.removeprefix("mixed_"),
        "work": work,
        "milliseconds": round(1000 * whole / repeats, 1),
        **shares,
        "convolutions_of_roof": round(
            facts["operations"] / max(convolution, 1e-9) / facts["roof"], 2
        ),
        "repeats": repeats,
    }


def sum_primitives(lines: Iterable[str]) -> dict[str, float]:
    """Add up oneDNN's lines: primitive → seconds."""
    spent: dict[str, float] = defaultdict(float)
    for line in lines:
        fields = line.split(",")
        if line.startswith("onednn_verbose,") and "exec" in fields[:4]:
            place = fields.index("exec")  # older versions write no stage before it
            spent[fields[place + 2]] += float(fields[-1]) / 1000
    return dict(spent)


def repeat_pass(
    model: str, changes: dict, name: str, work: str, repeats: int
) -> dict[str, float]:
    """Run a pass again and again in this process; return what it took."""
    import tensorflow

    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    recipe, operations, works = formats.prepare(model, changes, names=(name,))
    step, roof = works[name, work], formats.measure_roof(name)
    step()
    print(BEGIN, flush=True)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    seconds = time.perf_counter() - start
    print(END, flush=True)
    slices = recipe.batch_size * repeats * formats.PASSES[work]
    return {
        "seconds": seconds,
        "operations": sum(operations) * slices,
        "roof": roof,
        "side": recipe.side,
        "batch": recipe.batch_size,
    }


if __name__ == "__main__":
    print(json.dumps(repeat_pass(*json.loads(sys.argv[1]))))
