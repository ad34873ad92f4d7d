"""Checkpoints that are whole or absent, and restore all that training depends on.

Keras's own `BackupAndRestore` brings back the epoch but not the best value, the
counters or the random state, and writes in place. Here one file holds every variable
of model and optimizer (dropout's random state is among them) beside the training
state, written under a temporary name, flushed to disk, and renamed.
"""

import hashlib
import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np


class CheckpointError(ValueError):
    """A checkpoint does not fit what it is restored into."""


@dataclass
class TrainingState:
    """Where a training stands; everything that decides what comes next.

    Attributes:
        phase: "frozen" or "fine_tuning".
        epoch: epochs of this phase that are finished.
        best_value: lowest validation loss so far, in nats; None before the first.
        best_epoch: position in `history` of the epoch that reached it.
        stalled: finished epochs since then.
        drops: learning-rate drops so far in this phase.
        stopped: the phase ended early.
        history: one dictionary per finished epoch, both phases.
    """

    phase: str = "frozen"
    epoch: int = 0
    best_value: float | None = None
    best_epoch: int | None = None
    stalled: int = 0
    drops: int = 0
    stopped: bool = False
    history: list[dict] = field(default_factory=list)


def write_arrays(path: Path, arrays: list[np.ndarray], note: dict) -> None:
    """Write arrays and a note as one `.npz`, whole or not at all.

    Args:
        path: the file; what was there stays until the new one is on disk.
        arrays: in an order that `read_arrays` gives back.
        note: whatever JSON can hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")  # a killed write is overwritten
    named = {f"array_{index:05d}": array for index, array in enumerate(arrays)}
    with temporary.open("wb") as stream:
        np.savez(stream, note=np.array(json.dumps(note)), **named)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


def read_arrays(path: Path) -> tuple[list[np.ndarray], dict]:
    """Return what `write_arrays` wrote.

    Raises:
        CheckpointError: the file is not whole; delete it and train again.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            names = sorted(name for name in stored.files if name != "note")
            return [stored[name] for name in names], json.loads(str(stored["note"]))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"{path} is not a whole checkpoint ({error}). Delete it and run again."
        ) from error


def get_values(variables: list) -> list[np.ndarray]:
    """Copy Keras variables into arrays, in order."""
    return [np.array(variable.numpy()) for variable in variables]


def set_values(variables: list, values: list[np.ndarray], *, origin: str) -> None:
    """Assign arrays to Keras variables, in order.

    Raises:
        CheckpointError: count or shapes differ; nothing is assigned then.
    """
    wanted = [tuple(variable.shape) for variable in variables]
    given = [value.shape for value in values]
    if wanted != given:
        raise CheckpointError(
            f"{origin} holds {len(given)} arrays for {len(wanted)} variables, or other "
            "shapes: it belongs to another recipe. Delete it and run again."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def save_checkpoint(path: Path, model, state: TrainingState, *, key: str) -> None:
    """Save model, optimizer and state; `key` names the training they belong to."""
    optimizer = model.optimizer.variables
    note = {"key": key, "state": asdict(state), "model_arrays": len(model.variables)}
    write_arrays(path, get_values(model.variables) + get_values(optimizer), note)


def load_checkpoint(path: Path, *, key: str) -> tuple[list, list, TrainingState]:
    """Return model arrays, optimizer arrays and state of a checkpoint.

    Raises:
        CheckpointError: it is not whole, or belongs to another training.
    """
    arrays, note = read_arrays(path)
    if note["key"] != key:
        raise CheckpointError(
            f"{path} belongs to training {note['key']}, not {key}: recipe, data or "
            "seed changed. Delete it or give the run another name."
        )
    count = note["model_arrays"]
    return arrays[:count], arrays[count:], TrainingState(**note["state"])


def hash_values(variables: list) -> str:
    """Return the SHA-256 over all bytes of Keras variables, in order."""
    digest = hashlib.sha256()
    for value in get_values(variables):
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()
