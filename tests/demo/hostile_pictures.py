"""The hostile part that claims to be a picture: damage, bombs, and what is unusual."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

GREY = np.random.default_rng(0).integers(0, 90, (96, 64), dtype=np.uint8)
PNG_START = b"\x89PNG\r\n\x1a\n"


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


def refused() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, bytes and what is wrong, of pictures that must be refused."""
    yield from _damaged()
    yield from _bombs()
    yield from _exhausting()


def _damaged() -> Iterator[tuple[str, bytes, str]]:
    for kind, content in (("png", PNG), ("jpg", JPEG)):
        for share in (0.02, 0.1, 0.5, 0.9):
            cut = content[: int(share * len(content))]
            yield f"cut_{share}.{kind}", cut, "truncated"
    yield "start.png", PNG_START, "signature alone"
    yield "start.jpg", b"\xff\xd8\xff\xe0", "signature alone"
    broken = HEAD[:-4] + b"\0\0\0\0" + TAIL
    yield "header_check.png", broken, "wrong checksum of the header"
    yield "no_pixels.png", HEAD + chunk(b"IEND", b""), "no pixels"
    endless = PNG_START + struct.pack(">I", 0x7FFFFFFF) + b"IHDR" + PNG[16:]
    yield "endless_chunk.png", endless, "chunk of two gigabytes"
    yield "nothing_wide.png", announce(0, 10), "no columns"
    yield "strange_bits.png", announce(8, 8, bits=3), "three bits"
    wrong = HEAD + chunk(b"IDAT", b"not deflated at all") + chunk(b"IEND", b"")
    yield "not_deflated.png", wrong, "pixels that do not inflate"


def _bombs() -> Iterator[tuple[str, bytes, str]]:
    zeros = Image.new("1", (13_300, 13_300))
    yield "bomb.png", encode(zeros), "13,300 x 13,300 pixels in a few kB"
    for width, height in ((2**31 - 1, 2**31 - 1), (60_000, 60_000), (8_193, 1)):
        name = f"announces_{width}_{height}.png"
        yield name, announce(width, height), "announces a huge size"
    huge = bytearray(JPEG)
    place = huge.index(b"\xff\xc0") + 5
    huge[place : place + 4] = b"\xff\xdc\xff\xdc"
    yield "announces.jpg", bytes(huge), "announces 65,500 x 65,500"
    inflated = zlib.compress(bytes(200_000_000), 1)
    profile = chunk(b"iCCP", b"icc\0\0" + inflated)
    yield "profile.png", HEAD + profile + TAIL, "200 MB colour profile"
    text = chunk(b"zTXt", b"Comment\0\0" + inflated)
    yield "text.png", HEAD + text + TAIL, "200 MB text"
    text = chunk(b"iTXt", b"Comment\0\1\0\0\0" + inflated)
    yield "unicode.png", HEAD + text + TAIL, "200 MB text"
    part = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000), 9))
    yield "texts.png", HEAD + 90 * part + TAIL, "90 texts of 1 MB each"


def _exhausting() -> Iterator[tuple[str, bytes, str]]:
    many = {
        "profiles.png": (b"iCCP", b"i\0\0" + zlib.compress(bytes(1_000_000), 9), 2_000),
        "comments.png": (b"tEXt", b"a\0", 700_000),
        "private.png": (b"prVt", b"", 800_000),
    }
    for name, (kind, body, count) in many.items():
        content = HEAD + count * chunk(kind, body) + TAIL
        yield name, content, f"{count:,} chunks {kind.decode()}"
    for name, part, count in (
        ("comments.jpg", segment(0xFE, b""), 2_000_000),
        ("notes.jpg", segment(0xE5, b""), 2_000_000),
        ("exif.jpg", segment(0xE1, b"Exif\0\0" + bytes(1_000)), 8_000),
        ("filled.jpg", b"\xff", 8_000_000),
        ("junk.jpg", b"\0", 8_000_000),
    ):
        yield name, JPEG[:20] + count * part + JPEG[20:], f"{count:,} parts"
    black = Image.new("RGB", (3_500, 3_500))
    content = encode(black, "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    yield "scans.jpg", content[:-2] + 20_000 * last + content[-2:], "scans"
    black = Image.new("CMYK", (5_000, 5_000))
    content = encode(black, "JPEG", progressive=True)
    yield "progressive.jpg", content, "400 MB of coefficients"


def odd() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, bytes and what is unusual."""
    grey = Image.fromarray(GREY)
    colour = grey.convert("RGB")
    wide = Image.fromarray(GREY.astype(np.uint16) * 16)
    yield "sixteen.png", encode(wide), "16 bits"
    yield "alpha.png", encode(grey.convert("RGBA")), "alpha"
    yield "clear.png", encode(Image.new("RGBA", (64, 64))), "all transparent"
    yield "palette.png", encode(colour.convert("P")), "palette"
    yield "bits.png", encode(grey.convert("1")), "one bit"
    yield "cmyk.jpg", encode(colour.convert("CMYK"), "JPEG"), "CMYK"
    yield "progressive_small.jpg", encode(grey, "JPEG", progressive=True), ""
    for orientation in range(10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = encode(grey, "JPEG", exif=exif)
        yield f"turned_{orientation}.jpg", content, "EXIF orientation"
    bad = chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff" + bytes(20))
    yield "exif.png", HEAD + bad + TAIL, "EXIF that points nowhere"
    yield "one.png", encode(Image.new("L", (1, 1))), "1 x 1"
    yield "tall.png", encode(Image.new("L", (1, 8_000), 9)), "1 x 8,000"
    yield "flat.png", encode(Image.new("L", (8_000, 1), 9)), "8,000 x 1"
    large = Image.linear_gradient("L").resize((5_000, 5_000))
    yield "large.jpg", encode(large, "JPEG"), "25 megapixels of grey"
    large = Image.merge("RGBA", (large, large.rotate(90), large, large))
    yield "large.png", encode(large, compress_level=1), "25 megapixels, alpha"
    yield "interlaced.png", _interlaced(), "interlaced"
    frames = [Image.new("L", (64, 64), level) for level in (10, 20, 30)]
    moving = encode(frames[0], save_all=True, append_images=frames[1:])
    yield "moving.png", moving, "animated"
    count = moving.index(b"acTL")
    for frame_count in (0, 2**31 - 1):
        body = struct.pack(">II", frame_count, 0)
        lying = moving[: count - 4] + chunk(b"acTL", body) + moving[count + 16 :]
        yield f"lying_{frame_count}.png", lying, "lies about its frames"
    late = chunk(b"tEXt", b"Comment\0late", check=1)
    yield "check.png", PNG[:-12] + late + PNG[-12:], "wrong checksum, late"


def _interlaced() -> bytes:
    """Return a picture of 1 x 1, which is the same interlaced."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return PNG_START + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")
