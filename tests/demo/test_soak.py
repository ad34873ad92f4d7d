"""The load proof sees what it is there to see; the long form is `make soak`."""

import json
import os
import threading

import pytest

from braintumor.demo.connections import Server
from braintumor.demo.ports import open_port
from braintumor.demo.soak import client, process, report, verdicts
from braintumor.demo.soak.conversation import Exchange, build_upload, split_answer
from braintumor.demo.soak.hostile_uploads import build_form
from braintumor.demo.soak.slices import Known, differ
from braintumor.demo.soak.verdicts import Row

KNOWN = [Known(b"", (0.9, 0.1)), Known(b"", (0.2, 0.8))]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslice"


def exchanges(count, status=200, seconds=0.01, body=b"", number=0, ended=5.0):
    return [Exchange(number, status, seconds, body, ended=ended)] * count


def failing(rows):
    return [row.measure for row in rows if row.holds == "no"]


def test_one_whole_answer_is_split():
    assert split_answer(ANSWER) == (200, b"slice")


@pytest.mark.parametrize(
    "received", [b"", ANSWER[:-1], ANSWER[:20], ANSWER + ANSWER, b"\r\n\r\n"]
)
def test_no_answer_half_of_one_and_two_are_seen(received):
    with pytest.raises(ValueError):
        split_answer(received)


def judge(sent, answered=100):
    """Judge two rounds of ten seconds each; ten answers a second are saturation."""
    first = Exchange(0, 503, 0.01, ended=0.01)
    end = Exchange(0, 503, 0.01, ended=10.0)
    calm = exchanges(answered, 200, ended=5.0)
    rounds = [([first, *calm, end], [first, *sent, end])] * 2
    return verdicts.judge_overload(rounds)


def test_a_good_minute_holds():
    sent = exchanges(95) + exchanges(300, 429, 0.02) + exchanges(5, 503)
    rows = {row.measure: row.value for row in judge(sent)}
    assert failing(judge(sent)) == []
    assert rows["answers, share of saturation"] == pytest.approx(0.95)
    assert rows["saturation S, mean of the rounds"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("sent", "measure"),
    [
        (exchanges(100) + exchanges(1, 0), "without exactly one answer 200, 429, 503"),
        (
            exchanges(100) + exchanges(1, 500),
            "without exactly one answer 200, 429, 503",
        ),
        (exchanges(85) + exchanges(9, 429), "answers, share of saturation"),
        (exchanges(100) + exchanges(50, 429, 0.2), "refusal, p99"),
    ],
)
def test_a_bad_minute_does_not(sent, measure):
    assert failing(judge(sent)) == [measure]


def test_the_time_of_those_who_still_waited_counts():
    late = [*exchanges(10, ended=1.0), Exchange(0, 200, 1.0, ended=2.0)]
    assert verdicts.rate_answers(late) == pytest.approx(11 / 1.01)


def answer_of(known):
    shares = dict(zip(("no_tumor", "tumor"), known.probabilities, strict=True))
    return json.dumps({"probabilities": shares}).encode()


def test_swapped_and_lost_answers_are_seen():
    own = [Exchange(number, 200, 0, answer_of(KNOWN[number])) for number in (0, 1)]
    assert failing(verdicts.judge_identity(own, KNOWN, 2)) == []
    swapped = [
        Exchange(number, 200, 0, answer_of(KNOWN[1 - number])) for number in (0, 1)
    ]
    assert failing(verdicts.judge_identity(swapped, KNOWN, 2)) == [
        "answers of another slice"
    ]
    lost = [*own, Exchange(0, 0, 30.0)]
    assert failing(verdicts.judge_identity(lost, KNOWN, 2)) == ["without an answer"]
    refused = [Exchange(0, 429, 0.0)]
    assert failing(verdicts.judge_identity(refused, KNOWN, 2)) == ["answered"]


def test_slices_are_told_apart_only_by_what_rounding_cannot_do():
    assert differ(*KNOWN)
    assert not differ(KNOWN[0], Known(b"", (0.9004, 0.0996)))


def test_slow_answers_are_seen():
    assert failing(verdicts.judge_latency("light", "answer", exchanges(9))) == []
    slow = verdicts.judge_latency("light", "answer", exchanges(9, seconds=0.2))
    assert failing(slow) == ["answer, p50"]


@pytest.mark.parametrize(
    ("sent", "grown", "left", "measure"),
    [
        (exchanges(9, 422), 290.0, 0, None),
        (exchanges(9, 500), 0.0, 0, "answered 5xx or not at all"),
        (exchanges(9, 0), 0.0, 0, "answered 5xx or not at all"),
        (exchanges(9, 422, body=b"Traceback"), 0.0, 0, "answers with a traceback"),
        (exchanges(9, 422), 0.0, 1, "files left behind"),
        (exchanges(9, 422), 310.0, 0, "memory, peak above rest"),
        (exchanges(9, 422, 1.2), 0.0, 0, "answer, p99"),
    ],
)
def test_what_bad_uploads_do_is_seen(sent, grown, left, measure):
    rows = verdicts.judge_bad_uploads(sent, grown, left)
    assert failing(rows) == ([measure] if measure else [])


def test_stops_that_lose_or_fail_are_seen():
    assert failing(verdicts.judge_stops([0, 0], 0, 9, [1.0, 1.0])) == []
    assert failing(verdicts.judge_stops([0, 1], 0, 9, [1.0, 1.0])) == [
        "SIGTERM under load, exit status 0"
    ]
    assert failing(verdicts.judge_stops([0, 0], 1, 9, [1.0, 1.0])) == [
        "requests taken and lost"
    ]


def test_the_client_counts_what_a_server_does():
    def application(environment, start_response):
        body = environment["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    server = Server(
        application, open_port("127.0.0.1", 0), threads=4, maximum_bytes=1000
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    requests = [build_upload(content) for content in (b"one", b"two", b"three")]
    try:
        asked = client.ask_in_turn(server.port, requests, count=30, clients=4)
        at_rate = client.ask_at_rate(server.port, requests, rate=300, seconds=0.1)
    finally:
        server.stop()
        thread.join()
    assert len(asked) == len(at_rate) == 30
    bodies = (b"one", b"two", b"three")
    assert all(one.body == bodies[one.number] for one in (*asked, *at_rate))
    assert client.ask_until_refused(server.port, requests, clients=2) == []


def test_a_bad_upload_is_a_complete_request():
    request = build_form(b"\0content", 'a"\r\nb.png')
    head, _, body = request.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert b"a%22\r\nb.png" in body
    assert body.count(b"\0content\r\n--") == 1


def test_memory_is_read_of_a_process(tmp_path):
    assert 1 < process.read_memory(os.getpid(), "VmRSS") < 10_000
    with pytest.raises(ValueError, match="VmNone"):
        process.read_memory(os.getpid(), "VmNone")


def test_a_table_comes_back_as_it_was_written(tmp_path):
    rows = [Row("light", "memory", 271.4, "MiB", 600, "≤ 700", "yes")]
    path = tmp_path / "serving.csv"
    path.write_text(report.as_csv(rows), encoding="utf-8")
    assert report.read_rows(path) == [
        Row("light", "memory", "271", "MiB", "600", "≤ 700", "yes")
    ]
    page = f"before\n{report.BEGIN}\nstale\n{report.END}\nafter\n"
    filled = report.fill_page(page, report.read_rows(path))
    assert "stale" not in filled and "before" in filled and "after" in filled
    assert "| memory | 271 MiB | 600 | ≤ 700 | yes |" in filled
    with pytest.raises(ValueError, match="docs/serving.md needs"):
        report.fill_page("no marks", rows)


def test_the_page_shows_the_figures_that_are_kept_and_all_hold():
    """Run `make soak` to measure anew; it writes both."""
    text = report.page_path().read_text(encoding="utf-8")
    rows = report.read_rows(report.table_path())
    assert report.fill_page(text, rows) == text
    assert [row.measure for row in rows if row.holds == "no"] == []
    assert sum(row.holds == "yes" for row in rows) >= 20
