"""What made a result: code, parameters, data, versions, machine, seconds."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from braintumor import paths, runs

PACKAGES = (
    "braintumor",
    "numpy",
    "pandas",
    "scikit-learn",
    "opencv-python-headless",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "jax",
    "torch",
)


def write(
    path: Path,
    *,
    parameters: Mapping[str, Any],
    inputs: Iterable[Path] = (),
    seconds: float,
    code: Mapping[str, Any] | None = None,
    **further: Any,
) -> dict[str, Any]:
    """Write a record of what made a result, whole or not at all.

    Args:
        path: the JSON file.
        parameters: the parameters as effective, after defaults and profile.
        inputs: the data files that were read; their SHA-256 go into the record.
        seconds: how long it took.
        code: what `commit` said before something tracked was written; what it says now
            by default.
        **further: other facts, such as `notebook`.

    Returns:
        The record.
    """
    record = {
        **further,
        "seed": parameters.get("seed"),
        "parameters": dict(parameters),
        "data": {runs.relative(file): file_hash(file) for file in map(Path, inputs)},
        "code": code or commit(),
        "versions": versions(),
        "hardware": hardware(),
        "seconds": round(seconds, 1),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return record


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def commit() -> dict[str, Any]:
    """Return the commit of the code, and whether tracked files differ from it."""
    head = _answer("git", "rev-parse", "HEAD")
    changed = _answer("git", "status", "--porcelain", "--untracked-files=no")
    return {"commit": head or None, "dirty": bool(changed) if head else None}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide numbers."""
    found = {"python": platform.python_version(), "backend": keras_backend()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def keras_backend() -> str:
    """Return the backend that Keras would choose, without importing it."""
    if named := os.environ.get("KERAS_BACKEND"):
        return named
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return json.loads((home / "keras.json").read_text())["backend"]
    except (OSError, ValueError, KeyError):
        return "tensorflow"


def hardware() -> dict[str, Any]:
    """Return processor, cores, memory in GiB and accelerators of this machine."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        memory = None  # not told on this system
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": memory and round(memory, 1),
        "accelerators": _answer(
            "nvidia-smi", "--query-gpu=name", "--format=csv,noheader"
        ).splitlines(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return named[0].strip() if named else platform.processor() or platform.machine()


def _answer(*command: str) -> str:
    """Return what a command prints, or nothing where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(
        command, cwd=paths.project_root(), capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip() if done.returncode == 0 else ""
