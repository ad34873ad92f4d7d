"""Cut and altered files are decoded or refused in a sentence; nothing else happens."""

import gzip
import io
import struct
import zlib

import nibabel
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from braintumor.data.images import UnreadableSliceError
from braintumor.data.uploads import decode_upload

STEP = 37
MODES = ("L", "RGB", "RGBA", "P", "1", "LA", "CMYK", "I;16")


def encode(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def draw(seed: int) -> Image.Image:
    """Return a small picture of a mode that the seed chooses."""
    values = np.random.default_rng(seed).integers(0, 256, (17 + seed, 25), np.uint8)
    mode = MODES[seed % len(MODES)]
    if mode == "I;16":
        return Image.fromarray(values.astype(np.uint16) * 200)
    return Image.fromarray(values).convert("RGB").convert(mode)


def encode_any(seed: int) -> bytes:
    """Return one of 22 PNGs and JPEGs of all modes, or of 8 scans."""
    if seed >= 22:
        return encode_scan(seed)
    image = draw(seed)
    if image.mode == "CMYK" or (seed % 3 == 1 and image.mode in ("L", "RGB")):
        return encode(image, "JPEG", progressive=seed % 2 == 0)
    return encode(image, "PNG", save_all=seed % 5 == 0, append_images=[image])


def encode_scan(seed: int) -> bytes:
    """Return a small DICOM or NIfTI file."""
    values = np.random.default_rng(seed).integers(0, 4096, (12, 13, 3), np.uint16)
    if seed % 2:
        kind = nibabel.Nifti2Image if seed % 4 == 1 else nibabel.Nifti1Image
        content = kind(values.astype(np.int16), np.eye(4)).to_bytes()
        return gzip.compress(content) if seed % 3 == 0 else content
    dataset = pydicom.Dataset()
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 13, 3, 12
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.RescaleSlope, dataset.RescaleIntercept = "2.5", "-3"
    dataset.WindowCenter, dataset.WindowWidth = "900", "1500"
    dataset.ReferencedImageSequence = [pydicom.Dataset()]
    dataset["ReferencedImageSequence"].is_undefined_length = True
    dataset.add_new("PixelData", "OW", values.tobytes())
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    native = (pydicom.uid.ImplicitVRLittleEndian, pydicom.uid.ExplicitVRLittleEndian)
    dataset.file_meta.TransferSyntaxUID = native[seed // 2 % 2]
    dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.SOPClassUID, dataset.SOPInstanceUID = pydicom.uid.MRImageStorage, "1.2.3"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


FILES = [encode_any(seed) for seed in range(30)]


def try_to_decode(content: bytes) -> np.ndarray | None:
    """Return the pixels, or `None` for a refusal; all else is for pytest to report."""
    try:
        pixels = decode_upload(content).pixels
    except UnreadableSliceError as error:
        assert str(error).isprintable() and error.cure.endswith(".")
        return None
    assert pixels.ndim == 2 and pixels.dtype == np.uint8 and pixels.size
    return pixels


def test_the_files_are_sound_and_of_every_format():
    formats = [decode_upload(content).format for content in FILES]
    assert set(formats) == {"PNG", "JPEG", "DICOM", "NIfTI"}
    modes = {
        Image.open(io.BytesIO(content)).mode
        for content in FILES
        if content[:1] in (b"\x89", b"\xff")
    }
    assert {"L", "RGB", "RGBA", "P", "1", "LA", "CMYK", "I;16"} <= modes


@pytest.mark.parametrize("number", range(30))
def test_every_truncation_is_refused_or_whole(number):
    content = FILES[number]
    whole = decode_upload(content).pixels
    for length in range(0, len(content), STEP):
        pixels = try_to_decode(content[:length])
        if pixels is not None:  # only what follows the pixels may be missing
            np.testing.assert_array_equal(pixels, whole)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 499), st.binary(min_size=1, max_size=9))
def test_altered_headers_raise_nothing_else(content, position, patch):
    position %= len(content)
    try_to_decode(content[:position] + patch + content[position + len(patch) :])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([content for content in FILES if content[:1] == b"\x89"]),
    st.sampled_from([b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"tEXt", b"acTL"]),
    st.binary(max_size=40),
)
def test_altered_chunks_with_sound_checksums_raise_nothing_else(content, kind, body):
    """A wrong checksum would hide them from most of the decoder."""
    check = struct.pack(">I", zlib.crc32(kind + body))
    chunk = struct.pack(">I", len(body)) + kind + body + check
    start = 8 if kind == b"IHDR" else 33
    try_to_decode(content[:start] + chunk + content[33:])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([content for content in FILES if content[128:132] == b"DICM"]),
    st.integers(132, 1_500),
    st.sampled_from([0, 1, 2, 0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF]),
    st.sampled_from(["<B", "<H", "<L"]),
)
def test_lying_lengths_raise_nothing_else(content, position, number, form):
    number &= 256 ** struct.calcsize(form) - 1
    patch = struct.pack(form, number)
    position %= len(content)
    try_to_decode(content[:position] + patch + content[position + len(patch) :])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(nibabel.Nifti1Header.template_dtype.names)),
    st.binary(min_size=128, max_size=128),
)
def test_altered_fields_raise_nothing_else(field, noise):
    content = bytearray(FILES[23] if FILES[23][:2] == b"\x5c\1" else FILES[27])
    assert content[344:347] == b"n+1"
    kind, place = nibabel.Nifti1Header.template_dtype.fields[field][:2]
    content[place : place + kind.itemsize] = noise[: kind.itemsize]
    try_to_decode(bytes(content))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_noise_raises_nothing_else(content):
    for start in (
        b"",
        b"\x1f\x8b\x08",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\0" * 128,
    ):
        try_to_decode(start + content)
        try_to_decode(start + b"DICM" + content)
