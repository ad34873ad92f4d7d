"""One model behind one thread: a bounded queue, small batches, no lost answer.

Requests arrive on many threads, and a network that runs on all of them at once is
slower than one that takes them in turn. So each model has one `Worker`. Who comes while
its queue is full is told so at once; who has waited too long is dropped before work is
spent on them.
"""

import math
import os
import threading
import time
from collections import deque
from concurrent import futures
from typing import Any

# Decoding takes memory (a 25-megapixel colour picture: 200 MB), so only as many
# pictures are decoded at once as there are processor cores, never more than two.
_DECODERS = threading.BoundedSemaphore(min(2, os.cpu_count() or 1))


class ServingError(Exception):
    """A request got no answer, for a reason that lies with the server."""


class QueueFullError(ServingError):
    """As many slices as may wait are waiting already.

    Attributes:
        retry_after: seconds after which to try again, at least 1.
    """

    def __init__(self, retry_after: int) -> None:
        """Keep the seconds for the header of the same name."""
        super().__init__(f"Too many slices are waiting; try again in {retry_after} s.")
        self.retry_after = retry_after


class TooSlowError(ServingError):
    """The answer did not come in time."""


class StoppedError(ServingError):
    """The server is stopping and takes no more slices."""


class Worker:
    """Runs one predictor on one thread.

    Attributes:
        predictor: has `prepare(content, name, position=...)`, `infer(list) -> list` of
            the same length and `conclude(prepared, outcome)`, as
            `demo.predict.Predictor`; `infer` is called on this worker's thread alone.
        capacity: slices that may wait, those being decoded included.
        batch: most slices in one forward pass.
        patience: seconds from `submit` after which an answer is of no use.
    """

    def __init__(
        self,
        predictor: Any,
        *,
        capacity: int = 64,
        batch: int = 8,
        patience: float = 10.0,
    ) -> None:
        """Start the thread; it sleeps until the first slice comes."""
        self.predictor = predictor
        self.capacity, self.batch, self.patience = capacity, batch, patience
        self._waiting: deque[tuple[Any, futures.Future]] = deque()
        self._preparing = 0
        self._pace = 0.05  # seconds per slice, of the last batch
        self._stopping = False
        self._changed = threading.Condition()
        # A daemon, so that a network that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Slices in the queue or being decoded for it."""
        return len(self._waiting) + self._preparing

    @property
    def full(self) -> bool:
        """Whether no more slices may wait."""
        return self.waiting >= self.capacity

    @property
    def retry_after(self) -> int:
        """Whole seconds, at least 1, in which what waits now will be answered."""
        return max(1, math.ceil((self.waiting + self.batch) * self._pace))

    def require_room(self) -> None:
        """Refuse early, before a request has cost anything.

        Raises:
            QueueFullError: no more slices may wait.
            StoppedError: `drain` was called.
        """
        if self._stopping:
            raise StoppedError("The server is stopping; ask again in a moment.")
        if self.full:
            raise QueueFullError(self.retry_after)

    def prepare(
        self, content: bytes, name: str = "the upload", *, position: int | None = None
    ) -> Any:
        """Decode one slice for `submit`, where there is room and when it is its turn.

        Args:
            content: the bytes of a file.
            name: the file, for error messages.
            position: of the slice in a volume; the predictor's own choice if None.

        Raises:
            QueueFullError: no more slices may wait.
            StoppedError: `drain` was called.
            UnreadableSliceError: the bytes are no slice.
        """
        with self._changed:
            self.require_room()
            self._preparing += 1
        try:
            with _DECODERS:
                return self.predictor.prepare(content, name, position=position)
        finally:
            with self._changed:
                self._preparing -= 1

    def submit(self, prepared: Any) -> Any:
        """Wait for the predictor's answer to one prepared slice, and to no other.

        Raises:
            QueueFullError: no more slices may wait.
            TooSlowError: `patience` ran out; a slice still in the queue is dropped.
            StoppedError: `drain` was called before.
            Exception: whatever the predictor raised over this slice.
        """
        future: futures.Future = futures.Future()
        with self._changed:
            if self._stopping or len(self._waiting) >= self.capacity:
                self.require_room()
            self._waiting.append((prepared, future))
            self._changed.notify()
        futures.wait([future], timeout=self.patience)
        if not future.done() and (future.cancel() or not future.done()):
            raise TooSlowError(
                f"No answer within {self.patience:g} s; try again later."
            )
        return self.predictor.conclude(prepared, future.result())

    def drain(self, timeout: float | None = None) -> bool:
        """Take no more slices, answer those that wait, and end the thread.

        Args:
            timeout: seconds to wait for that; without end if None.

        Returns:
            Whether everything was answered in time.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while taken := self._take():
            started = time.monotonic()
            _infer(self.predictor, taken)
            self._pace = (time.monotonic() - started) / len(taken)

    def _take(self) -> list[tuple[Any, futures.Future]]:
        """Wait for slices; an empty list means that it is time to end."""
        taken: list[tuple[Any, futures.Future]] = []
        with self._changed:
            while not taken:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if not self._waiting:
                    break
                while self._waiting and len(taken) < self.batch:
                    prepared, future = self._waiting.popleft()
                    if future.set_running_or_notify_cancel():  # else it came too late
                        taken.append((prepared, future))
        return taken


def _infer(predictor: Any, taken: list[tuple[Any, futures.Future]]) -> None:
    """Give every future its outcome, or the exception that its slice caused."""
    try:
        outcomes = predictor.infer([prepared for prepared, _ in taken])
        if len(outcomes) != len(taken):
            raise RuntimeError(f"{len(outcomes)} outcomes of {len(taken)} slices")
    except BaseException as error:  # passed on: without it the callers would wait
        if len(taken) == 1:
            taken[0][1].set_exception(error)
            return
        for one in taken:  # a slice that fails must not take its neighbours along
            _infer(predictor, [one])
        return
    for (_, future), outcome in zip(taken, outcomes, strict=True):
        future.set_result(outcome)
