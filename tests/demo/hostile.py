"""Bad and odd uploads, generated: what a stranger may send, by mistake or on purpose.

`refused()` must be refused, `odd()` may be decoded or refused, `inputs()` is both.
Nothing here is a picture of anyone. Some have megabytes, so they come one by one.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import hostile_scans
import numpy as np
from PIL import Image

GREY = np.random.default_rng(0).integers(0, 90, (96, 64), dtype=np.uint8)
PNG_START = b"\x89PNG\r\n\x1a\n"
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


def encode(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes, *, check: int | None = None) -> bytes:
    """Return a PNG chunk, with its checksum unless another is given."""
    check = zlib.crc32(kind + body) if check is None else check
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def announce(width: int, height: int, *, bits: int = 8, colours: int = 0) -> bytes:
    """Return a tiny PNG that promises `width` x `height` pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1_000)))
    return PNG_START + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def segment(marker: int, body: bytes) -> bytes:
    """Return a JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


PNG = encode(Image.fromarray(GREY))
JPEG = encode(Image.fromarray(GREY), "JPEG")
GIF = encode(Image.fromarray(GREY), "GIF")
HEAD, TAIL = PNG[:33], PNG[33:]  # chunks fit in between


def inputs() -> Iterator[tuple[str, bytes, str]]:
    """Yield every input: name, bytes, and what is wrong with it."""
    yield from refused()
    yield from odd()


def refused() -> Iterator[tuple[str, bytes, str]]:
    """Yield what must be refused."""
    yield from _documents()
    yield from _damaged()
    yield from _bombs()
    yield from _exhausting()
    yield from (Hostile(*one) for one in hostile_scans.refused())


def odd() -> Iterator[tuple[str, bytes, str]]:
    """Yield what is unusual; decoding it is right, and so is a refusal."""
    yield from _unusual()
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


def _damaged() -> Iterator[Hostile]:
    for kind, content in (("png", PNG), ("jpg", JPEG)):
        for share in (0.02, 0.1, 0.5, 0.9):
            cut = content[: int(share * len(content))]
            yield Hostile(f"cut_{share}.{kind}", cut, "truncated")
    yield Hostile("start.png", PNG_START, "signature alone")
    yield Hostile("start.jpg", b"\xff\xd8\xff\xe0", "signature alone")
    broken = HEAD[:-4] + b"\0\0\0\0" + TAIL
    yield Hostile("header_check.png", broken, "wrong checksum of the header")
    yield Hostile("no_pixels.png", HEAD + chunk(b"IEND", b""), "no pixels")
    endless = PNG_START + struct.pack(">I", 0x7FFFFFFF) + b"IHDR" + PNG[16:]
    yield Hostile("endless_chunk.png", endless, "chunk of two gigabytes")
    yield Hostile("nothing_wide.png", announce(0, 10), "no columns")
    yield Hostile("strange_bits.png", announce(8, 8, bits=3), "three bits")
    wrong = HEAD + chunk(b"IDAT", b"not deflated at all") + chunk(b"IEND", b"")
    yield Hostile("not_deflated.png", wrong, "pixels that do not inflate")


def _bombs() -> Iterator[Hostile]:
    zeros = Image.new("1", (13_300, 13_300))
    yield Hostile("bomb.png", encode(zeros), "13,300 x 13,300 pixels in a few kB")
    for width, height in ((2**31 - 1, 2**31 - 1), (60_000, 60_000), (8_193, 1)):
        name = f"announces_{width}_{height}.png"
        yield Hostile(name, announce(width, height), "announces a huge size")
    huge = bytearray(JPEG)
    place = huge.index(b"\xff\xc0") + 5
    huge[place : place + 4] = b"\xff\xdc\xff\xdc"
    yield Hostile("announces.jpg", bytes(huge), "announces 65,500 x 65,500")
    inflated = zlib.compress(bytes(200_000_000), 1)
    profile = chunk(b"iCCP", b"icc\0\0" + inflated)
    yield Hostile("profile.png", HEAD + profile + TAIL, "200 MB colour profile")
    text = chunk(b"zTXt", b"Comment\0\0" + inflated)
    yield Hostile("text.png", HEAD + text + TAIL, "200 MB text")
    text = chunk(b"iTXt", b"Comment\0\1\0\0\0" + inflated)
    yield Hostile("unicode.png", HEAD + text + TAIL, "200 MB text")
    part = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000), 9))
    yield Hostile("texts.png", HEAD + 90 * part + TAIL, "90 texts of 1 MB each")


def _exhausting() -> Iterator[Hostile]:
    many = {
        "profiles.png": (b"iCCP", b"i\0\0" + zlib.compress(bytes(1_000_000), 9), 2_000),
        "comments.png": (b"tEXt", b"a\0", 700_000),
        "private.png": (b"prVt", b"", 800_000),
    }
    for name, (kind, body, count) in many.items():
        content = HEAD + count * chunk(kind, body) + TAIL
        yield Hostile(name, content, f"{count:,} chunks {kind.decode()}")
    for name, part, count in (
        ("comments.jpg", segment(0xFE, b""), 2_000_000),
        ("notes.jpg", segment(0xE5, b""), 2_000_000),
        ("exif.jpg", segment(0xE1, b"Exif\0\0" + bytes(1_000)), 8_000),
        ("filled.jpg", b"\xff", 8_000_000),
        ("junk.jpg", b"\0", 8_000_000),
    ):
        yield Hostile(name, JPEG[:20] + count * part + JPEG[20:], f"{count:,} parts")
    black = Image.new("RGB", (3_500, 3_500))
    content = encode(black, "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    yield Hostile("scans.jpg", content[:-2] + 20_000 * last + content[-2:], "scans")
    black = Image.new("CMYK", (5_000, 5_000))
    content = encode(black, "JPEG", progressive=True)
    yield Hostile("progressive.jpg", content, "400 MB of coefficients")


def _unusual() -> Iterator[Hostile]:
    grey = Image.fromarray(GREY)
    colour = grey.convert("RGB")
    wide = Image.fromarray(GREY.astype(np.uint16) * 16)
    yield Hostile("sixteen.png", encode(wide), "16 bits")
    yield Hostile("alpha.png", encode(grey.convert("RGBA")), "alpha")
    yield Hostile("clear.png", encode(Image.new("RGBA", (64, 64))), "all transparent")
    yield Hostile("palette.png", encode(colour.convert("P")), "palette")
    yield Hostile("bits.png", encode(grey.convert("1")), "one bit")
    yield Hostile("cmyk.jpg", encode(colour.convert("CMYK"), "JPEG"), "CMYK")
    yield Hostile("progressive_small.jpg", encode(grey, "JPEG", progressive=True), "")
    for orientation in range(10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = encode(grey, "JPEG", exif=exif)
        yield Hostile(f"turned_{orientation}.jpg", content, "EXIF orientation")
    bad = chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff" + bytes(20))
    yield Hostile("exif.png", HEAD + bad + TAIL, "EXIF that points nowhere")
    yield Hostile("one.png", encode(Image.new("L", (1, 1))), "1 x 1")
    yield Hostile("tall.png", encode(Image.new("L", (1, 8_000), 9)), "1 x 8,000")
    yield Hostile("flat.png", encode(Image.new("L", (8_000, 1), 9)), "8,000 x 1")
    large = Image.linear_gradient("L").resize((5_000, 5_000))
    yield Hostile("large.jpg", encode(large, "JPEG"), "25 megapixels of grey")
    large = Image.merge("RGBA", (large, large.rotate(90), large, large))
    yield Hostile("large.png", encode(large, compress_level=1), "25 megapixels, alpha")
    yield Hostile("interlaced.png", _interlaced(), "interlaced")
    frames = [Image.new("L", (64, 64), level) for level in (10, 20, 30)]
    moving = encode(frames[0], save_all=True, append_images=frames[1:])
    yield Hostile("moving.png", moving, "animated")
    count = moving.index(b"acTL")
    for frame_count in (0, 2**31 - 1):
        body = struct.pack(">II", frame_count, 0)
        lying = moving[: count - 4] + chunk(b"acTL", body) + moving[count + 16 :]
        yield Hostile(f"lying_{frame_count}.png", lying, "lies about its frames")
    late = chunk(b"tEXt", b"Comment\0late", check=1)
    yield Hostile("check.png", PNG[:-12] + late + PNG[-12:], "wrong checksum, late")


def _interlaced() -> bytes:
    """Return a picture of 1 x 1, which is the same interlaced."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return PNG_START + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


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
