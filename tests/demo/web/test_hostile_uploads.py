"""Every hostile upload through page and interface: an answer or a sentence, no 5xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PREDICT = "/api/v1/predict"
FORMATS = "multipart/form-data; boundary=b"
LARGE = 11_000_000  # bytes; the limit is a little above
TELLTALES = ("Traceback", 'File "', "<script>alert", "<img src=x", "site-packages")


@pytest.fixture
def client(make_app):
    return make_app(rate=0).test_client()


def encode_body(name: str, content: bytes, **fields: str) -> bytes:
    """Return a form as an enemy writes it, with the name's bytes as they are."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
    shown = name.encode("utf-8", "surrogatepass").replace(b'"', b"%22")
    shown = shown.replace(b"\r\n", b" ")
    body = head + shown + b'"\r\n\r\n' + content + b"\r\n"
    for field, value in fields.items():
        start = f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'
        body += start.encode() + value.encode() + b"\r\n"
    return body + b"--b--\r\n"


def require_calm(response, statuses):
    """Fail over an unexpected status, or a word that no answer may hold."""
    text = response.get_data().decode("latin-1")  # of a picture, too
    assert response.status_code in statuses, text[:300]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not [word for word in TELLTALES if word in text]


def test_every_hostile_upload_gets_an_answer_or_a_sentence(
    client, make_form, hostile_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    form = make_form(client)
    for one in json.loads((hostile_folder / "index.json").read_text()):
        content = (hostile_folder / one["file"]).read_bytes()
        statuses = {422} if one["refused"] else {200, 422}
        if len(content) > LARGE:
            statuses.add(413)
        if one["name"] in (" ", "\ud800.png"):  # no name, and none in any encoding
            statuses |= {400, 403}
        body = encode_body(one["name"], content)
        response = client.post(PREDICT, data=body, content_type=FORMATS)
        require_calm(response, statuses)
        if response.status_code == 422:
            told = response.json
            assert told["type"] == "urn:braintumor:problem:unreadable"
            assert told["detail"].endswith(".") and told["cure"].endswith(".")
        body = encode_body(one["name"], content, token=form.token)
        response = client.post("/", data=body, content_type=FORMATS)
        require_calm(response, statuses)
    assert list(tmp_path.iterdir()) == []


def crash(app, monkeypatch):
    """Let the decoder stumble over something that nobody thought of."""

    def divide(content, name, *, position=None):
        raise ZeroDivisionError("planted")

    for worker in app.extensions["desk"].workers.values():
        monkeypatch.setattr(worker.predictor, "prepare", divide)


def let_slip(words):
    """Return a fault that writes words into every answer."""

    def add(response):
        response.set_data(response.get_data() + words)
        return response

    def plant(app, monkeypatch):
        app.after_request_funcs.setdefault(None, []).append(add)

    return plant


@pytest.mark.parametrize("path", [PREDICT, "/"])
@pytest.mark.parametrize(
    "fault",
    [
        crash,
        let_slip(b"Traceback (most recent call last)"),
        let_slip(b"<script>alert(1)</script>"),
    ],
    ids=["crash", "traceback", "markup"],
)
def test_a_planted_fault_is_not_called_calm(
    make_app, make_form, pictures, monkeypatch, fault, path
):
    app = make_app(rate=0)
    client = app.test_client()
    fields = {} if path == PREDICT else {"token": make_form(client).token}
    body = encode_body("a.png", pictures["answer"], **fields)

    def send():
        response = client.post(path, data=body, content_type=FORMATS)
        require_calm(response, {200, 422})

    send()  # sound before
    fault(app, monkeypatch)
    with pytest.raises(AssertionError):
        send()


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream"])
def test_raw_bodies_are_no_weaker(client, hostile_folder, kind):
    index = json.loads((hostile_folder / "index.json").read_text())
    for one in index[:: 7 if kind == "image/png" else 40]:
        content = (hostile_folder / one["file"]).read_bytes()
        response = client.post(PREDICT, data=content, content_type=kind)
        require_calm(response, {200, 400, 413, 415, 422})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=" + "b" * 5_000, b"--b\r\n"),
        ("multipart/form-data; boundary=b; boundary=c", b"--c\r\n\r\n\r\n--c--"),
        (FORMATS, b""),
        (FORMATS, b"--b--\r\n"),
        (FORMATS, b"--b\r\n" * 10_000),
        (FORMATS, b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n"),
        (FORMATS, b"--b\r\n" + b"A: b\r\n" * 20_000 + b"\r\n\r\n--b--\r\n"),
        (
            FORMATS,
            b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\n1\r\n--b--",
        ),
        (
            FORMATS,
            b"--b\r\nContent-Disposition: form-data; name=file; "
            b"filename*=utf-8''%ED%A0%80%00%0d%0a.png\r\n\r\n1\r\n--b--\r\n",
        ),
        ("application/json", b"{}"),
        ("text/html", b"<p>"),
        ("", b"\x89PNG"),
        ("image/svg+xml", b"<svg/>"),
        ("application/x-www-form-urlencoded", b"a=b&" * 5_000),
        ("application/x-www-form-urlencoded", b"token=\xff\xfe&sample=0"),
        ("application/x-www-form-urlencoded", b"sample=" + b"9" * 5_000),
    ],
)
def test_broken_bodies_are_refused(client, kind, body):
    for path in (PREDICT, "/"):
        response = client.post(path, data=body, content_type=kind)
        require_calm(response, {400, 403, 413, 415, 422})


@pytest.mark.parametrize(
    "query",
    [
        *("model=../../etc/passwd", "model=%00", "model=" + "x" * 2_000, "model=%ff"),
        *("position=-1", "position=1e9", "position=99999", "position=%D9%A3"),
        *("overlay=1", "overlay=TRUE", "model=densenet121_four_class&model=../x"),
        *("model[]=a", "position=0x10", "position=00000"),
    ],
)
def test_hostile_questions_are_refused_or_ignored(client, pictures, query):
    body = encode_body("a.png", pictures["answer"])
    response = client.post(f"{PREDICT}?{query}", data=body, content_type=FORMATS)
    require_calm(response, {200, 400, 404, 422})
    assert "passwd" not in response.text


@pytest.mark.parametrize(
    "path",
    [
        *("/samples/99999999999999999999.png", "/samples/-1.png", "/samples/0.png%00"),
        *("/samples/%D9%A3.png", "/static/%00", "/static/..%5c..%5csettings.py"),
        *("/static//etc/passwd", "//evil.example/", "/%0d%0aSet-Cookie:a=b"),
        *("/static/" + "a/" * 3_000, "/api/v1/predict/../../../etc/passwd", "/.env"),
        *(
            "/%ff%fe",
            "/static/page.css%00.png",
            "/static/%2e%2e%2f%2e%2e%2fsettings.py",
        ),
    ],
)
def test_hostile_addresses_lead_nowhere(client, path):
    response = client.get(path)
    require_calm(response, {400, 404, 405, 308})
    assert "Set-Cookie" not in response.headers
    assert "evil.example" not in response.headers.get("Location", "")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.binary(max_size=300), st.binary(max_size=60), st.integers(0, 400), st.booleans()
)
def test_altered_bodies_raise_nothing(client, content, patch, position, api):
    body = bytearray(encode_body("a.png", content))
    body[position : position + len(patch)] = patch
    path = PREDICT if api else "/"
    response = client.post(path, data=bytes(body), content_type=FORMATS)
    require_calm(response, {400, 403, 413, 415, 422})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("Host", "localhost:99999"),
            ("Host", ""),
            ("Host", "localhost@evil.example"),
        ),
        *(("Host", "localhost\x00"), ("Cookie", "braintumor_form=" + "x" * 8_000)),
        *(("Cookie", "braintumor_form=\xff; ;;=;"), ("Range", "bytes=0-0,-1,5-2")),
        *(("Origin", "http://" + "a" * 5_000), ("X-Forwarded-For", "';--, 1, \xff")),
        *(("X-Forwarded-Host", "evil.example"), ("If-None-Match", '"' * 999)),
        *(("If-Modified-Since", "yesterday"), ("Accept-Language", "a;q=" * 999)),
        *(
            ("X-Wants-Cards", "<b>"),
            ("Content-Length", "-5"),
            ("Transfer-Encoding", "x"),
        ),
    ],
)
def test_hostile_headers_change_nothing(client, name, value):
    for path in ("/", "/static/page.css", "/samples/0.png", PREDICT, "/healthz"):
        response = client.get(path, headers={name: value})
        require_calm(response, {200, 304, 206, 400, 403, 405, 416})
        assert b"evil" not in response.get_data()
        assert "evil" not in str(response.headers)


def test_a_picture_that_changes_its_kind_on_the_way_is_only_data(
    client, hostile_folder
):
    """The page shows pictures that it has drawn itself, none that was sent."""
    index = json.loads((hostile_folder / "index.json").read_text())
    (sent,) = [one for one in index if one["name"] == "trailing.png"]
    content = (hostile_folder / sent["file"]).read_bytes()
    body = encode_body("a.png", content)
    response = client.post(f"{PREDICT}?overlay=true", data=body, content_type=FORMATS)
    assert response.status_code == 200
    assert b"PK" in content and "UEsDB" not in response.text
