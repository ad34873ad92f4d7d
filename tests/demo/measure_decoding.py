"""Decodes each hostile upload in a process of its own and prints what that took.

Usage: python measure_decoding.py FOLDER [MODULE:FUNCTION]
"""

import importlib
import json
import os
import resource
import sys
from pathlib import Path

from braintumor.data.decoding import UnreadableSliceError


def measure(file: Path, name: str, decode) -> dict:
    """Decode a file in a fork of this process.

    Returns:
        outcome: "decoded", "refused", or what went wrong; megabytes: growth of the
        largest memory, the file's own bytes included; seconds: of the processor;
        message: what the sender reads.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        report = json.dumps(_decode(file, name, decode)).encode()
        os.write(writer, report[:60_000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        report = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return json.loads(report) if report else {"outcome": f"died ({status})"}


def _decode(file: Path, name: str, decode) -> dict:
    before = resource.getrusage(resource.RUSAGE_SELF)
    outcome, message = "decoded", ""
    try:
        decode(file.read_bytes(), name)
    except UnreadableSliceError as error:
        outcome, message = "refused", str(error)
    except BaseException as error:
        outcome = f"raised {type(error).__name__}"
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "outcome": outcome,
        "message": message,
        "megabytes": (after.ru_maxrss - before.ru_maxrss) / 1024,
        "seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


def main(folder: str, decoder: str = "braintumor.data.uploads:decode_upload") -> None:
    """Measure every input that `hostile.write` left in a folder."""
    module, function = decoder.split(":")
    decode = getattr(importlib.import_module(module), function)
    for lazily in ("dicom", "nifti"):  # imported once, not in every fork
        importlib.import_module(f"braintumor.data.{lazily}")
    index = json.loads(Path(folder, "index.json").read_text(encoding="ascii"))
    for one in index:
        print(json.dumps(one | measure(Path(folder, one["file"]), one["name"], decode)))


if __name__ == "__main__":
    main(*sys.argv[1:])
