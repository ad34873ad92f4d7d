"""A port that is taken before anybody may knock, and closed without a reset."""

import contextlib
import ctypes
import socket
import struct
import sys

RECEIVE_BUFFER = 512 * 1024  # bytes; who is in takes it over: a slice fits in whole
ATTACH_FILTER = 26  # SO_ATTACH_FILTER of Linux, which Python does not name
# Packet filter, as in Linux' networking/filter.rst: load the byte of TCP flags; drop
# the packet if SYN is among them, else let it pass.
DROP_NEWCOMERS = ((0x30, 0, 0, 13), (0x45, 0, 1, 2), (0x06, 0, 0, 0), (0x06, 0, 0, ~0))


def open_port(host: str, port: int) -> socket.socket:
    """Take a port without listening yet: callers are refused until the model is warm.

    Args:
        host: address or name; IPv6 if it holds a colon.
        port: 0 for any that is free.

    Raises:
        OSError: the port is in use or may not be taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        taken.bind((host, port))
    except OSError:
        taken.close()
        raise
    return taken


def turn_away(listening: socket.socket) -> None:
    """Let nobody else connect, without dropping who just did.

    Closing a port resets whoever the system let in since the last look; with this
    filter it lets nobody in, and who knocks finds the port closed a second later. On
    other systems than Linux nothing happens, and that gap stays.
    """
    if sys.platform != "linux":
        return
    steps = [
        struct.pack("HBBI", *step[:3], step[3] & 0xFFFFFFFF) for step in DROP_NEWCOMERS
    ]
    program = ctypes.create_string_buffer(b"".join(steps))
    header = struct.pack("HL", len(steps), ctypes.addressof(program))
    with contextlib.suppress(OSError):  # a sandbox may forbid it
        listening.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, header)
