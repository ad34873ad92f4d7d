"""Bad and odd uploads, generated: what a stranger may send, by mistake or on purpose.

`refused()` must be refused, `odd()` may be decoded or refused, `inputs()` is both.
Nothing here is a picture of anyone. Some have megabytes, so they come one by one.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import hostile_pictures
import hostile_scans
from hostile_pictures import GIF, GREY, HEAD, JPEG, PNG, TAIL, chunk, encode, segment
from PIL import Image

NAMES = (
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\slice.png",
    "a\x00b.png",
    "line\r\nSet-Cookie: a=b.png",
    "<img src=x onerror=alert(1)>.png",
    "{{7*7}}.png",
    "'; DROP TABLE slices;--.png",
    "$(touch pwned).png",
    "-rf.png",
    "日本.png",
    "\u202egnp.exe",
    "x" * 5_000 + ".png",
    " ",
    "slice.mat",
    "slice.png.exe",
    "CON",
    "%2e%2e%2fslice.png",
    "\ud800.png",
)


class Hostile(NamedTuple):
    """An upload: what it is called, its bytes, and what is wrong with it."""

    name: str
    content: bytes
    why: str


def inputs() -> Iterator[tuple[str, bytes, str]]:
    """Yield every input: name, bytes, and what is wrong with it."""
    yield from refused()
    yield from odd()


def refused() -> Iterator[tuple[str, bytes, str]]:
    """Yield what must be refused."""
    yield from _documents()
    yield from (Hostile(*one) for one in hostile_pictures.refused())
    yield from (Hostile(*one) for one in hostile_scans.refused())


def odd() -> Iterator[tuple[str, bytes, str]]:
    """Yield what is unusual; decoding it is right, and so is a refusal."""
    yield from (Hostile(*one) for one in hostile_pictures.odd())
    yield from _polyglots()
    yield from (Hostile(*one) for one in hostile_scans.odd())
    yield from (Hostile(name, PNG, "hostile name") for name in NAMES)
    for name in NAMES[:8]:
        yield Hostile(name, b"no picture", "hostile name of a bad file")


def _documents() -> Iterator[Hostile]:
    yield Hostile("empty.png", b"", "no bytes")
    yield Hostile("byte.png", b"\x89", "one byte")
    yield Hostile("zeros.jpg", bytes(100_000), "zero bytes")
    yield Hostile("notes.png", b"no picture\n" * 500, "text")
    page = b"<!doctype html><script>alert(1)</script>" * 40
    yield Hostile("page.png", page, "HTML with a script")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield Hostile("drawing.svg", svg, "SVG with a script")
    yield Hostile("paper.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(500), "PDF")
    yield Hostile("archive.png", _zip(), "zip")
    yield Hostile("script.png", b"#!/bin/sh\nrm -rf /\n", "script")
    yield Hostile("program.png", b"\x7fELF\x02\x01\x01" + bytes(400), "program")
    yield Hostile("pickle.png", b"\x80\x04cos\nsystem\n(S'id'\ntR.", "pickle")
    for other in ("GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "EPS"):
        content = encode(Image.fromarray(GREY), other)
        yield Hostile(f"other.{other.lower()}", content, f"{other}, not in the list")


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../slice.png", bytes(1_000_000))
    return buffer.getvalue()


def _polyglots() -> Iterator[Hostile]:
    yield Hostile("trailing.png", PNG + _zip(), "PNG with a zip behind it")
    yield Hostile("trailing.jpg", JPEG + _zip(), "JPEG with a zip behind it")
    yield Hostile("gif.jpg", GIF + JPEG, "GIF with a JPEG behind it")
    script = segment(0xFE, b"*/=1;alert(1)/*")
    yield Hostile("script.jpg", JPEG[:2] + script + JPEG[2:], "JPEG and script")
    page = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")
    yield Hostile("page.html", HEAD + page + TAIL, "PNG with a page inside")
    preamble = JPEG[:2] + segment(0xFE, bytes(122)) + b"DICM"
    yield Hostile("dicom.jpg", preamble + JPEG[2:], "JPEG and DICOM at once")


def write(folder: Path) -> list[dict]:
    """Write every input into a numbered file, and `index.json` that lists them.

    Returns:
        For each: file, name, why, and whether it must be refused.
    """
    index = []
    for must, source in ((True, refused()), (False, odd())):
        for name, content, why in source:
            file = f"{len(index):04d}"
            (folder / file).write_bytes(content)
            index.append({"file": file, "name": name, "why": why, "refused": must})
    (folder / "index.json").write_text(json.dumps(index), encoding="ascii")
    return index
