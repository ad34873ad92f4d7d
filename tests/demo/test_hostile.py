"""Whatever is uploaded: a picture or a sentence, little memory, nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import hostile
import hostile_scans
import pytest

MEASURE = Path(__file__).parent / "measure_decoding.py"
MAXIMUM_MEGABYTES = 300
PLANTED = """
import tempfile
import numpy as np
from braintumor.data.uploads import decode_upload

def careless(content, name):
    if content.startswith(b"GIF"):
        raise KeyError("not expected")
    if name == "greedy":
        return np.ones(400_000_000, np.uint8)
    if name == "untidy":
        tempfile.mkstemp()
    if name == "fatal":
        import os
        os.abort()
    return decode_upload(content, name)
"""


def measure(folder: Path, scratch: Path, *decoder: str) -> tuple[list[dict], str]:
    """Return a report of each input, and all that was said meanwhile."""
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, MEASURE, folder, *decoder],
        capture_output=True,
        text=True,
        check=True,
        cwd=scratch,
        env=os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(folder.parent)},
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def find_faults(reports: list[dict]) -> list[str]:
    """Name every input that was not handled as it must be."""
    return [
        f"{one['name']} ({one['why']}): {one['outcome']}, "
        f"{one.get('megabytes', 0):.0f} MB"
        for one in reports
        if one["outcome"] != "refused"
        and (one["refused"] or one["outcome"] != "decoded")
        or one["megabytes"] > MAXIMUM_MEGABYTES
    ]


@pytest.fixture(scope="module")
def measured(hostile_folder, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("empty") / "scratch"
    reports, said = measure(hostile_folder, scratch)
    for one in sorted(reports, key=lambda one: -one["megabytes"])[:5]:
        print(f"{one['name']:.40}: {one['megabytes']:.0f} MB")
    for one in sorted(reports, key=lambda one: -one["seconds"])[:5]:
        print(f"{one['name']:.40}: {one['seconds']:.2f} s of processor time")
    return reports, said, list(scratch.iterdir())


def test_every_upload_is_decoded_or_refused_in_little_memory(measured):
    reports, _, _ = measured
    assert len(reports) > 150
    assert find_faults(reports) == []


def test_nothing_is_left_behind(measured):
    assert measured[2] == []


def test_messages_are_one_short_line_and_no_log_names_a_patient(measured):
    reports, said, _ = measured
    for one in reports:
        assert len(one["message"]) < 400 and one["message"].isprintable(), one["name"]
        if hostile_scans.PATIENT not in one["name"]:
            assert hostile_scans.PATIENT not in one["message"]
    assert hostile_scans.PATIENT not in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("greedy", hostile.PNG, "decoded, 3"),
        ("fatal", hostile.PNG, "died (-6)"),
        ("any.gif", hostile.GIF, "raised KeyError"),
        ("untidy", hostile.PNG, None),
        ("good.png", hostile.PNG, "decoded"),
    ],
)
def test_a_planted_fault_is_caught(tmp_path, name, content, fault):
    folder = tmp_path / "inputs"
    folder.mkdir()
    (tmp_path / "planted.py").write_text(PLANTED)
    (folder / "0000").write_bytes(content)
    must = name == "good.png"  # a decoder that takes what it should refuse
    one = {"file": "0000", "name": name, "why": "planted", "refused": must}
    (folder / "index.json").write_text(json.dumps([one]))
    scratch = tmp_path / "scratch"
    reports, _ = measure(folder, scratch, "planted:careless")
    if fault is None:
        assert len(list(scratch.iterdir())) == 1
    else:
        (found,) = find_faults(reports)
        assert fault in found
