"""The page's start and stop: one sentence when it cannot, nobody lost when it does."""

import concurrent.futures
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from braintumor import paths
from braintumor.demo import installed, server, warming
from braintumor.demo.connections import Server
from braintumor.demo.ports import open_port
from braintumor.demo.serving import Worker
from braintumor.demo.web import Settings, create_app
from braintumor.modeling import contract

SOON = 30.0  # seconds; never reached when all is well
BRIEF = 0.5  # seconds in which a planted fault shows that nothing comes
MODEL = "densenet121_four_class"
CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
# A whole server in a process of its own, whose model is this file's.
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
import test_server
sys.exit(test_server.run_child())
"""


class Predictor:
    """Its first probability is what the upload says; takes steps when told to."""

    name, classes = MODEL, CLASSES

    def __init__(self, stepwise=False):
        self.entered, self.step = threading.Semaphore(0), threading.Semaphore(0)
        self.stepwise = stepwise

    def prepare(self, content, name="the upload", *, position=None):
        upload = SimpleNamespace(format="PNG", frames=1, position=0)
        return SimpleNamespace(upload=upload, share=int(content) / 1000)

    def conclude(self, prepared, outcome):
        return outcome

    def infer(self, prepared):
        if self.stepwise:
            self.entered.release()
            assert self.step.acquire(timeout=SOON)
        return [self._answer(one.share) for one in prepared]

    def _answer(self, share):
        return SimpleNamespace(
            model=MODEL,
            state="answer",
            decision=CLASSES[0],
            classes=CLASSES,
            probabilities=(share, 1 - share, 0.0, 0.0),
            reason="",
            warnings=(),
            image=np.zeros((2, 2), np.uint8),
            overlay=None,
        )


def ask(port, number, timeout=SOON):
    """Upload a number; return status, headers and the number that came back."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Content-Type": "image/png"}
        connection.request("POST", "/api/v1/predict", str(number), headers)
        answer = connection.getresponse()
        document = json.loads(answer.read())
        share = document.get("probabilities", {}).get("glioma", -1)
        return answer.status, answer.headers, round(share * 1000)
    finally:
        connection.close()


def get(port, path, timeout=SOON):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def page():
    """Start pages on threads; yields the function that does so and returns the port."""
    started = []

    def start(worker, threads):
        settings = Settings(rate=0)
        application = create_app({MODEL: worker}, settings=settings, models=[])
        running = Server(
            application,
            open_port("127.0.0.1", 0),
            threads=threads,
            maximum_bytes=settings.maximum_bytes,
        )
        thread = threading.Thread(target=running.run, args=(BRIEF,))
        thread.start()
        started.append((running, thread))
        return running.port

    yield start
    for running, thread in started:
        running.stop()
        thread.join(SOON)


def check_a_full_queue_leaves_threads_to_say_so(page, spare, timeout):
    predictor = Predictor(stepwise=True)
    worker = Worker(predictor, capacity=2, batch=1, patience=SOON)
    port = page(worker, server.count_threads({MODEL: worker}) - 8 + spare)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        try:
            answers = [pool.submit(ask, port, 1)]
            assert predictor.entered.acquire(timeout=SOON)
            for count in (1, 2):
                answers.append(pool.submit(ask, port, count + 1))
                while worker.waiting < count:
                    pass
            for _ in range(5):
                status, headers, _ = ask(port, 9, timeout)
                assert status == 429
                assert int(headers["Retry-After"]) >= 1
            assert get(port, "/healthz", timeout) == 200
            assert get(port, "/readyz", timeout) == 200
        finally:
            predictor.step.release(100)
        assert [(one.result()[0], one.result()[2]) for one in answers] == [
            (200, 1),
            (200, 2),
            (200, 3),
        ]


def test_a_full_queue_leaves_threads_to_say_so(page):
    check_a_full_queue_leaves_threads_to_say_so(page, server.SPARE_THREADS, SOON)


def test_too_few_threads_are_seen(page):
    with pytest.raises(TimeoutError):
        check_a_full_queue_leaves_threads_to_say_so(page, 0, BRIEF)


def test_every_request_gets_one_answer_and_its_own(page):
    worker = Worker(Predictor(), capacity=4, batch=2, patience=SOON)
    port = page(worker, server.count_threads({MODEL: worker}))
    numbers = [number % 50 for number in range(400)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: ask(port, number), numbers))
    statuses = {status for status, _, _ in answers}
    assert statuses <= {200, 429}
    assert 200 in statuses
    for number, (status, _, came_back) in zip(numbers, answers, strict=True):
        assert status == 429 or came_back == number


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project without models."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def handlers():
    """Give the test's process its own signals back: `main` takes them."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def install(home, name=MODEL):
    folder = home / "data" / "models" / name
    folder.mkdir(parents=True)
    (folder / contract.WEIGHTS).write_bytes(b"weights")
    contract.write_contract(folder, {"model": name}, [contract.WEIGHTS])
    return folder


def refusal(capsys, **choices):
    """Return the sentence with which the start is refused."""
    assert server.main(port=0, **choices) == 1
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


def test_start_without_a_model_says_how_to_make_one(home, capsys):
    told = refusal(capsys)
    assert len(told.splitlines()) == 1
    assert f"braintumor train {MODEL}" in told


def test_start_without_the_named_model_is_refused(home, capsys):
    install(home)
    assert "vgg19_binary is missing" in refusal(capsys, models=["vgg19_binary"])
    assert "vgg20 is no model" in refusal(capsys, models=["vgg20"])


@pytest.mark.parametrize("change", ["altered", "removed"])
def test_an_altered_model_is_refused_unopened(home, capsys, change):
    weights = install(home) / contract.WEIGHTS
    weights.write_bytes(b"other") if change == "altered" else weights.unlink()
    told = refusal(capsys).splitlines()
    assert len(told) == 2  # what is being loaded, and why it is not
    assert contract.WEIGHTS in told[1]
    assert ("was altered" if change == "altered" else "is missing") in told[1]


def test_preparing_refuses_as_a_start_does(home, capsys):
    assert server.prepare() == 1
    assert "braintumor train" in capsys.readouterr().err


def test_a_busy_port_is_refused_in_a_sentence(home, capsys):
    install(home)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert server.main(port=port) == 1
    told = capsys.readouterr().err
    assert str(port) in told and "--port" in told
    assert len(told.splitlines()) == 1


def test_a_port_is_taken_before_it_listens():
    with open_port("127.0.0.1", 0) as taken:
        address = taken.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


def test_a_port_that_another_takes_meanwhile_is_refused(home, capsys):
    """Two may take a port while neither listens; who listens first has it."""
    install(home)
    with open_port("127.0.0.1", 0) as other:
        port = other.getsockname()[1]

        def load(folders):
            other.listen()
            return {MODEL: Worker(Predictor())}

        assert server.main(port=port, load=load) == 1
    assert str(port) in capsys.readouterr().err


def test_every_model_that_is_there_is_served(home):
    folders = {name: install(home, name) for name in ("vgg19_binary", MODEL)}
    assert server.choose_models() == folders
    assert list(server.choose_models(["vgg19_binary"])) == ["vgg19_binary"]
    assert len(installed.find_models()) == 3


def test_models_are_warmed_alone_and_as_a_batch():
    class Counting(Predictor):
        sizes = []

        def prepare(self, content, name="", *, position=None):
            assert content.startswith(b"\x89PNG")
            return content

        def answer(self, prepared):
            self.sizes.append(len(prepared))

    warming.warm(Counting(), 8)
    assert Counting.sizes == [1, 8]


def test_settings_know_host_and_secret(home, monkeypatch):
    monkeypatch.setenv(server.SECRET_VARIABLE, "shared by all replicas")
    made = server.make_settings("10.1.2.3", {"proxies": 1})
    assert made.trusted_hosts == ("127.0.0.1", "localhost", "10.1.2.3")
    assert (made.secret, made.proxies) == (b"shared by all replicas", 1)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),
        ("::1", "http://[::1]:80/"),
    ],
)
def test_address_is_one_that_a_browser_opens(host, address):
    assert server.name_address(host, 80) == address


def run_child():
    """Serve this file's predictor; used in a process of its own."""
    server.choose_models = lambda names: {MODEL: None}
    load = {MODEL: Worker(Predictor(), capacity=4, patience=SOON)}
    return server.main(port=0, load=lambda folders: load, rate=0)


@pytest.fixture
def child(tmp_path):
    """A server in a process of its own, ready; yields process and port."""
    folder = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, paths.HOME_VARIABLE: str(tmp_path)},
    )
    line = process.stdout.readline()
    assert line.startswith("Ready: http://127.0.0.1:"), process.communicate()
    yield process, int(line.rsplit(":", 1)[1].strip(" /\n"))
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_loses_nobody(child, number):
    """Every client gets whole answers until its connection is refused."""
    process, port = child
    answered, lost = [], []
    enough = threading.Event()

    def keep_asking(client):
        while True:
            try:
                status, _, came_back = ask(port, client)
            except ConnectionRefusedError:
                return
            except (OSError, http.client.HTTPException) as error:
                lost.append(repr(error))
                return
            assert status == 429 or (status, came_back) == (200, client)
            answered.append(client)
            if len(answered) > 50:
                enough.set()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(keep_asking, client) for client in range(8)]
        assert enough.wait(SOON)
        process.send_signal(number)
        for client in clients:
            client.result(SOON)
    assert process.wait(SOON) == 0
    assert lost == []
    assert "Traceback" not in process.stderr.read()
