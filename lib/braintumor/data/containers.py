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
START_OF_SCAN = 0xDA
BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})  # no length follows


def require_few_parts(content: bytes, name: str) -> None:
    """Refuse a picture that is made of far too many parts.

    Damage is left to the decoder, which says more about it.

    Args:
        content: of a PNG or JPEG.
        name: for the message.

    Raises:
        UnreadableSliceError: no honest encoder writes such a file.
    """
    fits = _has_few_segments if content.startswith(b"\xff\xd8") else _has_few_chunks
    if not fits(content):
        raise UnreadableSliceError(
            name,
            "consists of far too many parts",
            "Save the picture again with another program.",
        )


def _has_few_chunks(content: bytes) -> bool:
    profiles, position = 0, PNG_HEAD
    for _ in range(MAXIMUM_CHUNKS):
        head = content[position : position + 8]
        if len(head) < 8 or head[4:] == b"IEND":
            return True
        profiles += head[4:] == b"iCCP"  # each may unzip to a megabyte; one is allowed
        if profiles > 1:
            return False
        position += int.from_bytes(head[:4], "big") + CHUNK_FRAME
    return False


def _has_few_segments(content: bytes) -> bool:
    position = 2
    for _ in range(MAXIMUM_SEGMENTS):
        head = content[position : position + 4]
        if len(head) < 4:
            return True
        if head[0] != 0xFF or head[1] in (0x00, 0xFF):
            position += 1  # as Pillow skips it: byte by byte
        elif head[1] in BARE_MARKERS:
            position += 2
        elif head[1] == START_OF_SCAN:
            scans = content.count(b"\xff\xda", position)
            return scans <= MAXIMUM_SCANS
        else:
            position += 2 + int.from_bytes(head[2:], "big")
    return False
