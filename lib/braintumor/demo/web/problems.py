"""Every refusal in a sentence and a cure, for the page and, by RFC 9457, for programs.

No problem repeats what was sent: a name is shown only where the page escapes it.
"""

import traceback

from flask import Flask, Response, current_app, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError

from braintumor.data.decoding import UnreadableSliceError
from braintumor.demo.cards import NOTICE
from braintumor.demo.serving import QueueFullError, StoppedError, TooSlowError

FRAGMENT_HEADER = "X-Wants-Cards"
MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")
# Status: (slug, title, sentence, cure). Slugs are part of the interface.
KINDS = {
    400: (
        "bad-request",
        "The request cannot be read",
        "The request is not as the interface describes it",
        "Compare it with /api/v1/openapi.json.",
    ),
    403: (
        "not-from-this-page",
        "The form did not come from this page",
        "The form has no valid token: it is old, or another page sent it",
        "Allow this page its cookie, reload it and send the form again.",
    ),
    404: (
        "not-found",
        "Nothing is here",
        "This address leads to nothing",
        "Programs find every address in /api/v1/openapi.json.",
    ),
    405: (
        "method-not-allowed",
        "This cannot be done here",
        "The address exists, but does not take this method",
        "The Allow header names those that it takes.",
    ),
    413: (
        "too-large",
        "Too much at once",
        "The request is too large, or has too many parts",
        "Send fewer files at once, or smaller ones.",
    ),
    415: (
        "unsupported-type",
        "This kind of body is not read",
        "The body's content type is none that is read here",
        "Send multipart/form-data, or PNG, JPEG, DICOM or NIfTI as the body.",
    ),
    422: (
        "unreadable",
        "The file cannot be read as a slice",
        "The file does not decode",
        "Send a PNG, JPEG, DICOM or NIfTI file.",
    ),
    429: (
        "too-many-requests",
        "Too many requests at the moment",
        "More is being asked than can be answered",
        "Try again in a moment.",
    ),
    500: (
        "internal",
        "Something broke here",
        "The server failed at this request; the fault is not yours",
        "Try again, or try another file.",
    ),
    503: (
        "not-ready",
        "No answer for now",
        "The server cannot answer at the moment",
        "Try again in a moment.",
    ),
}


class Problem(Exception):
    """A refusal.

    Attributes:
        status: HTTP status, a key of `KINDS`.
        slug: what kind of problem, for programs.
        title: the kind in a few words; the same for every problem of this slug.
        sentence: what is wrong this time.
        cure: what to do.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        sentence: str = "",
        cure: str = "",
        *,
        slug: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Take what is not given from `KINDS`."""
        self.status = status
        usual_slug, self.title, usual_sentence, usual_cure = KINDS[status]
        self.slug = slug or usual_slug
        self.sentence = sentence or usual_sentence
        self.cure = cure or usual_cure
        self.headers = headers or {}
        super().__init__(self.sentence)

    def document(self) -> dict[str, str | int]:
        """Return the members of RFC 9457, and `cure`."""
        return {
            "type": f"urn:braintumor:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": f"{self.sentence}.",
            "cure": self.cure,
        }


def explain(error: Exception) -> Problem:
    """Return the problem that any exception stands for."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, UnreadableSliceError):
        return Problem(422, f"The file {error.problem}", error.cure)
    if isinstance(error, QueueFullError):
        seconds = {"Retry-After": str(error.retry_after)}
        return Problem(429, "Too many slices are waiting", headers=seconds)
    if isinstance(error, TooSlowError):
        return Problem(503, "The model took too long", headers={"Retry-After": "2"})
    if isinstance(error, StoppedError):
        return Problem(503, "The server is stopping", headers={"Retry-After": "10"})
    if isinstance(error, SecurityError):
        return Problem(
            400,
            "This server does not answer to the host name in the request",
            "Use its own address, or start it with this name as a trusted host.",
            slug="untrusted-host",
        )
    if isinstance(error, HTTPException):
        return explain_status(error)
    log_fault(error)
    return Problem(500)


def explain_status(error: HTTPException) -> Problem:
    """Return the problem that stands for one of Werkzeug's exceptions."""
    status = error.code if error.code in KINDS else 400
    methods = getattr(error, "valid_methods", None) or ()
    headers = {"Allow": ", ".join(sorted(methods))} if methods else {}
    return Problem(status, headers=headers)


def log_fault(error: Exception) -> None:
    """Log where a fault lies; its message could hold what was uploaded."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = ", ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    current_app.logger.error("%s at %s", type(error).__name__, places)


def wants_cards() -> bool:
    """Say whether the page's script asks, which wants result cards alone."""
    return FRAGMENT_HEADER in request.headers


def register(app: Flask) -> None:
    """Let the application answer every exception with its problem."""

    @app.errorhandler(Exception)
    def answer_problem(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException) and (error.code or 500) < 400:
            return error  # a redirect
        return respond(explain(error))


def respond(problem: Problem) -> Response:
    """Return a problem as JSON to programs, as a card or page to people."""
    machine = request.path.startswith(MACHINE_PATHS)
    if machine or problem.slug == "untrusted-host":
        response = jsonify(problem.document())
        response.mimetype = "application/problem+json"
    elif wants_cards():
        response = Response(
            render_template("problem.html", problem=problem, notice=NOTICE)
        )
    else:
        response = Response(render_template("refusal.html", problem=problem))
    response.status_code = problem.status
    response.headers.update(problem.headers)
    return response
