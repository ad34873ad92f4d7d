"""Which runtime answers: the light form where it can be had, else the framework."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from braintumor.modeling import light
from braintumor.modeling.contract import ArtifactError

if TYPE_CHECKING:
    from braintumor.modeling.keras_form import KerasModel

RUNTIMES = ("auto", "light", "keras")

logger = logging.getLogger(__name__)


def load_model(folder: Path, runtime: str = "auto") -> light.LightModel | KerasModel:
    """Load an artifact to answer with.

    Args:
        folder: of the artifact.
        runtime: "light" (ONNX Runtime), "keras", or "auto": light where it is there or
            can be made (once, half a minute), else Keras.

    Raises:
        ArtifactError: missing or altered files; no light form where one was asked for.
        ValueError: an unknown runtime.
    """
    if runtime not in RUNTIMES:
        raise ValueError(f"runtime={runtime!r}: use one of {', '.join(RUNTIMES)}.")
    if runtime != "keras":
        try:
            light.make_light(folder)
            return light.load_light(folder)
        except (ArtifactError, OSError) as error:  # say, a cache that is read-only
            if runtime == "light":
                raise
            logger.warning("%s Answering with Keras.", error)
    from braintumor.modeling.keras_form import KerasModel

    return KerasModel(folder)
