"""The proofs themselves: each puts a page of its own under load and returns rows."""

import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from braintumor.demo.soak import client, conversation, process, verdicts
from braintumor.demo.soak.conversation import Exchange
from braintumor.demo.soak.process import App
from braintumor.demo.soak.slices import Known
from braintumor.demo.soak.verdicts import Row, at_least, at_most

DEFAULT = "light"  # the runtime that visitors get
ROUNDS = 6  # of saturation and overload
NICE = 10  # steps of priority that the load gives way by
LEAST_SECONDS = 0.5  # of load before a stop


def uploads(slices: Sequence[Known], *, overlay: bool = False) -> list[bytes]:
    """Return one request per slice."""
    return [conversation.build_upload(one.content, overlay=overlay) for one in slices]


def warm_up(app: App, slices: Sequence[Known], count: int = 100) -> None:
    """Let every thread and buffer be made before anything is measured."""
    client.ask_in_turn(app.port, uploads(slices), count=count, clients=4)


def measure_runtime(variant: str, slices: Sequence[Known], *, count: int) -> list[Row]:
    """Measure start, memory and latency of the page on one runtime.

    Args:
        variant: "light" or "keras".
        slices: what is uploaded.
        count: requests, one after the other.
    """
    with process.running(variant) as app:
        rows = [Row(variant, "start to ready", app.start_seconds, "s", 1)]
        warm_up(app, slices)
        for overlay, measure in ((False, "answer"), (True, "answer with overlay")):
            requests = uploads(slices, overlay=overlay)
            asked = client.ask_in_turn(app.port, requests, count=count)
            rows += verdicts.judge_latency(variant, measure, asked)
        rows.append(at_most(700, variant, "memory", app.resident(), "MiB", 2 * count))
    if variant == DEFAULT:
        return rows
    return [replace(row, limit="", holds="") for row in rows]  # compared, not judged


def ask_aside(ask: Callable, *arguments: Any, **options: Any) -> list[Exchange]:
    """Call a function of `client` in a process that lets the page go first.

    Visitors bring processors of their own; here they share the page's.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=os.nice, initargs=(NICE,)) as pool:
        return pool.submit(ask, *arguments, **options).result()


def prove_overload(app: App, slices: Sequence[Known], *, seconds: float) -> list[Row]:
    """Ask four times as much as can be answered, and compare with what can.

    The speed of a machine drifts by a tenth within minutes, so both sides take turns.

    Args:
        app: a warm page.
        slices: what is uploaded.
        seconds: of overload, and as many of saturation, in `ROUNDS` turns.
    """
    asked, rounds = uploads(slices), []
    for _ in range(ROUNDS):
        turn = {"seconds": seconds / ROUNDS}
        calm = ask_aside(client.ask_for, app.port, asked, clients=16, **turn)
        rate = 4 * verdicts.rate_answers(calm)
        crowd = ask_aside(client.ask_at_rate, app.port, asked, rate=rate, **turn)
        rounds.append((calm, crowd))
    return verdicts.judge_overload(rounds)


def prove_identity(app: App, slices: Sequence[Known], *, count: int) -> list[Row]:
    """Ask from 32 clients; every answer must be the one to the slice that was sent."""
    exchanges = client.ask_in_turn(app.port, uploads(slices), count=count, clients=32)
    return verdicts.judge_identity(exchanges, slices, 32)


def measure_growth(app: App, slices: Sequence[Known], *, count: int) -> float:
    """Return by how many MiB the page's memory grows over so many requests."""
    warm_up(app, slices, count=max(500, count // 10))
    before = app.resident()
    step = 1000
    for start in range(0, count, step):  # in steps, so that this side keeps nothing
        some = min(step, count - start)
        client.ask_in_turn(app.port, uploads(slices), count=some, clients=8)
        gc.collect()
    return app.resident() - before


def prove_growth(slices: Sequence[Known], *, count: int) -> list[Row]:
    """Show that memory does not grow, and that a planted leak would have shown.

    The leaking page keeps 16 KiB of every slice.
    """
    with process.running() as app:
        grown = measure_growth(app, slices, count=count)
    leaked_over = count // 4
    with process.running("leaking") as app:
        leaked = measure_growth(app, slices, count=leaked_over)
    proof = "memory"
    return [
        at_most(20, proof, "growth", grown, "MiB", count),
        at_least(20, proof, "growth, planted leak", leaked, "MiB", leaked_over),
    ]


def prove_stops(slices: Sequence[Known], *, count: int) -> list[Row]:
    """Stop pages in the middle of a load; whoever was taken in must be answered."""
    statuses, seconds, exchanges = [], [], []
    for number in range(count):
        with process.running() as app, ThreadPoolExecutor(1) as pool:
            load = pool.submit(
                client.ask_until_refused, app.port, uploads(slices), clients=48
            )
            time.sleep(LEAST_SECONDS + number % 5 / 10)
            asked = time.perf_counter()
            statuses.append(app.stop())
            seconds.append(time.perf_counter() - asked)
            exchanges += load.result()
    lost = sum(one.status not in verdicts.ALLOWED for one in exchanges)
    return verdicts.judge_stops(statuses, lost, len(exchanges) - lost, seconds)


def prove_bad_uploads(slices: Sequence[Known], corpus: Sequence[bytes]) -> list[Row]:
    """Upload what an enemy would, one after the other, and look what is left.

    Args:
        slices: good ones, to warm the page with.
        corpus: complete HTTP requests.
    """
    with TemporaryDirectory() as folder, process.running(TMPDIR=folder) as app:
        warm_up(app, slices)
        app.forget_peak()
        before = app.resident()
        exchanges = client.ask_in_turn(app.port, corpus, count=len(corpus))
        left = len(list(Path(folder).rglob("*")))
        return verdicts.judge_bad_uploads(exchanges, app.peak() - before, left)
