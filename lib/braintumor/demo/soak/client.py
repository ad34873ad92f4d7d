"""A client that counts answers: one connection, one request, and every byte that comes.

It reads until the server hangs up, so that a second answer, a cut one or none would
show; libraries for users would hide that. It talks over bare sockets on one thread:
what it spends, the server on the same cores does not have.
"""

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

PATIENCE = 30.0  # seconds
TICK = 0.005  # seconds; how finely a steady rate is kept
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
        ended: reading of the clock at the last byte, in seconds.
    """

    number: int
    status: int
    seconds: float
    body: bytes = b""
    problem: str = ""
    ended: float = 0.0


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


class Conversation:
    """One request under way, on a connection of its own."""

    def __init__(self, port: int, request: bytes, number: int) -> None:
        """Connect; the system says later whether that worked."""
        self.number, self.started = number, time.perf_counter()
        self.received, self.problem = bytearray(), ""
        self._rest = memoryview(request)
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(request))
        self.socket.connect_ex((ADDRESS, port))

    def go_on(self) -> int:
        """Send and receive what can be.

        Returns:
            The event to wait for, or 0 at the end.

        Raises:
            OSError: the connection is broken.
        """
        try:
            while self._rest:
                self._rest = self._rest[self.socket.send(self._rest) :]
        except BlockingIOError:
            return selectors.EVENT_WRITE
        try:
            while some := self.socket.recv(2**16):
                self.received += some
        except BlockingIOError:
            return selectors.EVENT_READ
        return 0

    def judge(self) -> Exchange:
        """Hang up; say what came."""
        self.socket.close()
        ended, status, body = time.perf_counter(), 0, b""
        try:
            if not self.problem:
                status, body = split_answer(bytes(self.received))
        except ValueError as error:
            self.problem = f"{type(error).__name__}: {error}"
        seconds = ended - self.started
        return Exchange(self.number, status, seconds, body, self.problem, ended)


class Line:
    """Conversations with one server, all at once."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        """Start with none; number n sends request n, from the first again."""
        self._port, self._requests = port, requests
        self._open: dict[Conversation, int] = {}  # the event that each waits for
        self._selector = selectors.DefaultSelector()
        self._started = 0

    def __len__(self) -> int:
        """Count the conversations under way."""
        return len(self._open)

    def start(self) -> list[Exchange]:
        """Begin the next conversation; return it if it is over at once."""
        number = self._started % len(self._requests)
        self._started += 1
        one = Conversation(self._port, self._requests[number], number)
        self._open[one] = 0
        return self._look_after([one])

    def wait(self, seconds: float) -> list[Exchange]:
        """Wait until something comes; return the conversations that are over."""
        ready = [key.data for key, _ in self._selector.select(max(0.0, seconds))]
        horizon = time.perf_counter() - PATIENCE
        oldest = next(iter(self._open), None)
        if oldest is not None and oldest.started < horizon:
            oldest.problem = f"TimeoutError: {PATIENCE:g} s"
            ready.append(oldest)
        return self._look_after(ready)

    def _look_after(self, ready: Sequence[Conversation]) -> list[Exchange]:
        over = []
        for one in dict.fromkeys(ready):
            try:
                event = 0 if one.problem else one.go_on()
            except OSError as error:
                event, one.problem = 0, f"{type(error).__name__}: {error}"
            before = self._open[one]
            if event and not before:
                self._selector.register(one.socket, event, one)
            elif event != before and event:
                self._selector.modify(one.socket, event, one)
            elif not event:
                if before:
                    self._selector.unregister(one.socket)
                del self._open[one]
                over.append(one.judge())
                continue
            self._open[one] = event
        return over


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
