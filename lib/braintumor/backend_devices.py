"""What the loaded Keras backend computes on."""


def list_devices() -> list[str]:
    """Return names like "gpu:0": GPUs or TPUs where there are some, else processors.

    Keras answers on TensorFlow and JAX alone, and its JAX raises when it is asked for
    GPUs that are not there.
    """
    import keras

    if keras.backend.backend() != "torch":
        return keras.distribution.list_devices()
    import torch

    return [f"gpu:{i}" for i in range(torch.cuda.device_count())] or ["cpu:0"]


def list_accelerators() -> list[str]:
    """Return the devices that are no processors; empty where there are none."""
    return [name for name in list_devices() if not name.startswith("cpu")]
