"""One process at a time at a file or a folder; the lock ends with its process."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


class HeldError(RuntimeError):
    """Another process holds the lock."""


@contextlib.contextmanager
def hold(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock file while the block runs; the empty file stays behind.

    Args:
        lock: the file; its folder is made.
        wait: until the other process is done; else refuse at once.

    Raises:
        HeldError: not to be waited for, and another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        yield
        return
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise HeldError(f"{lock} is held by another process.") from None
        yield
