"""The files of an enemy, which the tests generate, as requests."""

import importlib
import sys

from braintumor import paths
from braintumor.demo.soak.conversation import build_request

BOUNDARY = b"a-line-that-is-in-no-file"


def hostile_requests() -> list[bytes]:
    """Return every upload of tests/demo/hostile.py as a form with a hostile name.

    Raises:
        FileNotFoundError: this is no clone; the corpus lies with the tests.
    """
    folder = paths.project_root() / "tests" / "demo"
    if not (folder / "hostile.py").is_file():
        raise FileNotFoundError(f"{folder / 'hostile.py'} is missing: use a clone.")
    sys.path.insert(0, str(folder))
    try:
        corpus = importlib.import_module("hostile")
    finally:
        sys.path.remove(str(folder))
    return [build_form(content, name) for name, content, _ in corpus.inputs()]


def build_form(content: bytes, name: str) -> bytes:
    """Return the bytes of a request that uploads a file as a form's part.

    Args:
        content: of the file.
        name: sent as it is, except for what would end it.
    """
    quoted = name.replace('"', "%22").encode("utf-8", "surrogatepass")
    head = b'Content-Disposition: form-data; name="file"; filename="' + quoted + b'"'
    body = b"--%s\r\n%s\r\n\r\n%s\r\n--%s--\r\n" % (BOUNDARY, head, content, BOUNDARY)
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    return build_request("POST", "/api/v1/predict", body, kind)
