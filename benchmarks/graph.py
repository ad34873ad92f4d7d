"""How long Snakemake plans before the first job of a sweep starts."""

import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import mock

import pandas as pd
from cluster import homes

from benchmarks.processes import run_alone
from braintumor import paths
from braintumor.sweeps import plan, running
from braintumor.workflow import graph

TRAININGS = (10, 100, 1000)
FOLDS = 5
MODELS = ("vgg16_four_class", "densenet121_four_class")


def run(trainings: tuple[int, ...] = TRAININGS) -> pd.DataFrame:
    """Plan sweeps of several sizes, none of whose jobs is run.

    Args:
        trainings: multiples of ten, rising.

    Returns:
        One row per size: `jobs` of the graph, `seconds` until the plan stands, and
        `memory_mib` of the largest process so far.
    """
    rows = []
    with tempfile.TemporaryDirectory(prefix="graph-") as folder:
        home = homes.make_home(Path(folder) / "home")
        with mock.patch.dict(os.environ, {paths.HOME_VARIABLE: str(home)}):
            for count in trainings:
                seeds = tuple(range(count // FOLDS // len(MODELS)))
                # From a small process: a child's peak begins with what its parent held.
                measured = run_alone(measure_plan, seeds).result
                rows.append({"trainings": count} | measured)
    return pd.DataFrame(rows)


def measure_plan(seeds: list[int]) -> dict[str, float]:
    """Plan one sweep; Snakemake counts its jobs itself."""
    sweep = plan.Sweep(
        "plan", "phantom", "phantom", "quick", tuple(seeds), FOLDS, MODELS
    )
    command = graph.snakemake_command(
        running.SNAKEFILE,
        *("--configfile", str(plan.save_plan(sweep))),
        *("--cores", "1", "--dry-run", "--quiet", "rules", "host", "reason"),
    )
    started = time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.monotonic() - started
    words = (done.stdout + done.stderr).split()
    return {
        "jobs": int(words[words.index("total") + 1]),
        "seconds": round(seconds, 1),
        "memory_mib": round(
            resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        ),
    }
