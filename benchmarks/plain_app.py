"""An upload page as tutorials build it: Flask's own server and `model.predict`.

It answers the requests that our page answers, so that both can be put under the same
load: no queue, no gate, no limit, one call of Keras per slice.
"""

import io
import logging
import socket

import numpy as np
from flask import Flask, jsonify, request
from PIL import Image

from braintumor import paths
from braintumor.modeling import artifact

MODEL = "densenet121_four_class"


def make_app() -> Flask:
    """Load the shipped model, and return the page."""
    loaded = artifact.load_artifact(paths.models_root() / MODEL)
    loaded.model.predict(np.zeros((1, loaded.side, loaded.side, 3)), verbose=0)
    app = Flask(__name__)

    @app.post("/api/v1/predict")
    def predict():
        image = Image.open(io.BytesIO(request.get_data())).convert("RGB")
        pixels = np.asarray(image.resize((loaded.side, loaded.side)))
        answer = loaded.model.predict(pixels[None], verbose=0)[0]
        return jsonify(dict(zip(loaded.classes, answer.tolist(), strict=True)))

    return app


def main() -> None:
    """Serve on a free port, and say which."""
    app = make_app()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print(f"Ready on http://127.0.0.1:{port}/", flush=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # nobody reads a line each
    app.run(port=port)


if __name__ == "__main__":
    main()
