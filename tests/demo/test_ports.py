"""The port: who has come in is heard, who comes later is turned away."""

import socket
import sys

import pytest

from braintumor.demo.ports import open_port, turn_away

HOST = "127.0.0.1"


@pytest.fixture
def listening():
    taken = open_port(HOST, 0)
    taken.listen()
    yield taken
    taken.close()


def knock(listening, timeout=0.3):
    caller = socket.create_connection(listening.getsockname(), timeout)
    caller.settimeout(5)
    return caller


def test_a_port_is_taken_once():
    first = open_port(HOST, 0)
    first.listen()
    with pytest.raises(OSError):
        open_port(HOST, first.getsockname()[1])
    first.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_who_has_come_in_is_heard_and_nobody_else_gets_in(listening):
    early = knock(listening)
    turn_away(listening)
    with pytest.raises(TimeoutError):
        knock(listening)
    server_side, _ = listening.accept()
    early.sendall(b"a slice")
    assert server_side.recv(99) == b"a slice"
    server_side.sendall(b"an answer")
    assert early.recv(99) == b"an answer"
    listening.settimeout(0.2)
    with pytest.raises(TimeoutError):
        listening.accept()


def test_without_it_newcomers_get_in(listening):
    early, late = knock(listening), knock(listening)
    assert early.getpeername() == late.getpeername()


def test_a_system_that_knows_no_filter_is_left_alone(listening, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    turn_away(listening)
    assert knock(listening)
