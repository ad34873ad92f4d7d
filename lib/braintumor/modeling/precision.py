"""Which number format the arithmetic uses."""

from pathlib import Path

from braintumor import backend_devices

FAST_ON_CPU = ("avx512_bf16", "amx_bf16")


def choose_precision(wanted: str = "auto") -> str:
    """Return the Keras dtype policy for a wanted precision.

    Args:
        wanted: "float32", "mixed_bfloat16", or "auto": bfloat16 on processors with
            bfloat16 instructions and on GPUs, float32 elsewhere. Variables and the
            softmax stay float32 either way.

    Raises:
        ValueError: any other word.
    """
    if wanted in ("float32", "mixed_bfloat16"):
        return wanted
    if wanted != "auto":
        raise ValueError(
            f"precision={wanted!r} is unknown: use auto, float32 or mixed_bfloat16."
        )
    return "mixed_bfloat16" if _has_gpu() or _has_fast_bfloat16() else "float32"


def _has_fast_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return any(flag in flags for flag in FAST_ON_CPU)


def _has_gpu() -> bool:
    return any(name.startswith("gpu") for name in backend_devices.list_devices())
