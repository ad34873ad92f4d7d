"""How often one client may ask: a bucket of tokens each, in bounded memory."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MAXIMUM_CLIENTS = 4096  # the longest silent is forgotten first
HOUSEHOLD_BITS = 64  # an IPv6 customer owns a whole /64 and could use it up


class RateLimiter:
    """Token buckets: `burst` at once, refilled at `rate` a second.

    Args:
        rate: tokens a second; 0 for no limit.
        burst: size of a bucket.
        clock: seconds, never going back.
    """

    def __init__(
        self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with a full bucket for everyone."""
        self.rate, self.burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str | None) -> float:
        """Take a token.

        Args:
            address: the client's, as the server sees it.

        Returns:
            0 if there was one, else the seconds until there is.
        """
        if not self.rate:
            return 0.0
        client, now = name_client(address), self._clock()
        with self._lock:
            tokens, since = self._buckets.pop(client, (float(self.burst), now))
            tokens = min(self.burst, tokens + (now - since) * self.rate)
            wait = max(0.0, (1.0 - tokens) / self.rate)
            self._buckets[client] = (tokens if wait else tokens - 1.0, now)
            if len(self._buckets) > MAXIMUM_CLIENTS:
                self._buckets.popitem(last=False)
        return wait


def name_client(address: str | None) -> str:
    """Return what a client is known by: an IPv4 address, or an IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, HOUSEHOLD_BITS), strict=False))
