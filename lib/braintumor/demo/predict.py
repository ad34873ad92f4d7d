"""The one predictor: bytes in, a calibrated answer with its reasons out.

Notebook, widget, web page and API call it, so they cannot disagree. The light runtime
answers where it can be had; then no training framework is ever loaded.
"""

import functools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from braintumor import paths
from braintumor.data.cache import preprocess_slice
from braintumor.data.uploads import decode_upload
from braintumor.demo.answers import (
    Answer,
    Prepared,
    fit_display,
    warn,
)
from braintumor.demo.facts import measure
from braintumor.demo.installed import ModelStatus, find_models
from braintumor.evaluation.calibration import calibrate
from braintumor.modeling.contract import read_contract
from braintumor.modeling.gradcam import compute_heat, compute_logits
from braintumor.modeling.recipes import recipe_from_dict
from braintumor.modeling.runtime import load_model

__all__ = [
    "Answer",
    "ModelStatus",
    "Predictor",
    "Prepared",
    "find_models",
    "predict",
]

CALIBRATION = "calibration.json"
GATE = "gate.npz"
SHIPPED = "densenet121_four_class"
UNCALIBRATED = "This model's probabilities are not calibrated, and it never abstains."


class Outcome(NamedTuple):
    """What the network gives for one slice.

    Attributes:
        features: (h, w, channels) float32, the last feature map.
        probabilities: (classes,) float32, calibrated.
    """

    features: np.ndarray
    probabilities: np.ndarray


class Predictor:
    """One installed model, ready to answer.

    Args:
        folder: of the artifact; every file is checked against its contract first.
        runtime: "light" (ONNX Runtime), "keras", or "auto": light where it is there or
            can be made (once, half a minute), else Keras.

    Raises:
        ArtifactError: the artifact is missing or altered.
        ValueError: an unknown runtime.
    """

    def __init__(self, folder: Path, *, runtime: str = "auto"):
        """Check the artifact, then load what it needs."""
        self.folder = Path(folder)
        self.contract = read_contract(self.folder)
        self.recipe = recipe_from_dict(self.contract["recipe"])
        self.name, self.classes = self.recipe.model, self.recipe.classes
        self._temperature, self.threshold = self._read_calibration()
        self._gate = self._read_gate()
        self._model = load_model(self.folder, runtime)
        self.runtime = self._model.runtime

    def prepare(
        self, content: bytes, name: str = "the upload", *, position: int | None = None
    ) -> Prepared:
        """Decode an upload and bring it into the model's form; threads may call it.

        Args:
            content: the file's bytes.
            name: for the message.
            position: which slice of a volume; its middle by default.

        Raises:
            UnreadableSliceError: it is no slice that can be read; says what to do.
        """
        upload = decode_upload(content, name, position=position)
        side = self.recipe.side
        pixels = preprocess_slice(
            upload.pixels, side=side, filtering=self.recipe.filtering
        )
        image = fit_display(upload.pixels)
        # Measured here, on many threads, and not by the one that runs the network.
        facts = None if self._gate is None else measure(image, upload.saturation)
        # What waits in a queue must be small, however large the upload was.
        small = upload._replace(pixels=image)
        return Prepared(small, pixels, image, warn(upload, side), facts)

    def answer(self, prepared: Sequence[Prepared]) -> list[Answer]:
        """Return the model's answers to slices, in their order, from one pass."""
        outcomes = self.infer(prepared)
        return [self.conclude(*pair) for pair in zip(prepared, outcomes, strict=True)]

    def infer(self, prepared: Sequence[Prepared]) -> list[Outcome]:
        """Run the network over slices: the part of `answer` that one thread does."""
        if not prepared:
            return []
        features = self._model.features(np.stack([one.pixels for one in prepared]))
        logits = compute_logits(self._model.head, features)
        probabilities = calibrate(logits, self._temperature or 1.0)
        return [Outcome(*pair) for pair in zip(features, probabilities, strict=True)]

    def predict(
        self, content: bytes, name: str = "the upload", *, position: int | None = None
    ) -> Answer:
        """Return the model's answer to one upload; see `prepare` and `answer`."""
        return self.answer([self.prepare(content, name, position=position)])[0]

    def conclude(self, prepared: Prepared, outcome: Outcome) -> Answer:
        """Turn what the network gave for one slice into an answer; threads may call it.

        Gate and heat map take a tenth of the network's time: it need not wait for them.
        """
        features, probabilities = outcome
        warnings = prepared.warnings
        if self._temperature is None:
            warnings = (*warnings, UNCALIBRATED)
        first = int(probabilities.argmax())
        answer = Answer(
            state="answer",
            model=self.name,
            classes=self.classes,
            probabilities=tuple(probabilities.tolist()),
            decision=self.classes[first],
            reason="",
            warnings=warnings,
            image=prepared.image,
            heat=None,
            side=self.recipe.side,
        )
        refusal = self._refuse(prepared, features)
        if refusal:
            return replace(
                answer,
                state="not_a_slice",
                reason=refusal,
                probabilities=(),
                decision=None,
                warnings=prepared.upload.warnings,  # how it was read is no matter
            )
        heat = compute_heat(self._model.head, features, first)
        if heat.any():
            answer = replace(answer, heat=heat)
        top = float(probabilities[first])
        if top < self.threshold:
            doubt = self._explain_doubt(top)
            return replace(answer, state="uncertain", decision=None, reason=doubt)
        return answer

    def _refuse(self, prepared: Prepared, features: np.ndarray) -> str | None:
        if self._gate is None:
            return None
        return self._gate.judge(features.mean(axis=(0, 1)), prepared.facts)

    def _explain_doubt(self, top: float) -> str:
        return (
            f"The model's highest probability is {100 * top:.1f} %; it decides only "
            f"from {100 * self.threshold:.1f} %, so it abstains."
        )

    def _read_calibration(self) -> tuple[float | None, float]:
        if CALIBRATION not in self.contract["files"]:
            return None, 0.0
        fitted = json.loads((self.folder / CALIBRATION).read_text(encoding="utf-8"))
        return float(fitted["temperature"]), float(fitted["threshold"])

    def _read_gate(self):
        if GATE not in self.contract["files"]:
            return None
        from braintumor.demo.gate import Gate

        return Gate.load(self.folder / GATE)


def predict(content: bytes, *, model: str = SHIPPED) -> Answer:
    """Return an installed model's answer to one upload; the model is loaded once.

    Args:
        content: the bytes of a PNG, JPEG, DICOM or NIfTI file.
        model: a name from `find_models`.

    Raises:
        ArtifactError: the model is not installed, or altered.
        UnreadableSliceError: the upload cannot be read.
    """
    return _load_predictor(paths.models_root() / model).predict(content)


@functools.lru_cache(maxsize=4)
def _load_predictor(folder: Path) -> Predictor:
    return Predictor(folder)
