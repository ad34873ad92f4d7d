"""Train on several devices, of one process or of many: each batch is shared out.

Keras shares batches through JAX alone. Its own `DataParallel` refuses a batch that
does not divide by the devices, and the last batch of an epoch seldom does. To drop or
to pad it would change batch normalisation, the steps and so the training. Here each
device is given the whole batch, which is small, and XLA is told that what the layers
give is split along the batch: each device works on its share, uneven or not, sums and
means (gradients, batch statistics, loss) go over all devices, and the training is the
one of a single device but for the order in which numbers are added.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import keras
import numpy as np
from keras.distribution import TensorLayout

from braintumor.backend_devices import list_devices
from braintumor.modeling.contract import hash_file


class SharingError(ValueError):
    """Batches cannot be shared as asked; the message says what to change."""


class SharedBatches(keras.distribution.DataParallel):
    """Whole batches to every device, the work on them split along the batch.

    Args:
        names: of the devices, as `list_devices` gives them.
    """

    def __init__(self, names: list[str]):
        """Lay the devices out in one row; Keras is not to deal out the data itself."""
        super().__init__(devices=names, auto_shard_dataset=False)

    def get_data_layout(self, data_shape: tuple[int, ...]) -> TensorLayout:
        """Return the layout of images and labels: a copy on each device."""
        return TensorLayout([None] * len(data_shape), self.device_mesh)

    def get_tensor_layout(self, path: str) -> TensorLayout:
        """Return the layout of what a layer gives: split along its first axis."""
        return TensorLayout([self.batch_dim_name], self.device_mesh)


@contextmanager
def share_batches(count: int | None = None) -> Iterator[None]:
    """Share out the batches of every network that is built and trained in the block.

    Args:
        count: devices over all processes; None for all of several processes, or for
            the one that a single process trains on anyway.

    Raises:
        SharingError: the backend cannot share, or there are not so many devices.
    """
    joined = count_processes() > 1
    if not joined and count in (None, 1):
        yield
        return
    _require_jax(f"devices={count}")
    found = list_devices()
    count = len(found) if count is None else count
    if not 1 <= count <= len(found):
        raise SharingError(
            f"devices={count}, but JAX finds {len(found)}: {', '.join(found)}. Ask for "
            "fewer. One processor shows as several when the environment says "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={count}."
        )
    if joined and count != len(found):
        raise SharingError(
            f"devices={count}, but the {count_processes()} processes have "
            f"{len(found)} together: leave devices out, and all of them work."
        )
    with SharedBatches(found[:count]).scope():
        yield


@contextmanager
def work_alone() -> Iterator[None]:
    """Let each of several processes compute the block by itself, waiting for none.

    For what one process may find in a file while another must compute it.
    """
    shared = keras.distribution.distribution()
    if count_processes() > 1:
        keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(shared)


def join_processes(coordinator: str | None, processes: int, process: int) -> None:
    """Make this process one of several that train together; call it before all else.

    Args:
        coordinator: HOST:PORT at which the others reach process 0.
        processes: how many there are.
        process: which one this is, from 0.

    Raises:
        SharingError: the backend cannot share, or the numbers do not fit.
    """
    _require_jax(f"processes={processes}")
    if not 0 <= process < processes:
        raise SharingError(
            f"process={process} of processes={processes}: count from 0 to "
            f"{processes - 1}, each once."
        )
    if ":" not in (coordinator or ""):
        raise SharingError(
            f"coordinator={coordinator!r} of processes={processes}: give HOST:PORT, "
            "where the others reach process 0."
        )
    keras.distribution.initialize(coordinator, processes, process)


def count_processes() -> int:
    """Return how many processes train together."""
    if keras.backend.backend() != "jax":
        return 1
    import jax

    return jax.process_count()


def is_first() -> bool:
    """Tell whether this is the process that writes files and shows progress."""
    if count_processes() == 1:
        return True
    import jax

    return jax.process_index() == 0


def await_all(moment: str) -> None:
    """Wait until every process has come to this moment."""
    if count_processes() == 1:
        return
    from jax.experimental import multihost_utils

    multihost_utils.sync_global_devices(moment)


def require_same_start(key: str, last: Path) -> None:
    """Refuse to train where processes would not begin from the same.

    Args:
        key: names recipe, data and seed.
        last: the checkpoint to go on from; need not exist.

    Raises:
        SharingError: another process has another key or checkpoint.
    """
    if count_processes() == 1:
        return
    from jax.experimental import multihost_utils

    found = hash_file(last) if last.exists() else "none"
    digest = np.frombuffer(sha256(f"{key} {found}".encode()).digest(), np.uint8)
    if (multihost_utils.process_allgather(digest) != digest).any():
        raise SharingError(
            f"The processes do not agree on recipe, data, seed or {last}. Start all of "
            "them with the same command, in one folder that they share."
        )


def _require_jax(asked: str) -> None:
    backend = keras.backend.backend()
    if backend != "jax":
        raise SharingError(
            f"{asked}: Keras shares batches between devices on JAX, not on {backend}. "
            "Set KERAS_BACKEND=jax (pip install jax), or train on one device."
        )
