"""A web application with a predictor that needs no model, and pictures for it."""

import io
import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from werkzeug.serving import make_server

from braintumor.data.uploads import decode_upload
from braintumor.demo.answers import Answer, Prepared, fit_display
from braintumor.demo.serving import Worker
from braintumor.demo.web import Settings, create_app
from braintumor.demo.web.samples import Picture, draw_landscape

FOUR = ("glioma", "meningioma", "no_tumor", "pituitary")
MODELS = (
    ("densenet121_four_class", "DenseNet121, which tumour", FOUR),
    ("vgg19_binary", "VGG19, tumour or none", ("no_tumor", "tumor")),
)


class FakePredictor:
    """Answers dark pictures, doubts grey ones and refuses bright ones."""

    def __init__(self, name, classes):
        self.name, self.classes = name, classes
        self.fault = None

    def prepare(self, content, name="the upload", *, position=None):
        upload = decode_upload(content, name, position=position)
        return Prepared(upload, upload.pixels, fit_display(upload.pixels))

    def conclude(self, prepared, outcome):
        return outcome

    def infer(self, prepared):
        if self.fault:
            raise self.fault
        return [self.judge(one) for one in prepared]

    def judge(self, prepared):
        level = prepared.upload.pixels.mean()
        state = ("answer", "uncertain", "not_a_slice")[int(level // 86)]
        best = 0.9 if state == "answer" else 0.4
        rest = (1 - best) / (len(self.classes) - 1)
        probabilities = (best, *[rest] * (len(self.classes) - 1))
        heat = np.outer(*[np.hanning(6).astype(np.float32)] * 2)
        refused = state == "not_a_slice"
        return Answer(
            state=state,
            model=self.name,
            classes=self.classes,
            probabilities=() if refused else probabilities,
            decision=self.classes[0] if state == "answer" else None,
            reason="" if state == "answer" else f"The picture is {state}.",
            warnings=("A warning <b>about</b> it.",) if state == "uncertain" else (),
            image=prepared.image,
            heat=None if refused else heat,
            side=96,
        )


def draw_picture(level, side=64, file_format="PNG", mode="L"):
    """Return the bytes of a disc on black; its grey decides the fake's state."""
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    disc = np.where(rows**2 + columns**2 < 1.2, level, 0).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(disc).convert(mode).save(buffer, file_format)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pictures():
    """Bytes by what becomes of them."""
    return {
        "answer": draw_picture(60),
        "uncertain": draw_picture(150),
        "not_a_slice": draw_picture(240),
        "unreadable": draw_picture(60)[:-200],
    }


@pytest.fixture
def volume():
    """Return a NIfTI volume of six axial slices."""
    import nibabel

    values = np.zeros((32, 32, 6), np.int16)
    values[4:28, 4:28] = np.arange(10, 70, 10)
    return nibabel.Nifti1Image(values, np.eye(4)).to_bytes()


@pytest.fixture
def make_app():
    """Return a function that makes an application; its workers end with the test."""
    made = []

    def make(*, without=(), capacity=64, patience=10.0, **settings):
        predictors = [FakePredictor(name, classes) for name, _, classes in MODELS]
        workers = {
            one.name: Worker(one, capacity=capacity, patience=patience)
            for one in predictors
            if one.name not in without
        }
        made.extend(workers.values())
        models = [
            SimpleNamespace(name=name, title=title, folder=None, how_to="")
            for name, title, _ in MODELS
        ]
        missing = SimpleNamespace(
            name="vgg16_four_class",
            title="VGG16, which tumour",
            folder=None,
            how_to="braintumor train vgg16_four_class\nbraintumor models ship",
        )
        settings = {"samples": False, "rate": 0, **settings}
        chosen = Settings(**settings)
        app = create_app(
            workers, settings=chosen, models=[models[0], missing, *models[1:]]
        )
        app.extensions["desk"].samples.pictures = (
            Picture("glioma", "phantom_glioma.png", draw_picture(70, side=160)),
            Picture("A landscape", "landscape.png", draw_landscape()),
        )
        return app

    yield make
    for worker in made:
        worker.drain(timeout=5)


@pytest.fixture
def app(make_app):
    return make_app()


@pytest.fixture
def client(app):
    return app.test_client()


class Form:
    """Sends the page's form as a browser without a script does."""

    def __init__(self, client):
        self.client = client
        page = client.get("/").text
        self.token = re.search(r'name="token" value="([^"]+)"', page)[1]

    def send(self, *files, headers=None, **fields):
        """Send files, given as (name, content)."""
        data = {"token": self.token, **fields}
        data["file"] = [(io.BytesIO(content), name) for name, content in files]
        return self.client.post("/", data=data, headers=headers)


@pytest.fixture
def form(client):
    return Form(client)


@pytest.fixture
def make_form():
    return Form


@pytest.fixture
def serve():
    """Return a function that runs an application and gives its address."""
    running = []

    def start(app):
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join(5)
        server.server_close()
