"""The interface's description, OpenAPI 3.1."""

from typing import Any

from braintumor.demo.web.problems import KINDS
from braintumor.demo.web.settings import Settings

RAW_TYPES = (
    "image/png",
    "image/jpeg",
    "application/dicom",
    "application/gzip",
    "application/octet-stream",
)
STATES = ("answer", "uncertain", "not_a_slice")
REFUSALS = (400, 403, 404, 405, 413, 415, 422, 429, 500, 503)
TEXT = {"type": "string"}
WHOLE = {"type": "integer", "minimum": 0}


def describe(models: list[str], settings: Settings) -> dict[str, Any]:
    """Return the document.

    Args:
        models: names that `model` may hold.
        settings: limits that the text names.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Brain-tumour classification on MRI slices",
            "version": "1",
            "description": "Answers one slice at a time and stores nothing. "
            f"A request may hold {settings.maximum_megabytes} MB. "
            "Teaching and research only, not for diagnosis.",
        },
        "paths": {
            "/api/v1/predict": {"post": describe_predict(models)},
            "/api/v1/models": {
                "get": {
                    "summary": "Every model, and how to make those that are missing",
                    "responses": {"200": success("Models")},
                }
            },
            "/api/v1/openapi.json": {
                "get": {
                    "summary": "This document",
                    "responses": {"200": {"description": "OpenAPI 3.1"}},
                }
            },
            "/healthz": {"get": probe("The process lives", {})},
            "/readyz": {"get": probe("Every model takes slices", refusals(503))},
            "/metrics": {"get": probe("Counters, in Prometheus' text format", {})},
        },
        "components": {"schemas": schemas()},
    }


def describe_predict(models: list[str]) -> dict[str, Any]:
    """Return the operation that answers a slice."""
    binary = {"type": "string", "format": "binary"}
    part = {"type": "object", "required": ["file"], "properties": {"file": binary}}
    return {
        "summary": "Answer one slice",
        "description": "A PNG, JPEG, DICOM or NIfTI file; what it is is read from its "
        "content, never from its name.",
        "parameters": [
            parameter("model", {"type": "string", "enum": models}, "Who answers."),
            parameter(
                "overlay",
                {"type": "boolean", "default": False},
                "Send the heat map, too: a PNG with alpha as data URI, to lie on the "
                "upright slice, or null where there is none.",
            ),
            parameter(
                "position",
                WHOLE,
                "Slice of a volume, counted from 0; by default one near the middle.",
            ),
        ],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": part}}
            | {kind: {"schema": binary} for kind in RAW_TYPES},
        },
        "responses": {"200": success("Answer")} | refusals(*REFUSALS),
    }


def parameter(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    """Return an optional query parameter."""
    return {"name": name, "in": "query", "schema": schema, "description": text}


def success(schema: str) -> dict[str, Any]:
    """Return a response that holds one of the schemas."""
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": schema, "content": {"application/json": content}}


def refusals(*statuses: int) -> dict[str, Any]:
    """Return responses with problems, by status."""
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        str(status): {
            "description": KINDS[status][1],
            "content": {"application/problem+json": content},
        }
        | ({"headers": {"Retry-After": {"schema": WHOLE}}} if status == 429 else {})
        for status in statuses
    }


def probe(summary: str, more: dict[str, Any]) -> dict[str, Any]:
    """Return an operation for a supervisor."""
    return {"summary": summary, "responses": {"200": {"description": summary}} | more}


def record(**properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object whose properties are all required."""
    names = list(properties)
    return {"type": "object", "required": names, "properties": properties}


def schemas() -> dict[str, Any]:
    """Return the schemas of everything that is sent back."""
    share = {"type": "number", "minimum": 0, "maximum": 1}
    texts = {"type": "array", "items": TEXT}
    answer = record(
        model=TEXT,
        state={
            "type": "string",
            "enum": list(STATES),
            "description": "uncertain: the model abstains; not_a_slice: the picture is "
            "refused. The reason says why.",
        },
        decision={"type": ["string", "null"], "description": "A class, or null."},
        probabilities={
            "type": "object",
            "additionalProperties": share,
            "description": "Calibrated, by class; empty for not_a_slice.",
        },
        reason=TEXT,
        warnings=texts,
        file=record(format=TEXT, slices=WHOLE, position=WHOLE),
        notice=TEXT,
    )
    answer["properties"]["overlay"] = {"type": ["string", "null"]}
    model = record(
        name=TEXT,
        title=TEXT,
        available={"type": "boolean"},
        classes=texts,
        how_to=TEXT,
    )
    problem = record(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, cure=TEXT)
    models = record(default=TEXT, models={"type": "array", "items": model})
    return {"Answer": answer, "Models": models, "Problem": problem}
