"""The page, with and without its script: a form in, result cards out."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from braintumor.data.uploads import clean_name
from braintumor.demo.cards import NOTICE, data_uri
from braintumor.demo.web.desk import (
    Outcome,
    desk,
    read_position,
)
from braintumor.demo.web.problems import Problem, wants_cards
from braintumor.demo.web.security import FIELD, FormToken

CLASS_TITLES = {
    "glioma": "Glioma",
    "meningioma": "Meningioma",
    "no_tumor": "No tumour",
    "pituitary": "Pituitary tumour",
    "tumor": "Tumour",
}
VOLUMES = ("DICOM", "NIfTI")  # of other formats only the first picture is read
SAMPLE_SECONDS = 86_400
blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def show_form() -> Response:
    """Show the empty form."""
    return show_page([], desk().usual_model)


@blueprint.post("/")
def answer_form() -> Response:
    """Answer the form's files, or its sample.

    Raises:
        Problem: 403, 404 or 413; what concerns one file alone stands in its card.
    """
    form_token().require()
    model = request.form.get("model") or desk().usual_model
    worker = desk().worker(model)
    position = read_position(request.form.get("position"))
    outcomes = [
        desk().ask_safely(worker, content, name, position)
        for content, name in read_files()
    ]
    return show_page(outcomes, model)


@blueprint.get("/samples")
def list_samples() -> str:
    """Show the samples alone; the script asks for them until they are drawn."""
    return render_template("samples.html", desk=desk(), class_titles=CLASS_TITLES)


@blueprint.get("/samples/<int:number>.png")
def send_sample(number: int) -> Response:
    """Send one sample picture."""
    picture = desk().samples.get(number)
    if picture is None:
        raise Problem(404)
    response = Response(picture.content, mimetype="image/png")
    response.headers["Cache-Control"] = f"public, max-age={SAMPLE_SECONDS}"
    return response


def form_token() -> FormToken:
    """Return what signs the form's token."""
    return FormToken(desk().settings.secret)


def read_files() -> list[tuple[bytes, str]]:
    """Return content and name of every file in the form, or of the sample chosen.

    Raises:
        Problem: 400 for none, 404 for an unknown sample, 413 for too many.
    """
    chosen = request.form.get("sample", "")
    if chosen:
        known = chosen.isascii() and chosen.isdigit() and len(chosen) < 4
        picture = desk().samples.get(int(chosen)) if known else None
        if picture is None:
            raise Problem(404, "There is no such sample", "Choose one on the page.")
        return [(picture.content, picture.name)]
    files = [file for file in request.files.getlist("file") if file.filename]
    most = desk().settings.maximum_files
    if not files:
        raise Problem(400, "No file was chosen", "Choose one or more slices.")
    if len(files) > most:
        raise Problem(413, f"More than {most} files at once", f"Send up to {most}.")
    return [(file.read(), clean_name(file.filename)) for file in files]


def show_page(outcomes: list[Outcome], model: str) -> Response:
    """Return the page with its results, or for the script the results alone."""
    titles = {status.name: status.title for status in desk().models}
    shown = {
        "outcomes": outcomes,
        "titles": titles,
        "class_titles": CLASS_TITLES,
        "notice": NOTICE,
        "is_sample": bool(request.form.get("sample")),
        "data_uri": data_uri,
        "volumes": VOLUMES,
    }
    problems = [outcome.problem for outcome in outcomes]
    status = problems[0].status if problems and all(problems) else 200
    headers = problems[0].headers if status != 200 else {}
    if wants_cards():
        return Response(render_template("cards.html", **shown), status, headers)
    token = form_token().current()
    page = render_template("page.html", **shown, **describe_form(model, token))
    return form_token().set_cookie(Response(page, status, headers), token)


def describe_form(model: str, token: str) -> dict[str, Any]:
    """Return what the form's template needs."""
    return {
        "desk": desk(),
        "model": model,
        "field": FIELD,
        "token": token,
    }
