"""What TensorFlow logs when it is imported; no reader wants it."""

from collections.abc import Mapping
from typing import Any

NOISE = ("All log messages before absl::InitializeLog", "oneDNN custom operations")


def is_start_up_noise(output: Mapping[str, Any]) -> bool:
    """Tell whether a cell's output is only what TensorFlow logs when it is imported.

    It comes from C++ before any log level is read, with the time and process in it.
    """
    lines = output.get("text", "").splitlines()
    return output.get("name") == "stderr" and all(
        any(words in line for words in NOISE) for line in lines
    )
