"""What an operator may set; the defaults suit one person on their own machine."""

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """Limits and names of one web application.

    Attributes:
        trusted_hosts: host names, without port, that the page answers to. Any other
            `Host` header is refused: it may be another page's name, pointed at us.
        maximum_bytes: size of one request, all its files together.
        maximum_files: files in one request of the page.
        rate: requests a second that one client may keep up; 0 for no limit.
        burst: requests that one client may send at once.
        proxies: trusted proxies in front, each of which adds its client's address.
        secret: signs the form's token; by default new at every start.
        samples: offer pictures to try; they are drawn in the background.
    """

    trusted_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    maximum_bytes: int = 12 * 1024 * 1024
    maximum_files: int = 8
    rate: float = 5.0
    burst: int = 60
    proxies: int = 0
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    samples: bool = True

    @property
    def maximum_megabytes(self) -> int:
        """Return the size of one request as a reader wants it."""
        return self.maximum_bytes // 1024**2
