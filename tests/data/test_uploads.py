"""Uploads are decoded by their content; what is unusual is told."""

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from braintumor.data import containers, uploads
from braintumor.data.decoding import decode_bytes
from braintumor.data.images import UnreadableSliceError, decode_slice
from braintumor.data.uploads import clean_name, decode_upload

GREY = np.random.default_rng(1).integers(0, 256, (40, 48), dtype=np.uint8)


def encode(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


PNG = encode(Image.fromarray(GREY))
JPEG = encode(Image.fromarray(GREY), "JPEG")


@pytest.mark.parametrize(("content", "kind"), [(PNG, "PNG"), (JPEG, "JPEG")])
def test_an_upload_has_the_pixels_of_the_one_decoder(content, kind):
    upload = decode_upload(content, "a slice.dcm")
    np.testing.assert_array_equal(upload.pixels, decode_slice(content))
    assert upload[1:] == (kind, 0.0, 1, 0, ())


@pytest.mark.parametrize("name", ["a.mat", "a.dcm", "a.nii.gz", "a.txt", ""])
def test_the_name_decides_nothing(name):
    np.testing.assert_array_equal(decode_upload(PNG, name).pixels, GREY)
    with pytest.raises(UnreadableSliceError, match="is text"):
        decode_upload(b"no picture at all", name)


@pytest.mark.parametrize(
    ("colour", "saturation"),
    [((255, 0, 0), 1.0), ((90, 90, 90), 0.0), ((100, 151, 100), 0.2)],
)
def test_saturation_tells_how_colourful_a_picture_is(colour, saturation):
    image = Image.new("RGB", (1_200, 1_000), colour)  # more than one strip
    assert decode_upload(encode(image)).saturation == pytest.approx(saturation)
    assert decode_bytes(encode(image), "a.png").saturation == pytest.approx(saturation)


def test_what_is_transparent_has_no_colour():
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert decode_upload(encode(image)).saturation == 0


def test_strips_show_no_seam():
    values = np.random.default_rng(2).integers(0, 256, (1_100, 1_100, 4), np.uint8)
    image = Image.fromarray(values)
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    whole = Image.alpha_composite(black, image).convert("RGB").convert("L")
    np.testing.assert_array_equal(decode_upload(encode(image)).pixels, whole)


def test_of_several_pictures_the_first_is_shown_and_told():
    frames = [Image.new("L", (16, 16), level) for level in (10, 20, 30)]
    upload = decode_upload(encode(frames[0], save_all=True, append_images=frames[1:]))
    assert upload.frames == 3 and upload.pixels.max() == 10
    assert upload.warnings == ("The file holds 3 pictures; this is the first.",)


def test_a_picture_has_position_0_alone():
    assert decode_upload(PNG, position=0).position == 0
    with pytest.raises(UnreadableSliceError, match="none at position 1"):
        decode_upload(PNG, position=1)


def test_what_is_too_long_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(uploads, "MAXIMUM_UPLOAD_BYTES", len(PNG) - 1)
    with pytest.raises(UnreadableSliceError, match="bytes are too many"):
        decode_upload(PNG)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("slice 1.png", "slice 1.png"),
        ("日本.png", "日本.png"),
        ("a\r\nb\x00.png", "a??b?.png"),
        ("\u202egnp.exe", "?gnp.exe"),
        ("  ", "the upload"),
        ("x" * 500, "x" * 80 + "…"),
    ],
)
def test_names_are_cleaned_for_messages(name, shown):
    assert clean_name(name) == shown
    with pytest.raises(UnreadableSliceError) as caught:
        decode_upload(b"", name)
    assert caught.value.name == shown


@pytest.mark.parametrize("kind", ["dicom", "nifti"])
def test_a_missing_reader_is_named(monkeypatch, kind):
    library = {"dicom": "pydicom", "nifti": "nibabel"}[kind]
    monkeypatch.delitem(sys.modules, f"braintumor.data.{kind}", raising=False)
    monkeypatch.delitem(sys.modules, "braintumor.data.dicom_header", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    content = {"dicom": bytes(128) + b"DICM", "nifti": b"\x1f\x8b" + bytes(9)}[kind]
    with pytest.raises(UnreadableSliceError, match=f"{library}.* is not installed"):
        decode_upload(content)


def segments(count: int, body: bytes = b"") -> bytes:
    one = b"\xff\xfe" + struct.pack(">H", len(body) + 2) + body
    return JPEG[:2] + count * one + JPEG[2:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PNG[:33] + 3 * chunk(b"tEXt", b"a\0b") + PNG[33:], None),
        (PNG[:33] + 10_000 * chunk(b"tEXt", b"a\0b") + PNG[33:], "too many parts"),
        (PNG[:33] + 2 * chunk(b"iCCP", b"a") + PNG[33:], "too many parts"),
        (segments(200), None),
        (segments(300), "too many parts"),
        (segments(1, 50 * b"\xff\xda"), None),  # no scans, only bytes like them
        (JPEG[:20] + 299 * b"\xff" + JPEG[20:], "too many parts"),
        (JPEG[:-2] + 40 * b"\xff\xda" + JPEG[-2:], "too many parts"),
    ],
)
def test_too_many_parts_are_refused(content, words):
    if words is None:
        decode_upload(content)
        return
    with pytest.raises(UnreadableSliceError, match=words):
        decode_upload(content)


@pytest.mark.parametrize("options", [{"progressive": True}, {}])
def test_large_progressive_pictures_are_refused(monkeypatch, options):
    content = encode(Image.fromarray(GREY), "JPEG", **options)
    monkeypatch.setattr(containers, "MAXIMUM_SCANNED_PIXELS", GREY.size)
    decode_upload(content)
    monkeypatch.setattr(containers, "MAXIMUM_SCANNED_PIXELS", GREY.size - 1)
    if not options:
        decode_upload(content)
        return
    with pytest.raises(UnreadableSliceError, match="1,920 pixels are too many"):
        decode_upload(content)
