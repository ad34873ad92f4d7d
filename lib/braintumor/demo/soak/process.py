"""The page in a process of its own, with its start-up time and memory."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 180
STOP_SECONDS = 60
MEBIBYTE = 1024**2


@dataclass
class App:
    """A page that runs.

    Attributes:
        process: its process.
        port: where it listens.
        start_seconds: from the process's start to its being ready.
    """

    process: subprocess.Popen
    port: int
    start_seconds: float

    def resident(self) -> float:
        """Return its memory at this moment, in MiB."""
        return read_memory(self.process.pid, "VmRSS")

    def peak(self) -> float:
        """Return the most memory it ever had, or since `forget_peak`, in MiB."""
        return read_memory(self.process.pid, "VmHWM")

    def forget_peak(self) -> None:
        """Let the peak start from what it has now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


def read_memory(process: int, field: str) -> float:
    """Return a memory figure of a process, in MiB.

    Args:
        process: its number.
        field: a line of Linux' /proc/<process>/status: "VmRSS" or "VmHWM".
    """
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / MEBIBYTE
    raise ValueError(f"/proc/{process}/status has no line {field}.")


def running(
    variant: str = "light", **environment: str
) -> contextlib.AbstractContextManager[App]:
    """Run the page as `children` defines it; see `running_program`.

    Args:
        variant: a name from `children.VARIANTS`.
        **environment: variables to set for it.
    """
    program = ("-m", "braintumor.demo.soak.children", variant)
    return running_program(program, **environment)


@contextlib.contextmanager
def running_program(program: Sequence[str], **environment: str) -> Iterator[App]:
    """Run a page of any kind on a free port; kill it at the end.

    Args:
        program: arguments of this interpreter. Once it listens it must print a line
            that begins with "Ready" and ends with its address.
        **environment: variables to set for it.

    Raises:
        RuntimeError: it does not start; says its last words.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        line = process.stdout.readline()
        if not line.startswith("Ready"):
            words = process.communicate(timeout=START_SECONDS)[1].strip()
            raise RuntimeError(f"The page does not start: {words[-500:]}")
        seconds = time.perf_counter() - started
        yield App(process, int(line.rsplit(":", 1)[1].strip(" /\n")), seconds)
    finally:
        process.kill()
        process.communicate()
