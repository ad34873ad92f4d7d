"""Answering writes no file, calls nobody, and gives memory back."""

import os
import subprocess
import sys

import pytest

LIGHT = """
from braintumor.modeling.light import LightModel
try:
    LightModel(b"no graph", None)
except Exception as error:
    print(type(error).__name__)
"""
# Pictures are decoded and dropped, and a little of each request outlives it.
PICTURES = """
import sys
from pathlib import Path
from braintumor.demo import memory
if sys.argv[1] == "returned":
    assert memory.return_what_is_free()
def size():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
bytearray(30_000_000)  # teaches glibc to keep blocks of that size
before = size()
pictures, kept = [], []
for _ in range(10):
    pictures.append(b"1" * 16_000_000)
    kept.append(b"1" * 200_000)
pictures.clear()
print(size() - before)
"""


def run(code, *arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    kept.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=kept | environment,
    )
    return done.stdout.strip()


def files_written(folder, code):
    run(code, HOME=str(folder), TMPDIR=str(folder), XDG_CACHE_HOME=str(folder))
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_the_runtime_writes_no_file_and_calls_nobody(tmp_path):
    assert files_written(tmp_path, LIGHT) == []


@pytest.mark.skipif(sys.platform != "linux", reason="no telemetry file elsewhere")
def test_the_file_of_its_telemetry_would_be_seen(tmp_path):
    assert files_written(tmp_path, "import onnxruntime") != []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_pictures_is_given_back():
    assert int(run(PICTURES, "returned")) < 20_000  # kB
    assert int(run(PICTURES, "kept")) > 100_000  # what glibc does by itself
