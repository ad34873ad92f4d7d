"""What other settings would be worth: threads against processes, larger batches.

Each side is a training step of DenseNet121 in processes of its own, for the number of
threads is read when the framework starts. All sides take turns.
"""

import multiprocessing
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd

from braintumor.studies.trained import limit_threads

MODEL = "densenet121_four_class"
TURNS = 2
SECONDS = 4.0  # that a side is measured for, in every turn


class Side(NamedTuple):
    """One way to use the cores.

    Attributes:
        processes: trainings at a time.
        threads: of each.
        side: pixels of the slices.
        batch: slices of a step.
    """

    processes: int
    threads: int
    side: int
    batch: int = 32


# What is asked, what is usual, and what may be better.
QUESTIONS: Mapping[str, tuple[Side, Side]] = {
    "two trainings side by side": (Side(1, 2, 48), Side(2, 1, 48)),
    "twice the batch": (Side(1, 2, 48), Side(1, 2, 48, 64)),
}


def run(
    questions: Mapping[str, tuple[Side, Side]] = QUESTIONS,
    *,
    turns: int = TURNS,
    seconds: float = SECONDS,
) -> pd.DataFrame:
    """Measure both sides of every question, turn by turn.

    Returns:
        One row per question: slices a second of the usual and of the other side
        (medians), and how many times as fast the other is (median, least, most).
    """
    sides = list(dict.fromkeys(side for pair in questions.values() for side in pair))
    speeds = {side: [] for side in sides}
    for _ in range(turns):
        for side in sides:
            speeds[side].append(measure(side, seconds))
    rows = []
    for question, (usual, other) in questions.items():
        one, two = np.array(speeds[usual]), np.array(speeds[other])
        rows.append(
            {
                "question": question,
                "usual": _describe(usual),
                "other": _describe(other),
                "usual_per_second": round(float(np.median(one)), 1),
                "other_per_second": round(float(np.median(two)), 1),
                "times_as_fast": round(float(np.median(two / one)), 2),
                "least": round(float((two / one).min()), 2),
                "most": round(float((two / one).max()), 2),
                "turns": turns,
            }
        )
    return pd.DataFrame(rows)


def measure(side: Side, seconds: float) -> float:
    """Return the slices a second that all processes of a side learn from together."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        ready = manager.Barrier(side.processes)
        with ProcessPoolExecutor(
            side.processes, spawn, initializer=limit_threads, initargs=(side.threads,)
        ) as pool:
            jobs = [
                pool.submit(_train, side, seconds, ready) for _ in range(side.processes)
            ]
            return sum(job.result() for job in jobs)


def _train(side: Side, seconds: float, ready) -> float:
    """Train on random slices for so long; return the slices a second."""
    from benchmarks import formats

    changes = {"side": side.side, "batch_size": side.batch}
    _, _, works = formats.prepare(MODEL, changes, names=("float32",))
    step = works["float32", "training"]
    ready.wait()
    start, steps = time.perf_counter(), 0
    while time.perf_counter() < start + seconds:
        step()
        steps += 1
    return steps * side.batch / (time.perf_counter() - start)


def _describe(side: Side) -> str:
    return (
        f"{side.processes} × {side.threads} threads, side {side.side}, "
        f"batch {side.batch}"
    )
