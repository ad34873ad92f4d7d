"""What the exchanges say: plain arithmetic, so that it can be tested without a load."""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from braintumor.demo.soak.conversation import Exchange
from braintumor.demo.soak.slices import TOLERANCE, Known

ALLOWED = (200, 429, 503)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        proof: what was proven.
        measure: what the figure is.
        value: the figure, or a word.
        unit: of the figure.
        n: how many requests, starts or slices it is made of.
        limit: what it had to be; "" where nothing is asked.
        holds: "yes", "no", or "" where nothing is asked.
    """

    proof: str
    measure: str
    value: float | str
    unit: str
    n: int
    limit: str = ""
    holds: str = ""


def at_most(limit: float, proof: str, measure: str, value: float, unit: str, n: int):
    """Return a row whose value must not be above a limit."""
    holds = "yes" if value <= limit else "no"
    return Row(proof, measure, value, unit, n, f"≤ {limit:g}", holds)


def at_least(limit: float, proof: str, measure: str, value: float, unit: str, n: int):
    """Return a row whose value must not be below a limit."""
    holds = "yes" if value >= limit else "no"
    return Row(proof, measure, value, unit, n, f"≥ {limit:g}", holds)


def milliseconds(exchanges: Sequence[Exchange], percent: int) -> float:
    """Return a percentile of how long the answers took; NaN where there are none."""
    seconds = [one.seconds for one in exchanges]
    return 1000 * float(np.percentile(seconds, percent)) if seconds else float("nan")


def rate_answers(exchanges: Sequence[Exchange]) -> float:
    """Return answers a second, from the first request to the last byte of any answer.

    What still waited when the last request was sent has its time counted, too.
    """
    ended = max(one.ended for one in exchanges)
    began = min(one.ended - one.seconds for one in exchanges)
    return sum(one.status == 200 for one in exchanges) / (ended - began)


def judge_overload(
    rounds: Sequence[tuple[Sequence[Exchange], Sequence[Exchange]]],
) -> list[Row]:
    """Judge more requests than can be answered beside as many as can.

    Args:
        rounds: the exchanges at saturation, and those at four times as many requests;
            S is the mean of all rounds.
    """
    rates = [tuple(map(rate_answers, pair)) for pair in rounds]
    saturation, reached = (statistics.mean(side) for side in zip(*rates, strict=True))
    shares = [crowded / calm for calm, crowded in rates]
    exchanges = [one for _, crowd in rounds for one in crowd]
    proof, sent, turns = "overload", len(exchanges), len(rounds)
    calm = sum(len(pair[0]) for pair in rounds)
    statuses = Counter(one.status for one in exchanges)
    answered = [one for one in exchanges if one.status == 200]
    refused = [one for one in exchanges if one.status == 429]
    odd = sent - sum(statuses[status] for status in ALLOWED)
    share = reached / saturation
    rows = [
        Row(proof, "saturation S, mean of the rounds", saturation, "1/s", calm),
        Row(proof, "requests, times what was answered at S", sent / calm, "", sent),
        at_most(0, proof, "without exactly one answer 200, 429, 503", odd, "", sent),
        *(Row(proof, f"answered {code}", statuses[code], "", sent) for code in ALLOWED),
        at_least(0.9, proof, "answers, share of saturation", share, "", len(answered)),
        Row(proof, "the same, lowest round", min(shares), "", turns),
        Row(proof, "the same, highest round", max(shares), "", turns),
        Row(proof, "answer, p99", milliseconds(answered, 99), "ms", len(answered)),
    ]
    if refused:
        slowest = milliseconds(refused, 99)
        rows.append(at_most(100, proof, "refusal, p99", slowest, "ms", len(refused)))
    return rows


def judge_identity(
    exchanges: Sequence[Exchange], slices: Sequence[Known], clients: int
) -> list[Row]:
    """Count the answers that belong to another slice than the one that was sent."""
    proof, sent = "identity", len(exchanges)
    answered = [one for one in exchanges if one.status == 200]
    swapped = sum(not _belongs(one, slices[one.number]) for one in answered)
    odd = sum(one.status not in ALLOWED for one in exchanges)
    return [
        Row(proof, "clients at once", clients, "", sent),
        Row(
            proof, "different slices", len({one.number for one in exchanges}), "", sent
        ),
        at_least(1, proof, "answered", len(answered), "", sent),
        at_most(0, proof, "without an answer", odd, "", sent),
        at_most(0, proof, "answers of another slice", swapped, "", len(answered)),
    ]


def _belongs(one: Exchange, known: Known) -> bool:
    shares = list(json.loads(one.body)["probabilities"].values())
    if len(shares) != len(known.probabilities):
        return False
    return bool(np.allclose(shares, known.probabilities, rtol=0, atol=TOLERANCE))


def judge_latency(proof: str, measure: str, exchanges: Sequence[Exchange]) -> list[Row]:
    """Return the middle and the slow end of answers to one client."""
    n, odd = len(exchanges), sum(one.status != 200 for one in exchanges)
    return [
        at_most(150, proof, f"{measure}, p50", milliseconds(exchanges, 50), "ms", n),
        Row(proof, f"{measure}, p95", milliseconds(exchanges, 95), "ms", n),
        at_most(0, proof, f"{measure}, without answer", odd, "", n),
    ]


def judge_bad_uploads(
    exchanges: Sequence[Exchange], grown: float, left: int
) -> list[Row]:
    """Judge what files of an enemy did.

    Args:
        exchanges: one per file.
        grown: how much the peak of memory lay above the memory before, in MiB.
        left: files that were found afterwards.
    """
    proof, n = "bad uploads", len(exchanges)
    faults = sum(one.status >= 500 or one.status == 0 for one in exchanges)
    traces = sum(b"Traceback" in one.body for one in exchanges)
    return [
        at_most(0, proof, "answered 5xx or not at all", faults, "", n),
        at_most(0, proof, "answers with a traceback", traces, "", n),
        at_most(0, proof, "files left behind", left, "", n),
        at_most(300, proof, "memory, peak above rest", grown, "MiB", n),
        at_most(1000, proof, "answer, p99", milliseconds(exchanges, 99), "ms", n),
    ]


def judge_stops(
    statuses: Sequence[int], lost: int, answered: int, seconds: Sequence[float]
) -> list[Row]:
    """Judge stops in the middle of a load.

    Args:
        statuses: exit status of every process.
        lost: requests that were taken and not answered.
        answered: requests that were.
        seconds: from the signal to the end of each process.
    """
    proof, n = "stop", len(statuses)
    clean = sum(status == 0 for status in statuses)
    return [
        at_least(n, proof, "SIGTERM under load, exit status 0", clean, "", n),
        at_most(0, proof, "requests taken and lost", lost, "", answered + lost),
        Row(proof, "signal to end, median", statistics.median(seconds), "s", n),
    ]
