"""A client that counts answers: from many clients in turn, or at a steady rate."""

import time
from collections.abc import Callable, Sequence

from braintumor.demo.soak.conversation import PATIENCE, Exchange, Line

TICK = 0.005  # seconds; how finely a steady rate is kept
REFUSED = ConnectionRefusedError.__name__


def ask_in_turn(
    port: int, requests: Sequence[bytes], *, count: int, clients: int = 1
) -> list[Exchange]:
    """Send requests from clients that each wait for their answer before the next.

    Args:
        port: of the server.
        requests: sent in turn, from the first again when they are used up.
        count: how many in all.
        clients: how many ask at the same time.

    Returns:
        One exchange per request sent, in the order of their answers.
    """
    return _keep_asking(
        port, requests, min(clients, count), lambda sent, _: sent < count
    )


def ask_for(
    port: int, requests: Sequence[bytes], *, seconds: float, clients: int
) -> list[Exchange]:
    """Do as `ask_in_turn`, for a time instead of a number."""
    end = time.perf_counter() + seconds
    return _keep_asking(port, requests, clients, lambda *_: time.perf_counter() < end)


def ask_until_refused(
    port: int, requests: Sequence[bytes], *, clients: int
) -> list[Exchange]:
    """Do as `ask_in_turn`, until the server takes no more connections.

    Returns:
        One exchange per request that the server took.
    """
    done = _keep_asking(port, requests, clients, lambda _, one: not was_refused(one))
    return [one for one in done if not was_refused(one)]


def was_refused(one: Exchange) -> bool:
    """Say whether nobody listened at the port."""
    return one.problem.startswith(REFUSED)


def _keep_asking(
    port: int,
    requests: Sequence[bytes],
    clients: int,
    goes_on: Callable[[int, Exchange], bool],
) -> list[Exchange]:
    """Let every client ask again once it is answered, while `goes_on(sent, last)`."""
    line, done = Line(port, requests), []
    sent = clients
    over = [one for _ in range(clients) for one in line.start()]
    while over or len(line):
        done += over
        again = []
        for one in over:
            if goes_on(sent, one):
                sent += 1
                again += line.start()
        over = again or (line.wait(PATIENCE) if len(line) else [])
    return done


def ask_at_rate(
    port: int, requests: Sequence[bytes], *, rate: float, seconds: float
) -> list[Exchange]:
    """Send requests at a steady rate, whether or not the earlier ones are answered.

    Args:
        port: of the server.
        requests: sent in turn, from the first again when they are used up.
        rate: requests a second.
        seconds: for how long.
    """
    line, done, count = Line(port, requests), [], round(rate * seconds)
    started, sent = time.perf_counter(), 0
    while sent < count or len(line):
        due = started + sent / rate
        if sent < count and time.perf_counter() >= due:
            sent += 1
            done += line.start()
        else:
            time.sleep(TICK)  # several at a time: to wake for each costs the server
            done += line.wait(0.0)
    return done
