"""Waitress with limits that hold: slow bodies, hoarded memory, a stop that drains."""

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from braintumor.demo import memory
from braintumor.demo.ports import turn_away

BODY_SECONDS = 30  # a request must have arrived within; a slow one is cut off
BODY_MEMORY = 128 * 1024**2  # bytes of unfinished requests, all together
IDLE_SECONDS = 30  # after which a connection without a request is closed
CONNECTIONS = 200
NAP_SECONDS = 0.02  # between two turns while there is no room
ARRIVALS = 16  # connections let in before those that are in are looked at
RECEIVED_BYTES = 512 * 1024  # at once: a slice arrives in one turn, not in twenty
MARGIN = 1024**2  # above the application's own limit, which answers with a sentence
ANSWER_BYTES = 32 * 1024**2  # more than any answer has
DRAIN_SECONDS = 20.0
GRACE_SECONDS = 1.0  # at the stop: for who has just connected and not yet spoken
TRIM_SECONDS = 10
QUANTUM = 0.2  # seconds; how often a quiet server looks at its watch
SETTLE_SECONDS = 0.05  # for connections that are half made

logger = logging.getLogger(__name__)


class TimedRequest(HTTPRequestParser):
    """A request that knows when it began to arrive."""

    def __init__(self, adjustments: Any) -> None:
        """Start the clock."""
        super().__init__(adjustments)
        self.began = time.monotonic()


class TimedChannel(HTTPChannel):
    """A connection whose requests are timed, and refused at once where all is full."""

    parser_class = TimedRequest
    refusal: bytes | None = None  # to be sent once the request is in

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take in what has come with the connection: a turn of the loop is dear."""
        super().__init__(*arguments, **options)
        if select.select([self.socket], [], [], 0)[0]:
            self.handle_read_event()

    def received(self, data: bytes) -> bool:
        """Take in bytes; a refusal goes out here, which costs less than a thread."""
        taken = super().received(data)
        if self.refusal is not None:
            self.send(self.refusal)  # a kilobyte: the socket's empty buffer holds it
            self.handle_close()
        return taken


class Server:
    """A WSGI application on a port.

    Attributes:
        threads: requests that are handled at once.
    """

    def __init__(
        self,
        application: Callable,
        taken: socket.socket,
        *,
        threads: int,
        maximum_bytes: int,
        behind_proxy: bool = False,
        refuse: Callable[[str], bytes | None] = lambda path: None,
    ) -> None:
        """Listen.

        Args:
            application: what answers.
            taken: from `open_port`.
            threads: more than may wait for an answer at once, so that one is always
                free to say that the queue is full.
            maximum_bytes: the application's limit on a request.
            behind_proxy: leave the X-Forwarded headers to the application.
            refuse: the whole HTTP answer to a POST to a path where the application
                could but refuse it; None where there is room.
        """
        self.threads = threads
        self._map: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._loop = 0  # the thread that `run` is called on
        self._crowded = False  # somebody was refused in the last turn
        # Waitress warns whenever a request waits a moment for a thread.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._waitress = waitress.create_server(
            application,
            map=self._map,
            sockets=[taken],
            threads=threads,
            recv_bytes=RECEIVED_BYTES,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=1,
            max_request_body_size=maximum_bytes + MARGIN,
            max_request_header_size=32 * 1024,
            # Neither an upload nor its answer touches the disk.
            inbuf_overflow=maximum_bytes + 2 * MARGIN,
            outbuf_overflow=ANSWER_BYTES,
            clear_untrusted_proxy_headers=not behind_proxy,
            ident=None,
            asyncore_use_poll=True,
        )
        self._waitress.channel_class = TimedChannel
        self._refuse = refuse
        self._waitress.add_task = self._take_on

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._waitress.effective_port)

    def stop(self, *_: object) -> None:
        """Ask `run` to drain and return; signal handlers and threads may call it."""
        self._stopping.set()
        self._waitress.pull_trigger()

    def run(self, drain_seconds: float = DRAIN_SECONDS) -> bool:
        """Answer until `stop` is called, then finish what was begun.

        Args:
            drain_seconds: after which unfinished requests are given up.

        Returns:
            Whether every request that had begun was answered.
        """
        self._loop = threading.get_ident()
        look = trim = 0.0
        while not self._stopping.is_set():
            self._turn()
            if time.monotonic() >= look:
                self._shed()
                look = time.monotonic() + QUANTUM
            if time.monotonic() >= trim:
                memory.trim()
                trim = time.monotonic() + TRIM_SECONDS
        self._close_port()
        deadline = time.monotonic() + drain_seconds
        while busy := self._close_idle():
            if time.monotonic() > deadline:
                logger.warning("%d requests were given up at the stop", busy)
                break
            self._turn()
        self._waitress.task_dispatcher.shutdown(timeout=1)
        for channel in self._channels():  # the trigger stays: a thread may pull it yet
            channel.handle_close()
        return not busy

    def _take_on(self, channel: TimedChannel) -> None:
        """Hand a request to a thread, or have it refused here and now."""
        request = channel.requests[0]
        if threading.get_ident() == self._loop and request.command == "POST":
            channel.refusal = self._refuse(request.path)
            self._crowded |= channel.refusal is not None
        if channel.refusal is None:
            self._waitress.task_dispatcher.add_task(channel)

    def _turn(self) -> None:
        if self._crowded:  # let more come, and those who compute go on meanwhile
            self._crowded = False
            time.sleep(NAP_SECONDS)
        wasyncore.loop(timeout=QUANTUM, use_poll=True, map=self._map, count=1)
        for _ in range(ARRIVALS):  # waitress lets in one a turn, and turns are dear
            if not self._somebody_knocks() or not self._waitress.readable():
                break
            self._waitress.handle_accept()

    def _somebody_knocks(self) -> bool:
        port = self._waitress.socket  # None once it is closed
        return port is not None and bool(select.select([port], [], [], 0)[0])

    def _channels(self) -> list[TimedChannel]:
        return list(self._waitress.active_channels.values())

    def _shed(self) -> None:
        """Cut off requests that arrive too slowly, or hoard memory between them."""
        arriving = [one for one in self._channels() if one.request is not None]
        arriving.sort(key=lambda one: one.request.began, reverse=True)
        held, horizon = 0, time.monotonic() - BODY_SECONDS
        for channel in arriving:  # the youngest first: those that hang on longest go
            held += channel.request.body_bytes_received
            if channel.request.began < horizon or held > BODY_MEMORY:
                channel.will_close = True

    def _close_port(self) -> None:
        """Take in who has already connected, then refuse all others."""
        turn_away(self._waitress.socket)
        time.sleep(SETTLE_SECONDS)
        while self._somebody_knocks():
            self._waitress.handle_accept()
        wasyncore.dispatcher.close(self._waitress)  # the port alone, not the trigger

    def _close_idle(self) -> int:
        """Close connections on which nothing is going on; count the others."""
        busy = 0
        for channel in self._channels():
            silent = channel.last_activity == channel.creation_time
            fresh = silent and time.time() - channel.creation_time < GRACE_SECONDS
            begun = channel.requests or channel.request or channel.total_outbufs_len
            if begun or fresh:
                busy += 1
            else:
                channel.will_close = True
        return busy
