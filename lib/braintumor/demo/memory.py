"""How the C library keeps memory: by default far more than a small server has."""

import ctypes

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of glibc's malloc.h
LARGE = 1024**2  # bytes
ARENAS = 2


def return_what_is_free() -> bool:
    """Have freed pictures given back to the system, whatever thread decoded them.

    glibc keeps a heap per thread and never returns what lies inside it: after one large
    upload on each of forty threads the process would stay at its peak. Two heaps for
    all, and blocks of a megabyte mapped on their own, cost nothing that shows.

    Returns:
        Whether the C library took the settings; others than glibc do not.
    """
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(adjust(_MMAP_THRESHOLD, LARGE)) and bool(adjust(_ARENA_MAX, ARENAS))


def trim() -> bool:
    """Give back to the system now what lies free inside the heaps; takes a moment.

    Returns:
        Whether there was anything; never under another C library than glibc.
    """
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (OSError, AttributeError):
        return False
