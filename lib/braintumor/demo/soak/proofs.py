"""The proofs themselves: each puts a page of its own under load and returns rows."""

import gc
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from braintumor.demo.soak import client, process, verdicts
from braintumor.demo.soak.process import App
from braintumor.demo.soak.slices import Known
from braintumor.demo.soak.verdicts import Row, at_least, at_most

DEFAULT = "light"  # the runtime that visitors get
LEAST_SECONDS = 0.5  # of load before a stop


def uploads(slices: Sequence[Known], *, overlay: bool = False) -> list[bytes]:
    """Return one request per slice."""
    return [client.build_upload(one.content, overlay=overlay) for one in slices]


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


def measure_saturation(
    app: App, slices: Sequence[Known], *, seconds: float, windows: int = 3
) -> tuple[float, list[Row]]:
    """Return the most answers a second: as many clients as keep every batch full.

    Args:
        app: a warm page.
        slices: what is uploaded.
        seconds: of one window.
        windows: the median of so many is returned.
    """
    rates = []
    for _ in range(windows):
        started = time.perf_counter()
        asked = client.ask_for(app.port, uploads(slices), seconds=seconds, clients=16)
        answered = sum(one.status == 200 for one in asked)
        rates.append(answered / (time.perf_counter() - started))
    saturation = statistics.median(rates)
    return saturation, [
        Row("overload", "saturation S", saturation, "1/s", len(asked) * windows)
    ]


def prove_overload(app: App, slices: Sequence[Known], *, seconds: float) -> list[Row]:
    """Ask four times as much as can be answered."""
    saturation, rows = measure_saturation(app, slices, seconds=seconds / 4)
    exchanges = client.ask_at_rate(
        app.port, uploads(slices), rate=4 * saturation, seconds=seconds
    )
    judged = verdicts.judge_overload(exchanges, saturation=saturation, seconds=seconds)
    return rows + judged


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
