"""The JSON interface, described by `/api/v1/openapi.json`."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from braintumor.data.uploads import clean_name
from braintumor.demo.cards import NOTICE, data_uri
from braintumor.demo.web import openapi
from braintumor.demo.web.desk import (
    Outcome,
    desk,
    read_position,
)
from braintumor.demo.web.problems import Problem

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.post("/predict")
def predict() -> Response:
    """Answer one file: a part called `file`, or the body itself."""
    model = request.args.get("model") or desk().usual_model
    worker = desk().worker(model)
    worker.require_room()  # refused before anything is parsed
    position = read_position(request.args.get("position"))
    wants_overlay = read_switch("overlay")
    content, name = read_file()
    outcome = desk().ask(worker, content, name, position)
    return jsonify(describe(outcome, wants_overlay))


@blueprint.get("/models")
def models() -> Response:
    """List every model, and how to make those that are missing."""
    workers = desk().workers
    listed = [
        {
            "name": status.name,
            "title": status.title,
            "available": status.name in workers,
            "classes": list(workers[status.name].predictor.classes)
            if status.name in workers
            else [],
            "how_to": "" if status.name in workers else status.how_to,
        }
        for status in desk().models
    ]
    return jsonify(default=desk().usual_model, models=listed)


@blueprint.get("/openapi.json")
def document() -> Response:
    """Describe this interface."""
    names = [status.name for status in desk().models]
    return jsonify(openapi.describe(names, desk().settings))


def read_file() -> tuple[bytes, str]:
    """Return the request's file and its name.

    Raises:
        Problem: 400 for none or several or for other parts, 415 for a body of another
            type.
    """
    if request.mimetype in openapi.RAW_TYPES:
        return request.get_data(cache=False), "the upload"
    if request.mimetype != "multipart/form-data":
        raise Problem(415)
    files = request.files.getlist("file")
    if len(files) != 1:
        raise Problem(
            400,
            "The request holds no part called file" if not files else "One file a time",
            'Send one file, as: curl -F "file=@slice.png"',
            slug="no-file" if not files else "several-files",
        )
    if request.form:  # a choice that is not read must not look as if it were
        raise Problem(
            400,
            "A choice stands in the form, where it is not read",
            "Put model, position and overlay into the address: ?model=NAME.",
            slug="choice-in-form",
        )
    return files[0].read(), clean_name(files[0].filename)


def read_switch(name: str) -> bool:
    """Return a query parameter that is "true" or "false".

    Raises:
        Problem: 400; it is neither.
    """
    value = request.args.get(name, "false")
    if value not in ("true", "false"):
        raise Problem(
            400, f"{name} is neither true nor false", f"Ask with {name}=true."
        )
    return value == "true"


def describe(outcome: Outcome, wants_overlay: bool) -> dict[str, Any]:
    """Return the schema's `Answer` for one outcome."""
    answer, upload = outcome.answer, outcome.upload
    pairs = zip(answer.classes, answer.probabilities, strict=False)
    document = {
        "model": answer.model,
        "state": answer.state,
        "decision": answer.decision,
        "probabilities": {label: round(float(share), 6) for label, share in pairs},
        "reason": answer.reason,
        "warnings": list(answer.warnings),
        "file": {
            "format": upload.format,
            "slices": int(upload.frames),
            "position": int(upload.position),
        },
        "notice": NOTICE,
    }
    if wants_overlay:
        heat = answer.overlay
        document["overlay"] = None if heat is None else data_uri(heat)
    return document
