"""What guards the application."""

import io
import logging

import pytest

from braintumor.demo.web import limits
from braintumor.demo.web.limits import RateLimiter
from braintumor.demo.web.security import COOKIE, HEADERS

PREDICT = "/api/v1/predict"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/static/page.css", 200),
        ("/samples/0.png", 200),
        ("/healthz", 200),
        ("/metrics", 200),
        ("/no/such/page", 404),
        ("/static/../settings.py", 404),
        ("/static/%2e%2e/settings.py", 404),
        (PREDICT, 405),
    ],
)
def test_every_answer_has_the_headers(client, path, status):
    response = client.get(path)
    assert response.status_code == status
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    kept = path in ("/static/page.css", "/samples/0.png")
    assert ("no-store" in response.headers["Cache-Control"]) != kept


def test_the_policy_allows_nothing_inline():
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy and "*" not in policy


def test_another_host_name_is_refused_everywhere(make_app, client):
    for path in ("/", PREDICT, "/healthz", "/static/page.css"):
        response = client.get(path, headers={"Host": "evil.example"})
        assert response.status_code == 400
        assert response.json["type"].endswith(":untrusted-host")
        assert "evil" not in response.text
    named = make_app(trusted_hosts=("demo.example",)).test_client()
    assert named.get("/", headers={"Host": "demo.example:8000"}).status_code == 200
    assert named.get("/", headers={"Host": "localhost"}).status_code == 400


def test_the_cookie_is_for_this_page_alone(client):
    cookie = client.get("/").headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie and "HttpOnly" in cookie
    assert "Secure" not in cookie
    secure = client.get("/", base_url="https://localhost").headers["Set-Cookie"]
    assert "Secure" in secure


def send(client, token, cookie):
    if cookie is None:
        client.delete_cookie(COOKIE)
    else:
        client.set_cookie(COOKIE, cookie)
    return client.post("/", data={"token": token, "sample": "0"}).status_code


def test_a_form_needs_its_own_token(make_app, make_form, form):
    client, token = form.client, form.token
    stranger = make_form(make_app().test_client()).token  # signed with another secret
    assert send(client, token, token) == 200
    assert send(client, token, None) == 403
    assert send(client, "", token) == 403
    assert send(client, "", "") == 403
    assert send(client, token[:-1], token[:-1]) == 403
    assert send(client, stranger, stranger) == 403
    assert send(client, "é", "é") == 403


def test_an_old_token_is_refused(form, monkeypatch):
    monkeypatch.setattr("braintumor.demo.web.security.TOKEN_SECONDS", -1)
    response = form.send(sample="0")
    assert response.status_code == 403
    assert "reload it" in response.text


def test_a_second_tab_keeps_the_first_one_valid(form):
    assert form.token in form.client.get("/").text


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[bad"}, False),
    ],
)
def test_other_sites_cannot_send_for_a_visitor(form, pictures, headers, allowed):
    assert (form.send(sample="0", headers=headers).status_code == 200) == allowed
    data = {"file": (io.BytesIO(pictures["answer"]), "a.png")}
    response = form.client.post(PREDICT, data=data, headers=headers)
    assert response.status_code == (200 if allowed else 403)


def test_thousands_of_parts_are_refused(client):
    data = {f"field{k}": "x" for k in range(2_000)}
    data["file"] = (io.BytesIO(b"x"), "a.png")
    assert client.post(PREDICT, data=data).status_code == 413


def test_a_field_of_a_megabyte_is_refused(client):
    for path in ("/", PREDICT):
        data = {"token": "x" * 1_000_000, "file": (io.BytesIO(b"x"), "a.png")}
        assert client.post(path, data=data).status_code == 413


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "日本.png", "a\x00b.png", "x" * 5_000, "", "-rf", 'a".png'],
)
def test_hostile_names_are_only_names(client, pictures, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    boundary = b"--b\r\nContent-Disposition: form-data; name=file; filename="
    start = boundary + b'"' + name.replace('"', "%22").encode() + b'"\r\n\r\n'
    body = start + pictures["answer"] + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    response = client.post(PREDICT, data=body, content_type=kind)
    assert response.status_code in (200, 400)
    assert list(tmp_path.iterdir()) == []


def test_logs_hold_nothing_of_an_upload(client, pictures, caplog):
    with caplog.at_level(logging.DEBUG):
        for content in pictures.values():
            data = {"file": (io.BytesIO(content), "doe_john.png")}
            client.post(PREDICT, data=data)
    # Pillow's debug lines name chunks and sizes; they are off unless asked for.
    lines = [one for one in caplog.records if not one.name.startswith("PIL")]
    assert lines == [] and "doe_john" not in caplog.text


def test_who_asks_too_fast_is_told_when_to_come_again(make_app, pictures):
    client = make_app(rate=0.5, burst=2).test_client()

    def ask(address):
        return client.post(
            PREDICT,
            data=pictures["answer"],
            content_type="image/png",
            environ_overrides={"REMOTE_ADDR": address},
        )

    assert [ask("192.0.2.1").status_code for _ in range(2)] == [200, 200]
    refused = ask("192.0.2.1")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "2"
    assert ask("192.0.2.2").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_an_address_is_believed_only_from_a_trusted_proxy(make_app, pictures):
    def ask(client, address):
        return client.post(
            PREDICT,
            data=pictures["answer"],
            content_type="image/png",
            headers={"X-Forwarded-For": address},
        ).status_code

    bare = make_app(rate=0.1, burst=1).test_client()
    assert [ask(bare, f"192.0.2.{k}") for k in range(2)] == [200, 429]
    behind = make_app(rate=0.1, burst=1, proxies=1).test_client()
    assert [ask(behind, f"192.0.2.{k}") for k in range(2)] == [200, 200]


def test_buckets_refill_and_never_overflow():
    now = [0.0]
    limiter = RateLimiter(2.0, 3, clock=lambda: now[0])
    assert [limiter.take("192.0.2.1") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert [limiter.take("192.0.2.1") for _ in range(2)] == [0, 0.5]
    now[0] = 1_000.0
    assert [limiter.take("192.0.2.1") > 0 for _ in range(4)] == [0, 0, 0, 1]


def test_a_household_shares_one_bucket():
    limiter = RateLimiter(1.0, 1)
    assert limiter.take("2001:db8::1") == 0
    assert limiter.take("2001:db8::2") > 0
    assert limiter.take("2001:db8:0:1::1") == 0
    assert limiter.take(None) == 0


def test_memory_for_clients_is_bounded(monkeypatch):
    monkeypatch.setattr(limits, "MAXIMUM_CLIENTS", 3)
    limiter = RateLimiter(1.0, 1)
    for last in range(50):
        limiter.take(f"192.0.2.{last}")
    assert len(limiter._buckets) == 3
