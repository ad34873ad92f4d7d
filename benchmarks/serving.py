"""Our upload page against one as tutorials build it, under the same load.

Both run at once and take turns being asked, so that a machine whose speed drifts slows
both. The client shares their cores.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.plain_app import MODEL
from braintumor import paths
from braintumor.demo.soak import client, process, proofs
from braintumor.demo.soak.conversation import Exchange

PLAIN = ("-m", "benchmarks.plain_app")
CLIENTS = 8
TURNS = 5


def run(*, turns: int = TURNS, count: int = 40, seconds: float = 5.0) -> pd.DataFrame:
    """Ask both pages for phantom slices of 512×512 pixels.

    Args:
        turns: of each page.
        count: requests of a turn, one after the other, whose times are the latency.
        seconds: of a turn in which `CLIENTS` clients ask as fast as they are answered.

    Returns:
        One row per measure: the plain page, ours (medians over requests or turns), how
        many times as good ours is (median, least, most of the turns), and n.
    """
    from braintumor.demo.predict import Predictor
    from braintumor.demo.soak.slices import known_slices

    slices = known_slices(Predictor(paths.models_root() / MODEL))
    asked = proofs.uploads(slices)
    with process.running_program(PLAIN) as plain, process.running() as ours:
        pages = {"plain": plain, "ours": ours}
        for page in pages.values():
            client.ask_in_turn(page.port, asked, count=count, clients=4)
        waits: dict[str, list] = {name: [] for name in pages}
        rates: dict[str, list] = {name: [] for name in pages}
        for _ in range(turns):
            for name, page in pages.items():
                alone = client.ask_in_turn(page.port, asked, count=count)
                waits[name].append([1000 * one.seconds for one in check(alone)])
                crowd = {"seconds": seconds, "clients": CLIENTS}
                many = client.ask_for(page.port, asked, **crowd)
                rates[name].append(len(check(many)) / seconds)
        memory = {name: [page.peak()] for name, page in pages.items()}
    return tabulate(waits, rates, memory)


def check(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the exchanges, if every one of them was answered.

    Raises:
        RuntimeError: a page refused or lost one, so that its speed means nothing.
    """
    failed = [one for one in exchanges if one.status != 200]
    if failed:
        said = failed[0].problem or f"status {failed[0].status}"
        raise RuntimeError(f"{len(failed)} of {len(exchanges)} requests failed: {said}")
    return exchanges


def tabulate(waits: dict, rates: dict, memory: dict) -> pd.DataFrame:
    """Return the table from what each page gave per turn: ms, answers/s and MiB."""
    requests = sum(len(turn) for turn in waits["ours"])
    rows = []
    for measure, unit, given, summary, better, n in (
        ("answer, median", "ms", waits, np.median, "less", requests),
        ("answer, 95th percentile", "ms", waits, _late, "less", requests),
        (f"{CLIENTS} clients at once", "answers/s", rates, np.median, "more", None),
        ("most memory", "MiB", memory, np.median, "less", 1),
    ):
        turns = {
            name: np.array([summary(turn) for turn in given[name]]) for name in given
        }
        one, two = turns["plain"], turns["ours"]
        ratio = one / two if better == "less" else two / one
        rows.append(
            {
                "measure": measure,
                "unit": unit,
                "plain": round(float(np.median(one)), 1),
                "ours": round(float(np.median(two)), 1),
                "times_as_good": round(float(np.median(ratio)), 1),
                "least": round(float(ratio.min()), 1),
                "most": round(float(ratio.max()), 1),
                "n": n or len(ratio),
            }
        )
    return pd.DataFrame(rows)


def _late(waits: Sequence[float]) -> float:
    return float(np.percentile(waits, 95))
