"""The worker: nothing lost, nothing swapped, nothing computed for nobody.

Every check is a function of the worker's class, so that the same check can be shown to
fail on a worker with a planted fault.
"""

import threading
import time
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import pytest

from braintumor.demo import serving
from braintumor.demo.serving import (
    QueueFullError,
    StoppedError,
    TooSlowError,
    Worker,
)

SOON = 20.0  # seconds after which a test gives up; never reached when all is well


class Predictor:
    """Answers (slice, its square); raises what it is given, if that is an exception."""

    def __init__(self):
        self.batches = []

    def prepare(self, content, name="the upload", *, position=None):
        return len(content)

    def conclude(self, prepared, outcome):
        return outcome

    def infer(self, prepared):
        self.batches.append(list(prepared))
        for one in prepared:
            if isinstance(one, BaseException):
                raise one
        return [(one, one * one) for one in prepared]

    @property
    def seen(self):
        return [one for batch in self.batches for one in batch]


class Stepwise(Predictor):
    """Takes a step only when told to, so that tests know who waits for what."""

    def __init__(self):
        super().__init__()
        self.entered, self.step = threading.Semaphore(0), threading.Semaphore(0)

    def infer(self, prepared):
        self.entered.release()
        assert self.step.acquire(timeout=SOON)
        return super().infer(prepared)


class Busy:
    """A worker whose predictor holds slice 0, with `others` in its queue."""

    def __init__(self, kind, others=(), **choices):
        self.predictor = Stepwise()
        self.worker = kind(self.predictor, **{"patience": SOON} | choices)
        self.pool = ThreadPoolExecutor(16)
        self.results = [self.pool.submit(self.worker.submit, 0)]
        assert self.predictor.entered.acquire(timeout=SOON)
        for other in others:
            before = self.worker.waiting
            self.results.append(self.pool.submit(self.worker.submit, other))
            while self.worker.waiting == before and not self.results[-1].done():
                time.sleep(0.001)

    def __enter__(self):
        return self

    def finish(self):
        self.predictor.step.release(100)
        return [self._outcome(result) for result in self.results]

    def _outcome(self, result):
        error = result.exception(SOON)
        return type(error) if error else result.result()

    def __exit__(self, *_):
        self.predictor.step.release(100)
        self.worker.drain(SOON)
        self.pool.shutdown()


def check_nobody_gets_anothers_answer(kind):
    worker = kind(Predictor(), capacity=64, batch=8, patience=SOON)
    slices = range(1, 601)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(worker.submit, slices))
    assert worker.drain(SOON)
    assert answers == [(one, one * one) for one in slices]
    assert sorted(worker.predictor.seen) == [*slices]


def check_slices_that_wait_share_a_pass(kind):
    with Busy(kind, others=range(1, 6), batch=4) as busy:
        assert busy.finish() == [(one, one * one) for one in range(6)]
        assert busy.predictor.batches == [[0], [1, 2, 3, 4], [5]]


def check_a_full_queue_refuses_at_once(kind):
    with Busy(kind, others=(1, 2), capacity=2) as busy:
        with pytest.raises(QueueFullError) as refusal:
            busy.worker.prepare(b"abc")
        assert refusal.value.retry_after >= 1
        busy.results.append(busy.pool.submit(busy.worker.submit, 3))
        assert busy._outcome(busy.results.pop()) is QueueFullError
        assert busy.finish() == [(0, 0), (1, 1), (2, 4)]
        assert busy.predictor.seen == [0, 1, 2]
        assert busy.worker.submit(4) == (4, 16)


def check_who_waited_too_long_costs_nothing(kind):
    with Busy(kind) as busy:
        busy.worker.patience = 0.0
        with pytest.raises(TooSlowError):
            busy.worker.submit(1)
        busy.worker.patience = SOON
        assert busy.finish() == [(0, 0)]
        assert busy.worker.submit(2) == (2, 4)
        assert busy.predictor.seen == [0, 2]


def check_an_exception_reaches_the_caller_that_caused_it(kind):
    for fault in (KeyError("planted"), TimeoutError("planted"), SystemExit(3)):
        with Busy(kind, others=(1, fault, 3)) as busy:
            assert busy.finish() == [(0, 0), (1, 1), type(fault), (3, 9)]
            assert busy.worker.submit(5) == (5, 25)


def check_draining_answers_all_and_takes_no_more(kind):
    with Busy(kind, others=range(1, 12), batch=2) as busy:
        assert not busy.worker.drain(timeout=0)
        for refused in (
            lambda: busy.worker.submit(99),
            lambda: busy.worker.prepare(b""),
        ):
            with pytest.raises(StoppedError):
                refused()
        assert busy.finish() == [(one, one * one) for one in range(12)]
        assert busy.worker.drain(SOON)


def check_decoding_is_counted_and_bounded(kind):
    class Slow(Predictor):
        def __init__(self):
            super().__init__()
            self.inside, self.most, self.lock = 0, 0, threading.Lock()
            self.go = threading.Event()

        def prepare(self, content, name="", *, position=None):
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            assert self.go.wait(SOON)
            with self.lock:
                self.inside -= 1
            return 7

    worker = kind(Slow(), capacity=5)
    with ThreadPoolExecutor(8) as pool:
        prepared = [pool.submit(worker.prepare, b"") for _ in range(5)]
        while worker.waiting < 5:
            time.sleep(0.001)
        with pytest.raises(QueueFullError):
            worker.prepare(b"")
        worker.predictor.go.set()
        assert [one.result(SOON) for one in prepared] == [7] * 5
    assert worker.predictor.most <= 2
    assert worker.waiting == 0
    assert worker.drain(SOON)


CHECKS = [
    check_nobody_gets_anothers_answer,
    check_slices_that_wait_share_a_pass,
    check_a_full_queue_refuses_at_once,
    check_who_waited_too_long_costs_nothing,
    check_an_exception_reaches_the_caller_that_caused_it,
    check_draining_answers_all_and_takes_no_more,
    check_decoding_is_counted_and_bounded,
]


@pytest.mark.parametrize("check", CHECKS)
def test_worker(check):
    check(Worker)


def test_an_answer_in_work_may_be_too_slow(monkeypatch):
    """The caller gives up, the work goes on, and the next slice is none the worse."""
    predictor, wait = Stepwise(), futures.wait
    monkeypatch.setattr(
        futures, "wait", lambda *_, **__: predictor.entered.acquire(timeout=SOON)
    )
    worker = Worker(predictor)
    with pytest.raises(TooSlowError):
        worker.submit(1)
    monkeypatch.setattr(futures, "wait", wait)
    predictor.step.release(2)
    assert worker.submit(2) == (2, 4)
    assert worker.drain(SOON)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_answers_is_an_error(count):
    class Miscounts(Predictor):
        def infer(self, prepared):
            return ["?"] * count

    worker = Worker(Miscounts(), patience=SOON)
    if count == 1:
        assert worker.submit(1) == "?"
    else:
        with pytest.raises(RuntimeError, match=f"{count} outcomes of 1 slices"):
            worker.submit(1)
    assert worker.drain(SOON)


def swapping(monkeypatch):
    def swap(predictor, taken):
        answers = predictor.infer([prepared for prepared, _ in taken])
        for (_, future), answer in zip(taken, reversed(answers), strict=True):
            future.set_result(answer)

    monkeypatch.setattr(serving, "_infer", swap)
    return Worker


def unbounded(monkeypatch):
    class Unbounded(Worker):
        def __init__(self, predictor, **choices):
            super().__init__(predictor, **choices | {"capacity": 1000})

    return Unbounded


def unbatched(monkeypatch):
    class Unbatched(Worker):
        def __init__(self, predictor, **choices):
            super().__init__(predictor, **choices | {"batch": 1})

    return Unbatched


def working_late(monkeypatch):
    class Stubborn(futures.Future):
        def cancel(self):
            return False

    monkeypatch.setattr(futures, "Future", Stubborn)
    return Worker


def silent(monkeypatch):
    def swallow(predictor, taken):
        try:
            answers = predictor.infer([prepared for prepared, _ in taken])
        except BaseException as error:
            answers = [error] * len(taken)
        for (_, future), answer in zip(taken, answers, strict=True):
            future.set_result(answer)

    monkeypatch.setattr(serving, "_infer", swallow)
    return Worker


def forgetful(monkeypatch):
    class Forgetful(Worker):
        def drain(self, timeout=None):
            for _, future in self._waiting:
                future.set_exception(StoppedError())
            self._waiting.clear()
            return super().drain(timeout)

    return Forgetful


def greedy(monkeypatch):
    monkeypatch.setattr(serving, "_DECODERS", threading.Semaphore(100))
    return Worker


@pytest.mark.parametrize(
    ("check", "plant"),
    [
        (check_nobody_gets_anothers_answer, swapping),
        (check_slices_that_wait_share_a_pass, unbatched),
        (check_a_full_queue_refuses_at_once, unbounded),
        (check_who_waited_too_long_costs_nothing, working_late),
        (check_an_exception_reaches_the_caller_that_caused_it, silent),
        (check_draining_answers_all_and_takes_no_more, forgetful),
        (check_decoding_is_counted_and_bounded, greedy),
    ],
)
def test_a_planted_fault_is_seen(monkeypatch, check, plant):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(plant(monkeypatch))
