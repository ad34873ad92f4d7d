"""The JSON interface: what it says, and that its description says the same."""

import base64
import io
import json
import logging
import threading
from email.utils import parsedate_to_datetime

import jsonschema
import numpy as np
import pytest
from PIL import Image

from braintumor.demo.serving import TooSlowError
from braintumor.demo.web import make_refuser

PREDICT = "/api/v1/predict"


def post(client, content, query="", name="slice.png"):
    data = {"file": (io.BytesIO(content), name)}
    return client.post(PREDICT + query, data=data)


@pytest.fixture
def document(client):
    return client.get("/api/v1/openapi.json").json


def require_schema(document, name, value):
    schema = document["components"]["schemas"][name]
    jsonschema.validate(value, {**schema, "components": document["components"]})


def require_problem(document, response, status, slug):
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    require_schema(document, "Problem", response.json)
    assert response.json["type"].endswith(f":{slug}")
    assert response.json["detail"].endswith(".") and response.json["cure"]
    stated = document["paths"][PREDICT]["post"]["responses"]
    assert str(status) in stated


@pytest.mark.parametrize("state", ["answer", "uncertain", "not_a_slice"])
def test_every_state_is_as_described(client, document, pictures, state):
    answer = post(client, pictures[state]).json
    require_schema(document, "Answer", answer)
    assert answer["state"] == state
    assert answer["notice"] == "Teaching and research only, not for diagnosis."
    assert answer["file"] == {"format": "PNG", "slices": 1, "position": 0}
    assert (answer["decision"] is None) == (state != "answer")
    assert (answer["probabilities"] == {}) == (state == "not_a_slice")
    assert "overlay" not in answer


def test_the_overlay_comes_as_a_picture_if_asked_for(client, document, pictures):
    answer = post(client, pictures["answer"], "?overlay=true").json
    require_schema(document, "Answer", answer)
    content = base64.b64decode(answer["overlay"].partition("base64,")[2])
    overlay = np.asarray(Image.open(io.BytesIO(content)))
    assert overlay.shape == (64, 64, 4)
    refused = post(client, pictures["not_a_slice"], "?overlay=true").json
    assert refused["overlay"] is None


def test_a_body_alone_is_answered_like_a_part(client, pictures):
    raw = client.post(PREDICT, data=pictures["answer"], content_type="image/png")
    assert raw.json == post(client, pictures["answer"]).json


def test_a_slice_of_a_volume_is_chosen(client, volume):
    answer = post(client, volume, "?position=2", name="volume.nii").json
    assert answer["file"] == {"format": "NIfTI", "slices": 6, "position": 2}
    assert post(client, volume, "?position=6").status_code == 422


def test_the_named_model_answers(client, pictures):
    answer = post(client, pictures["answer"], "?model=vgg19_binary").json
    assert answer["model"] == "vgg19_binary"
    assert list(answer["probabilities"]) == ["no_tumor", "tumor"]


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ("?model=resnet", 404, "unknown-model"),
        ("?model=../../etc/passwd", 404, "unknown-model"),
        ("?model=vgg16_four_class", 404, "missing-model"),
        ("?overlay=perhaps", 400, "bad-request"),
        ("?position=-1", 400, "bad-request"),
        ("?position=1e9", 400, "bad-request"),
        ("?position=%D9%A3", 400, "bad-request"),
        ("?position=99999", 422, "unreadable"),
    ],
)
def test_bad_parameters(client, document, pictures, query, status, slug):
    response = post(client, pictures["answer"], query)
    require_problem(document, response, status, slug)
    assert "passwd" not in response.text


@pytest.mark.parametrize(
    ("request_of", "status", "slug"),
    [
        ({"data": {"other": (io.BytesIO(b"x"), "x.png")}}, 400, "no-file"),
        (
            {
                "data": b"--b\r\nfile=x",
                "content_type": "multipart/form-data; boundary=b",
            },
            400,
            "no-file",
        ),
        ({"data": b"", "content_type": "multipart/form-data"}, 400, "no-file"),
        ({"json": {"file": "x"}}, 415, "unsupported-type"),
        ({"data": b"<svg/>", "content_type": "image/svg+xml"}, 415, "unsupported-type"),
        ({}, 415, "unsupported-type"),
        ({"data": b"", "content_type": "image/png"}, 422, "unreadable"),
        ({"data": b"GIF89a", "content_type": "image/png"}, 422, "unreadable"),
        ({"data": bytes(999), "content_type": "application/dicom"}, 422, "unreadable"),
    ],
)
def test_bad_bodies(client, document, request_of, status, slug):
    response = client.post(PREDICT, **request_of)
    require_problem(document, response, status, slug)


def test_one_file_a_time(client, document, pictures):
    files = [(io.BytesIO(pictures["answer"]), f"{k}.png") for k in range(2)]
    response = client.post(PREDICT, data={"file": files})
    require_problem(document, response, 400, "several-files")


def test_a_choice_in_the_form_is_refused_not_passed_over(client, document):
    data = {"file": (io.BytesIO(b"x"), "x.png"), "model": "vgg16_four_class"}
    response = client.post(PREDICT, data=data)
    require_problem(document, response, 400, "choice-in-form")


def test_too_large(make_app, document, pictures):
    client = make_app(maximum_bytes=100_000).test_client()
    body = pictures["answer"] + bytes(200_000)
    for response in (
        client.post(PREDICT, data=body, content_type="image/png"),
        post(client, body),
    ):
        require_problem(document, response, 413, "too-large")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [(PREDICT, "GET", 405), ("/api/v1/models", "DELETE", 405), ("/api/v2", "GET", 404)],
)
def test_wrong_addresses_and_methods(client, document, path, method, status):
    response = client.open(path, method=method)
    slug = {404: "not-found", 405: "method-not-allowed"}[status]
    require_problem(document, response, status, slug)
    if status == 405:
        assert "Allow" in response.headers


def test_every_cut_of_a_picture_is_refused_or_answered(client, pictures):
    content = pictures["answer"]
    for end in range(0, len(content), 37):
        assert post(client, content[:end]).status_code in (200, 422)


def test_a_full_queue_says_when_to_come_again(make_app, document, pictures):
    app = make_app(capacity=1)
    worker = app.extensions["desk"].workers["densenet121_four_class"]
    entered, free = threading.Event(), threading.Event()
    infer = worker.predictor.infer

    def hold(prepared):
        entered.set()
        free.wait(10)
        return infer(prepared)

    worker.predictor.infer = hold
    replies = []
    threads = [
        threading.Thread(
            target=lambda: replies.append(post(app.test_client(), pictures["answer"]))
        )
        for _ in range(2)
    ]
    threads[0].start()
    assert entered.wait(10)
    threads[1].start()
    while worker.waiting < 1:
        pass
    response = post(app.test_client(), pictures["answer"])
    require_problem(document, response, 429, "too-many-requests")
    assert int(response.headers["Retry-After"]) >= 1
    assert app.test_client().get("/readyz").status_code == 200
    refuse = make_refuser(app, {"densenet121_four_class": worker})
    require_the_same(refuse(PREDICT), response)
    count = b'route="/api/v1/predict",status="429"} 2.0'
    assert count in app.test_client().get("/metrics").data
    assert refuse("/") is None
    free.set()
    for thread in threads:
        thread.join(10)
    assert [reply.status_code for reply in replies] == [200, 200]
    assert refuse(PREDICT) is None


def require_the_same(raw, response):
    """Require that bytes are a response as HTTP, but for the date and its end."""
    head, body = raw.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert parsedate_to_datetime(fields.pop("Date"))
    assert fields.pop("Connection") == "close"
    assert first == f"HTTP/1.1 {response.status}"
    assert fields == dict(response.headers)
    assert body == response.data


def test_too_slow_and_stopped(app, client, document, pictures):
    worker = app.extensions["desk"].workers["densenet121_four_class"]
    worker.predictor.fault = TooSlowError("too slow")
    slow = post(client, pictures["answer"])
    require_problem(document, slow, 503, "not-ready")
    assert slow.headers["Retry-After"]
    assert client.get("/readyz").status_code == 200
    worker.drain(timeout=5)
    require_problem(document, post(client, pictures["answer"]), 503, "not-ready")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").json == {"status": "live"}


def test_a_fault_of_ours_tells_nobody_what_was_sent(
    app, client, document, pictures, caplog
):
    worker = app.extensions["desk"].workers["densenet121_four_class"]
    worker.predictor.fault = RuntimeError("PatientName=Doe")
    with caplog.at_level(logging.DEBUG):
        response = post(client, pictures["answer"], name="doe_john.png")
    require_problem(document, response, 500, "internal")
    assert "Traceback" not in response.text
    assert "RuntimeError at " in caplog.text
    for secret in ("Doe", "doe_john"):
        assert secret not in response.text + caplog.text


def test_the_models_are_listed(client, document):
    listed = client.get("/api/v1/models").json
    require_schema(document, "Models", listed)
    assert listed["default"] == "densenet121_four_class"
    available = {one["name"]: one["available"] for one in listed["models"]}
    assert available == {
        "densenet121_four_class": True,
        "vgg16_four_class": False,
        "vgg19_binary": True,
    }
    assert all(bool(one["how_to"]) != one["available"] for one in listed["models"])


def test_another_model_is_usual_where_the_first_is_missing(make_app):
    client = make_app(without=("densenet121_four_class",)).test_client()
    assert client.get("/api/v1/models").json["default"] == "vgg19_binary"


def test_without_any_model_nothing_is_ready(make_app, pictures):
    without = ("densenet121_four_class", "vgg19_binary")
    client = make_app(without=without).test_client()
    assert client.get("/readyz").status_code == 503
    assert post(client, pictures["answer"]).status_code == 404
    assert client.get("/").status_code == 200


def test_every_address_for_programs_is_described(app, document):
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    programs = {rule for rule in rules if not rule.startswith(("/static", "/samples"))}
    assert programs - {"/"} == set(document["paths"])
    assert document["openapi"].startswith("3.1") and json.dumps(document)


def test_the_counters_know_no_client_and_no_file(client, pictures):
    post(client, pictures["answer"], name="doe_john.png")
    client.get("/no/such/doe_john")
    client.open("/", method="BREW")
    text = client.get("/metrics").text
    assert 'braintumor_answers_total{model="densenet121_four_class",state="answer"} 1.0'
    assert 'route="/api/v1/predict",status="200"} 1.0' in text
    assert 'route="none",status="404"} 1.0' in text
    assert 'method="other",route="none",status="405"' in text
    assert "doe_john" not in text and "BREW" not in text


def test_two_applications_count_apart(make_app):
    first, second = make_app().test_client(), make_app().test_client()
    first.get("/healthz")
    assert 'route="/healthz"' in first.get("/metrics").text
    assert 'route="/healthz"' not in second.get("/metrics").text
