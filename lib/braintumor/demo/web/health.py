"""What a supervisor asks: does it live, does it answer, what has it counted."""

from flask import Blueprint, Response, current_app, jsonify

from braintumor.demo.serving import QueueFullError
from braintumor.demo.web import metrics
from braintumor.demo.web.desk import desk
from braintumor.demo.web.problems import Problem

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def live() -> Response:
    """Say that the process lives."""
    return jsonify(status="live")


@blueprint.get("/readyz")
def ready() -> Response:
    """Say that there are workers and that they take slices.

    Raises:
        Problem: 503; there is no model.
        StoppedError: the server is stopping.
    """
    workers = desk().workers
    if not workers:
        raise Problem(503, "No model is loaded", "Install one, and start again.")
    for worker in workers.values():
        try:
            worker.require_room()
        except QueueFullError:
            pass  # busy is ready: who comes next is told when to come again
    return jsonify(status="ready", models=list(workers))


@blueprint.get("/metrics")
def figures() -> Response:
    """Return the counters in Prometheus' text format."""
    text = current_app.extensions["metrics"].text()
    return Response(text, content_type=metrics.CONTENT_TYPE)
