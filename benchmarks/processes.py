"""One function in a process of its own: what it takes, without what ran before it."""

import json
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

CLONE = Path(__file__).parents[1]  # found from wherever the project's home points to
STATUS = Path("/proc/self/status")
MEGABYTE = 10**6
INTERVAL = 0.05  # seconds between two looks at what a process holds for itself


class Measured(NamedTuple):
    """What a function gave, and what its process took.

    Attributes:
        result: of the function.
        peak: the most resident memory, megabytes.
        own: the most of it that no file stands behind, megabytes. Pages of a memory
            map count as resident, too, but the system takes them back at will.
    """

    result: Any
    peak: float
    own: float


def run_alone(function: Callable, *arguments: Any) -> Measured:
    """Call a module's function in a fresh process and measure its memory.

    Args:
        function: found again by its module and name.
        *arguments: what JSON can hold; so must the result be.

    Raises:
        RuntimeError: the process failed; the message holds its last words.
    """
    told = json.dumps([function.__module__, function.__name__, *arguments])
    command = [sys.executable, "-m", "benchmarks.processes", told]
    done = subprocess.run(command, cwd=CLONE, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{function.__name__} failed:\n{done.stderr[-2000:]}")
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


def in_fresh_process(function: Callable, *arguments: Any) -> Any:
    """Call a module's function in a process without a past, and return its result.

    Args:
        function: found again by its module and name.
        *arguments: what can be pickled; so must the result be.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def measure(function: Callable, *arguments: Any) -> Measured:
    """Call a function in this process, which should do nothing else in its life."""
    own = [read_status("RssAnon")]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(INTERVAL):
            own[0] = max(own[0], read_status("RssAnon"))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        result = function(*arguments)
    finally:
        done.set()
        watcher.join()
    return Measured(result, read_peak(), max(own[0], read_status("RssAnon")))


def read_status(name: str) -> float:
    """Return a line of Linux's account of this process, megabytes; 0 elsewhere."""
    if not STATUS.exists():
        return 0.0
    lines = STATUS.read_text(encoding="ascii").splitlines()
    kibibytes = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(kibibytes[0]) * 1024 / MEGABYTE if kibibytes else 0.0


def read_peak() -> float:
    """Return the most memory that this process has held, megabytes.

    Linux's `VmHWM` begins anew with a program; `ru_maxrss` would begin with what the
    parent held, and stands in for it only where there is nothing else.
    """
    if STATUS.exists():
        return read_status("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


if __name__ == "__main__":
    module, name, *given = json.loads(sys.argv[1])
    print(json.dumps(measure(getattr(import_module(module), name), *given)))
