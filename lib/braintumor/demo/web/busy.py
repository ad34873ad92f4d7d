"""What a full server says, as bytes: under load, even a no must be cheap.

Flask makes the same answer, at more than twice the price. At four times what can be
answered hundreds are refused a second, with time that the answers then lack.
"""

import functools
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from flask import Flask

from braintumor.demo.serving import QueueFullError
from braintumor.demo.web import problems, security

PREDICT_PATH = "/api/v1/predict"


def make_refuser(
    app: Flask, workers: Mapping[str, Any]
) -> Callable[[str], bytes | None]:
    """Return the function that refuses a POST where every queue is full.

    Args:
        app: what would answer otherwise; its metrics count the refusals.
        workers: model name → `demo.serving.Worker`.

    Returns:
        path → a whole HTTP answer with status 429, or None where there is room.
    """
    queues, count = list(workers.values()), app.extensions["metrics"].count_refusal

    @functools.lru_cache(maxsize=64)
    def write(seconds: int) -> tuple[bytes, bytes]:
        with app.test_request_context(PREDICT_PATH, method="POST"):
            problem = problems.explain(QueueFullError(seconds))
            response = security.add_headers(problems.respond(problem))
            fields = [*response.headers.items(), ("Connection", "close")]
            lines = [f"HTTP/1.1 {response.status}", *map(": ".join, fields)]
            return "\r\n".join(lines).encode("latin-1"), response.get_data()

    def refuse(path: str) -> bytes | None:
        if path != PREDICT_PATH or not all(worker.full for worker in queues):
            return None
        count(PREDICT_PATH)
        head, body = write(min(worker.retry_after for worker in queues))
        date = formatdate(usegmt=True).encode("latin-1")
        return b"%s\r\nDate: %s\r\n\r\n%s" % (head, date, body)

    return refuse
