"""The light form of an artifact: its backbone for ONNX Runtime, its head in numpy.

It is derived from the artifact's weights, made once, kept in the cache, and answers
without the training framework, which this module never loads.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from braintumor import paths
from braintumor.modeling.contract import (
    WEIGHTS,
    ArtifactError,
    hash_file,
    read_contract,
)
from braintumor.modeling.gradcam import HeadWeights

BASE = "base.onnx"
HEAD = "head.npz"
PASSPORT = "light.json"
FORMAT = 1
BATCH = 32  # slices per pass: more would cost memory and gain no speed


class LightModel:
    """A backbone in ONNX Runtime and a head in numpy.

    Args:
        base: bytes of the graph, images (n, side, side, 3) → feature map.
        head: what stands on it.
    """

    runtime = "light"

    def __init__(self, base: bytes, head: HeadWeights):
        """Build the session."""
        # Since 1.29 it reports home unless told not to before it is imported.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only
        # Waiting threads sleep: spinning doubles the processor time of a slice, which
        # decoding and answering others need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            base, options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self.head = head

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return the last feature map of grey slices; threads may call it at once.

        Args:
            images: (n, side, side) uint8, n ≥ 1, preprocessed as the contract says.

        Returns:
            (n, h, w, channels) float32.
        """
        return np.concatenate(
            [
                self._session.run(None, {self._input: as_input(images[i : i + BATCH])})[
                    0
                ]
                for i in range(0, len(images), BATCH)
            ]
        )


def as_input(images: np.ndarray) -> np.ndarray:
    """Return grey slices (n, side, side) as (n, side, side, 3) float32, 0–255."""
    return np.repeat(images[..., None].astype(np.float32), 3, axis=-1)


def locate_light(contract: dict) -> Path:
    """Return where the light form of an artifact lies, whether or not it is there."""
    return paths.cache_root() / "light" / contract["files"][WEIGHTS][:16]


def make_light(folder: Path) -> Path:
    """Export an artifact's light form into the cache, unless it is there already.

    The framework works in a process of its own, for about half a minute, so that this
    one stays small.

    Args:
        folder: of the artifact.

    Returns:
        The folder of the light form; it appears whole or not at all.

    Raises:
        ArtifactError: the artifact is missing or altered, or the export failed (say,
            for want of TensorFlow); the message holds its last words.
    """
    contract = read_contract(folder)
    target = locate_light(contract)
    if (target / PASSPORT).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _export_elsewhere(folder, fresh)
        passport = {
            "format": FORMAT,
            "weights": contract["files"][WEIGHTS],
            "files": {name: hash_file(fresh / name) for name in (BASE, HEAD)},
        }
        (fresh / PASSPORT).write_text(json.dumps(passport, indent=2) + "\n")
        fresh.chmod(0o755)
        if not (target / PASSPORT).is_file():  # else another process was faster
            os.replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def load_light(folder: Path) -> LightModel:
    """Load the light form of an artifact; every hash is checked before a byte is read.

    Args:
        folder: of the artifact.

    Raises:
        ArtifactError: artifact or light form are missing or altered.
    """
    contract = read_contract(folder)
    target = locate_light(contract)
    try:
        passport = json.loads((target / PASSPORT).read_text())
        sound = (passport["format"], passport["weights"]) == (
            FORMAT,
            contract["files"][WEIGHTS],
        )
        parts = {name: (target / name).read_bytes() for name in (BASE, HEAD)}
        sound &= passport["files"] == {
            name: hashlib.sha256(part).hexdigest() for name, part in parts.items()
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{target} is no light form ({error}): delete it, it is made again."
        ) from error
    if not sound:
        raise ArtifactError(f"{target} was altered: delete it, it is made again.")
    return LightModel(parts[BASE], _parse_head(parts[HEAD]))


def save_head(head: HeadWeights, path: Path) -> None:
    """Write a head as `.npz`: pooling, and kernel and bias of each dense layer."""
    arrays = {f"kernel_{i}": kernel for i, kernel in enumerate(head.kernels)}
    arrays |= {f"bias_{i}": bias for i, bias in enumerate(head.biases)}
    np.savez(path, pooling=np.array(head.pooling), **arrays)


def _parse_head(content: bytes) -> HeadWeights:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        layers = range(sum(name.startswith("kernel_") for name in arrays.files))
        return HeadWeights(
            str(arrays["pooling"]),
            tuple(arrays[f"kernel_{i}"] for i in layers),
            tuple(arrays[f"bias_{i}"] for i in layers),
        )


def _export_elsewhere(folder: Path, target: Path) -> None:
    command = [sys.executable, "-m", "braintumor.modeling.keras_form"]
    told = subprocess.run(
        [*command, str(folder), str(target)],
        capture_output=True,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    if told.returncode:
        words = (told.stderr.strip() or "no word").splitlines()[-1]
        raise ArtifactError(f"{folder} could not be exported to ONNX: {words}")
