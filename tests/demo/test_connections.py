"""Connections: a stop that drains, slow bodies that are cut off, nothing on disk."""

import contextlib
import http.client
import socket
import threading
import time
from io import BytesIO

import pytest
import waitress
from waitress import buffers

from braintumor.demo import connections
from braintumor.demo.connections import Server
from braintumor.demo.ports import open_port

SOON = 20.0  # seconds; never reached when all is well
BRIEF = 0.5  # seconds in which a planted fault shows that nothing comes


class Application:
    """A WSGI application that answers with the body it got; /wait takes a step."""

    def __init__(self):
        self.entered, self.step = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, environment, start_response):
        body = environment["wsgi.input"].read()
        if environment["PATH_INFO"] == "/wait":
            self.entered.release()
            assert self.step.acquire(timeout=SOON)
        length = [("Content-Length", str(len(body)))]
        start_response("200 OK", [("Content-Type", "text/plain"), *length])
        return [body]


@contextlib.contextmanager
def running(kind=Server, drain=SOON, **choices):
    """Run a server on a thread; yields it with its application and outcome."""
    application = Application()
    choices = {"threads": 4, "maximum_bytes": 3 * 1024**2} | choices
    server = kind(application, open_port("127.0.0.1", 0), **choices)
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(server.run(drain)))
    thread.start()
    server.finish = lambda: (thread.join(SOON), outcome)[1]
    try:
        yield server, application
    finally:
        application.step.release(100)
        server.stop()
        thread.join(SOON)
    assert not thread.is_alive()


def connect(server, timeout=SOON):
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout)


def request(body=b"slice", path="/", length=None):
    length = len(body) if length is None else length
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + body


def read_answer(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read()


def check_a_stop_drains(kind):
    with running(kind) as (server, application):
        waiting, silent = connect(server), connect(server)
        waiting.sendall(request(b"one", "/wait"))
        assert application.entered.acquire(timeout=SOON)
        server.stop()
        refuse_deadline = time.monotonic() + SOON
        with pytest.raises(ConnectionRefusedError):
            while time.monotonic() < refuse_deadline:
                connect(server).close()
        silent.sendall(request(b"two"))
        assert read_answer(silent) == (200, b"two")
        application.step.release()
        assert read_answer(waiting) == (200, b"one")
        assert server.finish() == [True]


def test_a_stop_drains(monkeypatch):
    monkeypatch.setattr(connections, "GRACE_SECONDS", SOON)
    check_a_stop_drains(Server)


def test_a_stop_that_drops_is_seen():
    class Hasty(Server):
        def _close_idle(self):
            return 0

    with pytest.raises((OSError, http.client.HTTPException, AssertionError)):
        check_a_stop_drains(Hasty)


def test_a_stop_has_an_end():
    """An application that hangs cannot keep the process."""
    with running(drain=0.0) as (server, application), connect(server) as waiting:
        waiting.sendall(request(b"one", "/wait"))
        assert application.entered.acquire(timeout=SOON)
        server.stop()
        assert server.finish() == [False]


def is_cut_off(server, body, timeout):
    """Say whether the server hangs up on a body of which half is sent."""
    with connect(server, timeout) as connection:
        connection.sendall(request(body, length=2 * len(body)))
        try:
            return connection.recv(100) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


@pytest.mark.parametrize("limit", ["BODY_SECONDS", "BODY_MEMORY"])
def test_who_sends_slowly_or_hoards_is_cut_off(monkeypatch, limit):
    with running() as (server, _):
        assert not is_cut_off(server, b"slow" * 1000, BRIEF)  # without a limit
        monkeypatch.setattr(connections, limit, 0)
        assert is_cut_off(server, b"slow" * 1000, SOON)


def count_temporary_files(monkeypatch):
    """Send and get back two megabytes; return how many files were opened for that."""
    opened, body = [], bytes(2 * 1024**2)
    monkeypatch.setattr(
        buffers.TempfileBasedBuffer, "newfile", lambda _: opened.append(1) or BytesIO()
    )
    with running() as (server, _), connect(server) as connection:
        connection.sendall(request(body))
        assert read_answer(connection) == (200, body)
    return len(opened)


def test_no_upload_touches_the_disk(monkeypatch):
    assert count_temporary_files(monkeypatch) == 0


@pytest.mark.parametrize("buffer", ["inbuf_overflow", "outbuf_overflow"])
def test_a_temporary_file_is_seen(monkeypatch, buffer):
    create = waitress.create_server
    monkeypatch.setattr(
        waitress, "create_server", lambda *_, **k: create(*_, **k | {buffer: 1000})
    )
    assert count_temporary_files(monkeypatch) > 0


REFUSAL = b"HTTP/1.1 429 TOO MANY\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"


def refuse(path):
    return REFUSAL if path == "/full" else None


def test_a_full_server_refuses_without_a_free_thread():
    """All threads wait; only the one that reads the connections can still answer."""
    with running(threads=1, refuse=refuse) as (server, application):
        with connect(server) as waiting, connect(server) as refused:
            waiting.sendall(request(path="/wait"))
            assert application.entered.acquire(timeout=SOON)
            refused.sendall(request(bytes(2 * 1024**2), path="/full"))
            assert read_answer(refused) == (429, b"no")
            assert refused.recv(1) == b""  # and hung up
            application.step.release()
            assert read_answer(waiting) == (200, b"slice")


def test_a_crowd_is_refused_one_by_one():
    """More callers than are let in during one turn all get the refusal, and room."""
    with running(threads=1, refuse=refuse) as (server, _):
        crowd = [connect(server) for _ in range(3 * connections.ARRIVALS)]
        for one in crowd:
            one.sendall(request(path="/full"))
        assert {read_answer(one) for one in crowd} == {(429, b"no")}
        for one in crowd:
            one.close()
        with connect(server) as later:
            later.sendall(request(b"later"))
            assert read_answer(later) == (200, b"later")


def test_where_there_is_room_a_thread_answers():
    with running(threads=1) as (server, application):
        with connect(server) as waiting, connect(server, BRIEF) as second:
            waiting.sendall(request(path="/wait"))
            assert application.entered.acquire(timeout=SOON)
            second.sendall(request(path="/full"))
            with pytest.raises(TimeoutError):
                read_answer(second)
            application.step.release()
