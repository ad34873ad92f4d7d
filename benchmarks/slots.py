"""One slot against two: the same sweep, so many of its trainings at a time.

Every training has one thread, so a second slot is a second core. What all trainings
share is made once, before the clock starts, and copied for either side.
"""

import os
import resource
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pandas as pd
from cluster import homes

from benchmarks.processes import in_fresh_process
from braintumor import paths
from braintumor.sweeps import choices, plan, running

SLOTS = (1, 2)
CHOICES = dict(
    run="slots", seeds=["7", "8"], folds=2, models=["vgg16_four_class"], threads=1
)
CHANGES = dict(side=32, epochs=1)
SHARED = ("--until", "preprocess_images", "deal_folds")


@dataclass(frozen=True)
class Side:
    """What one number of slots took, and the table it ended in.

    Attributes:
        seconds: from the start to the joined table.
        processor_seconds: of all its processes.
        largest_mib: memory of the largest of them.
        table: the joined one; empty where the sweep does not get so far.
    """

    seconds: float
    processor_seconds: float
    largest_mib: float
    table: bytes


def run() -> pd.DataFrame:
    """Measure the sweep with every number of slots.

    Returns:
        One row per number: `trainings` (each with its answers), `seconds` from the
        first to the joined table, `trainings_per_hour`, `times_as_fast` as one slot,
        `efficiency` (that, per slot), `processor_seconds` per training, and
        `largest_process_mib`, the memory of the largest process.

    Raises:
        RuntimeError: the sides do not end in the same table.
    """
    sweep = choices.plan_sweep(**CHOICES, **CHANGES)
    folder = Path(tempfile.mkdtemp(prefix="slots-"))
    try:
        shared = homes.make_home(folder / "shared")
        measure_side(sweep, shared, max(SLOTS), *SHARED)
        sides = {}
        for slots in SLOTS:
            home = shutil.copytree(shared, folder / f"{slots}-slots", symlinks=True)
            sides[slots] = measure_side(sweep, home, slots)
    finally:
        shutil.rmtree(folder)
    if len({side.table for side in sides.values()}) > 1:
        raise RuntimeError("The number of slots changes the table of a sweep.")
    return tabulate(sides, len(sweep.seeds) * sweep.folds * len(sweep.models))


def measure_side(sweep: plan.Sweep, home: Path, slots: int, *further: str) -> Side:
    """Run a sweep, or its beginning, in a project of its own.

    In a process of its own, too, so that no other process is among those it counts.
    """
    return in_fresh_process(run_side, sweep, home, slots, further)


def run_side(
    sweep: plan.Sweep, home: Path, slots: int, further: tuple[str, ...]
) -> Side:
    """Run it in this process, which has run no other."""
    started = time.monotonic()
    with mock.patch.dict(os.environ, {paths.HOME_VARIABLE: str(home)}):
        running.run_sweep(sweep, slots=slots, further=further)
        table = sweep.table.read_bytes() if sweep.table.is_file() else b""
    seconds = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # of all that have ended
    mib = used.ru_maxrss / 1024  # KiB
    return Side(seconds, used.ru_utime + used.ru_stime, mib, table)


def tabulate(sides: dict[int, Side], trainings: int) -> pd.DataFrame:
    """Return one row per number of slots."""
    alone = sides[min(sides)].seconds
    rows = [
        {
            "slots": slots,
            "trainings": trainings,
            "seconds": round(side.seconds, 1),
            "trainings_per_hour": round(trainings / side.seconds * 3600, 1),
            "times_as_fast": round(alone / side.seconds, 2),
            "efficiency": round(alone / side.seconds / slots, 2),
            "processor_seconds": round(side.processor_seconds / trainings, 1),
            "largest_process_mib": round(side.largest_mib),
        }
        for slots, side in sides.items()
    ]
    return pd.DataFrame(rows)
