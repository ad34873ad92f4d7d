"""What the server counts, in Prometheus' words; nothing about any upload or client."""

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self, workers: Mapping[str, Any]) -> None:
        """Register every figure."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "braintumor_requests_total",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "braintumor_request_seconds",
            "Seconds from the first line of a request to its answer.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "braintumor_answers_total",
            "Slices answered, by state.",
            ["model", "state"],
            registry=self.registry,
        )
        waiting = Gauge(
            "braintumor_waiting_slices",
            "Slices waiting for a model.",
            ["model"],
            registry=self.registry,
        )
        for name, worker in workers.items():
            waiting.labels(name).set_function(lambda worker=worker: worker.waiting)

    def count_request(self, response: Response) -> None:
        """Count the request in hand; labels come from us, never from the request."""
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        self._requests.labels(route, method, response.status_code).inc()
        self._seconds.labels(route).observe(time.perf_counter() - g.started)

    def count_refusal(self, route: str) -> None:
        """Count a POST that was refused before the application heard of it."""
        self._requests.labels(route, "POST", 429).inc()

    def count_answer(self, answer: Any) -> None:
        """Count one answer by its model and state."""
        self._answers.labels(answer.model, answer.state).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


def measure(app: Flask, workers: Mapping[str, Any]) -> None:
    """Count every request of an application."""
    figures = app.extensions["metrics"] = Metrics(workers)

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        figures.count_request(response)
        return response
