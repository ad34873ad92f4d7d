"""The Dockerfile keeps its promises; no daemon is needed to see it."""

import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from braintumor import paths

ROOT = paths.project_root()
PINNED = re.compile(r"[a-z]+:\d+\.\d+\.\d+[\w.-]*")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def instructions(text):
    """Return the (instruction, argument) pairs of a Dockerfile."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(word.upper(), argument) for word, argument in pairs]


def faults(text):
    """Return what is wrong with a Dockerfile, one sentence each."""
    steps = instructions(text)
    starts = [place for place, (word, _) in enumerate(steps) if word == "FROM"]
    last = dict(steps[starts[-1] :])
    commands = [argument for word, argument in steps[starts[-1] :] if word == "RUN"]
    images = [steps[start][1].split()[0] for start in starts]
    address = re.sub(r"http://127\.0\.0\.1", "", text)
    checks = {
        "an image has no exact tag of the default registry": all(
            PINNED.fullmatch(image) for image in images
        ),
        "it answers as root": last.get("USER", "root").split(":")[0]
        not in ("root", "0"),
        "nothing checks its health": "healthz" in last.get("HEALTHCHECK", ""),
        "a shell stands between it and the signal": last.get("CMD", "").startswith("["),
        "ADD may fetch and unpack": not any(word == "ADD" for word, _ in steps),
        "an address stands in it": not re.search(r"(https?|ftp)://", address),
        "the training framework is installed": not any(
            re.search(r"(-r|--requirement) requirements\.txt|tensorflow", command)
            for command in commands
        ),
        "it is not asked to stop by SIGTERM": last.get("STOPSIGNAL") == "SIGTERM",
        "versions do not come from the lock": any(
            "--constraint requirements.txt" in command for command in commands
        ),
    }
    return [fault for fault, holds in checks.items() if not holds]


def test_dockerfile():
    assert faults(read("Dockerfile")) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("python:3.11.11-slim-bookworm\n", "python:latest\n", "exact tag"),
        ("FROM python", "FROM registry.example/python", "exact tag"),
        ("USER 10001\n", "", "as root"),
        ("USER 10001", "USER root", "as root"),
        ("HEALTHCHECK", "LABEL", "health"),
        ('CMD ["braintumor", "app",', 'CMD braintumor "app",', "signal"),
        ("COPY data/models", "ADD data/models", "ADD"),
        ("http://127.0.0.1", "http://192.0.2.1", "address"),
        ("--requirement requirements-app.in", "-r requirements.txt", "framework"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "SIGTERM"),
        ("--constraint requirements.txt", "", "lock"),
    ],
)
def test_a_planted_fault_is_seen(old, new, fault):
    text = read("Dockerfile")
    assert old in text
    assert any(fault in told for told in faults(text.replace(old, new)))


def test_nothing_enters_the_image_by_default():
    lines = [line for line in read(".dockerignore").splitlines() if line[:1] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source
        for word, argument in instructions(read("Dockerfile"))
        if word == "COPY" and "--from" not in argument
        for source in argument.split()[:-1]
    }
    assert copied == allowed


def required(names):
    """Return the distributions that some need, with what those need in turn."""
    found, waiting = set(), [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            needs = [Requirement(line) for line in metadata.requires(name) or []]
            waiting += [
                canonicalize_name(need.name)
                for need in needs
                if need.marker is None or need.marker.evaluate({"extra": ""})
            ]
    return found


# Imports the page where nothing but the named packages can be imported.
ALONE = """
import sys
allowed = set(sys.argv[1].split())
class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        known = top in allowed or top in sys.stdlib_module_names
        if not known and not top.startswith("_"):
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)
sys.meta_path.insert(0, Guard())
import nibabel, onnxruntime, pydicom
import braintumor.cli, braintumor.data.uploads, braintumor.demo.predict
import braintumor.demo.server, braintumor.demo.web
"""


def start_alone(names):
    distributions = required(names)
    tops = {
        top
        for top, owners in metadata.packages_distributions().items()
        if distributions & {canonicalize_name(owner) for owner in owners}
    }
    command = [sys.executable, "-c", ALONE, " ".join({*tops, "braintumor"})]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def named():
    lines = read("requirements-app.in").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def test_the_page_starts_with_what_is_in_the_image():
    done = start_alone(named())
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", ["waitress", "nibabel"])
def test_a_package_that_is_left_out_is_seen(name):
    done = start_alone([one for one in named() if one != name])
    assert f"{name} is not in the image" in done.stderr
