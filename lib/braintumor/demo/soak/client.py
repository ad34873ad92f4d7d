"""A client that counts answers: one connection, one request, and every byte that comes.

It reads until the server hangs up, so that a second answer, a cut one or none would
show; libraries for users would hide that.
"""

import asyncio
import socket
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

PATIENCE = 30.0  # seconds
ADDRESS = "127.0.0.1"
REFUSED = ConnectionRefusedError.__name__


class Exchange(NamedTuple):
    """One request and what came back.

    Attributes:
        number: which request of the list it was.
        status: HTTP status; 0 where there was not exactly one whole answer.
        seconds: from connecting to the last byte.
        body: of the answer.
        problem: what went wrong where `status` is 0.
    """

    number: int
    status: int
    seconds: float
    body: bytes = b""
    problem: str = ""


def build_upload(content: bytes, *, overlay: bool = False) -> bytes:
    """Return the bytes of an HTTP request that uploads one PNG file."""
    path = f"/api/v1/predict?overlay={str(overlay).lower()}"
    return build_request("POST", path, content, "image/png")


def build_request(
    method: str, path: str, content: bytes = b"", kind: str = ""
) -> bytes:
    """Return the bytes of an HTTP request after whose answer the server hangs up."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {ADDRESS}", "Connection: close"]
    lines += (
        [f"Content-Type: {kind}", f"Content-Length: {len(content)}"] if kind else []
    )
    return "\r\n".join([*lines, "", ""]).encode() + content


async def exchange(port: int, request: bytes, number: int = 0) -> Exchange:
    """Send one request on a connection of its own; never raises."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            received = await _converse(port, request)
        status, body = split_answer(received)
        problem = ""
    except (OSError, ValueError, TimeoutError) as error:
        status, body, problem = 0, b"", f"{type(error).__name__}: {error}"
    return Exchange(number, status, time.perf_counter() - started, body, problem)


async def _converse(port: int, request: bytes) -> bytes:
    """Talk over a bare socket: what this side spends, the server does not have."""
    loop, received = asyncio.get_running_loop(), bytearray()
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(request))
        await loop.sock_connect(connection, (ADDRESS, port))
        await loop.sock_sendall(connection, request)
        while some := await loop.sock_recv(connection, 2**16):
            received += some
    return bytes(received)


def split_answer(received: bytes) -> tuple[int, bytes]:
    """Return status and body of exactly one HTTP answer.

    Raises:
        ValueError: none, a part of one, or more than one.
    """
    head, gap, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    promised = int(fields.get("content-length", -1))
    if not gap or promised != len(body):
        raise ValueError(f"{len(body)} bytes came where {promised} were promised")
    return int(lines[0].split()[1]), body


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
    numbers = iter(range(count))
    return asyncio.run(_ask_in_turn(port, requests, numbers, clients, float("inf")))


def ask_for(
    port: int, requests: Sequence[bytes], *, seconds: float, clients: int
) -> list[Exchange]:
    """Do as `ask_in_turn`, for a time instead of a number."""
    numbers = iter(range(10**9))
    return asyncio.run(_ask_in_turn(port, requests, numbers, clients, seconds))


def ask_until_refused(
    port: int, requests: Sequence[bytes], *, clients: int
) -> list[Exchange]:
    """Do as `ask_in_turn`, until the server takes no more connections.

    Returns:
        One exchange per request that the server took.
    """
    numbers = iter(range(10**9))
    end = float("inf")
    done = asyncio.run(_ask_in_turn(port, requests, numbers, clients, end))
    return [one for one in done if not one.problem.startswith(REFUSED)]


async def _ask_in_turn(
    port: int,
    requests: Sequence[bytes],
    numbers: Iterable[int],
    clients: int,
    seconds: float,
) -> list[Exchange]:
    end, done = time.perf_counter() + seconds, []

    async def keep_asking() -> None:
        for number in numbers:
            one = number % len(requests)
            done.append(await exchange(port, requests[one], one))
            refused = done[-1].problem.startswith(REFUSED)
            if refused or time.perf_counter() > end:
                return

    await asyncio.gather(*(keep_asking() for _ in range(clients)))
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
    return asyncio.run(_ask_at_rate(port, requests, rate, round(rate * seconds)))


async def _ask_at_rate(
    port: int, requests: Sequence[bytes], rate: float, count: int
) -> list[Exchange]:
    started, tasks = time.perf_counter(), []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        one = number % len(requests)
        tasks.append(asyncio.create_task(exchange(port, requests[one], one)))
    return await asyncio.gather(*tasks)
