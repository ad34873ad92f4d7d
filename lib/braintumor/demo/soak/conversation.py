"""A conversation: one connection, one request, and every byte that comes back.

It reads until the server hangs up, so that a second answer, a cut one or none would
show; libraries for users would hide that. It talks over bare sockets on one thread:
what it spends, the server on the same cores does not have.
"""

import selectors
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

PATIENCE = 30.0  # seconds
ADDRESS = "127.0.0.1"


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
