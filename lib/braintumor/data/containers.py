"""Walks over the parts of a PNG or JPEG before a decoder does, and counts them.

Decoders look at every part, some at all former ones again: eight megabytes of small
EXIF segments kept Pillow busy for 23 seconds, half a megabyte of empty scans libjpeg
for minutes. Real files have tens of parts.
"""

from braintumor.data.decoding import UnreadableSliceError

MAXIMUM_CHUNKS = 10_000  # a 25-megapixel PNG in chunks of 8 kB needs this many
MAXIMUM_SEGMENTS = 300  # a colour profile alone may fill 255
MAXIMUM_SCANS = 40  # progressive files have about ten
PNG_HEAD = 8
CHUNK_FRAME = 12  # length, kind and checksum
# Unless one scan brings everything, libjpeg keeps every coefficient of the picture.
MAXIMUM_SCANNED_PIXELS = 12_500_000
START_OF_SCAN = 0xDA
# These tell the size; the three left out are tables. Four kinds are progressive.
FRAME_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
PROGRESSIVE_MARKERS = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})  # no length follows
TOO_MANY = "consists of far too many parts"


def require_few_parts(content: bytes, name: str) -> None:
    """Refuse a picture that is made of far too many parts.

    Damage is left to the decoder, which says more about it.

    Args:
        content: of a PNG or JPEG.
        name: for the message.

    Raises:
        UnreadableSliceError: no honest encoder writes such a file, or a progressive
            JPEG is very large.
    """
    find = _find_segments if content.startswith(b"\xff\xd8") else _find_chunks
    if problem := find(content):
        raise UnreadableSliceError(
            name, problem, "Save it again with another program, as a smaller PNG."
        )


def _find_chunks(content: bytes) -> str:
    """Return what is wrong with the chunks of a PNG, or nothing."""
    profiles, position = 0, PNG_HEAD
    for _ in range(MAXIMUM_CHUNKS):
        head = content[position : position + 8]
        if len(head) < 8 or head[4:] == b"IEND":
            return ""
        profiles += head[4:] == b"iCCP"  # each may unzip to a megabyte; one is allowed
        if profiles > 1:
            return TOO_MANY
        position += int.from_bytes(head[:4], "big") + CHUNK_FRAME
    return TOO_MANY


def _find_segments(content: bytes) -> str:
    """Return what is wrong with the segments of a JPEG, or nothing."""
    frame, position = b"", 2
    for _ in range(MAXIMUM_SEGMENTS):
        head = content[position : position + 10]
        if len(head) < 4:
            return ""
        if head[0] != 0xFF or head[1] in (0x00, 0xFF):
            position += 1  # as Pillow skips it: byte by byte
        elif head[1] in BARE_MARKERS:
            position += 2
        elif head[1] == START_OF_SCAN:
            return _judge_scans(frame, head, content.count(b"\xff\xda", position))
        else:
            frame = head if head[1] in FRAME_MARKERS else frame
            position += 2 + int.from_bytes(head[2:4], "big")
    return TOO_MANY


def _judge_scans(frame: bytes, first: bytes, scans: int) -> str:
    """Say what is wrong, from the starts of the frame and of its first scan."""
    if scans > MAXIMUM_SCANS:
        return TOO_MANY
    if len(frame) < 10:
        return ""
    pixels = int.from_bytes(frame[5:7], "big") * int.from_bytes(frame[7:9], "big")
    whole = scans == 1 and first[4:5] == frame[9:]
    if whole and frame[1] not in PROGRESSIVE_MARKERS:
        return ""
    if pixels > MAXIMUM_SCANNED_PIXELS:
        return f"{pixels:,} pixels are too many for a progressive JPEG"
    return ""
