"""DICOM: grey values as scanners mean them, and not a word about the patient."""

import io
import subprocess
import sys

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array

from braintumor.data import dicom_header
from braintumor.data.images import UnreadableSliceError
from braintumor.data.uploads import decode_upload

PATIENT = "DOE^JANE"
RAMP = np.arange(1_200, dtype=np.uint16).reshape(30, 40)


def write(values: np.ndarray = RAMP, *, implicit: bool = False, **elements) -> bytes:
    """Return an uncompressed DICOM file with further `elements`."""
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.PatientName = dataset.PatientID = PATIENT
    colour = values.shape[-1] == 3
    dataset.Rows, dataset.Columns = values.shape[-3:-1] if colour else values.shape[-2:]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    if values.ndim == 3 and not colour:
        dataset.NumberOfFrames = len(values)
    dataset.PixelData = values.tobytes()
    dataset["PixelData"].VR = "OW"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    syntax = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    buffer.write(bytes(128) + b"DICM")
    with io.BytesIO() as rest:
        pydicom.dcmwrite(rest, dataset, enforce_file_format=False)
        written = rest.getvalue()
    return written if written[128:132] == b"DICM" else buffer.getvalue() + written


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.uint32])
def test_values_without_a_window_are_stretched(implicit, dtype):
    values = (RAMP % 200).astype(dtype)
    upload = decode_upload(write(values, implicit=implicit))
    assert upload[1:] == ("DICOM", 0.0, 1, 0, ())
    assert upload.pixels.shape == (30, 40) and upload.pixels.flags.writeable
    order = np.argsort(values.ravel(), kind="stable")
    assert (np.diff(upload.pixels.ravel()[order].astype(int)) >= 0).all()
    assert (upload.pixels.min(), upload.pixels.max()) == (0, 255)


@pytest.mark.parametrize(
    "elements",
    [
        {"WindowCenter": 600, "WindowWidth": 400},
        {"WindowCenter": [600, 10], "WindowWidth": [400, 10]},
        {"WindowCenter": 0, "WindowWidth": 900, "RescaleIntercept": -500},
        {"WindowCenter": 1_300, "WindowWidth": 700, "RescaleSlope": 2.5},
    ],
)
def test_window_and_rescale_are_those_of_pydicom(elements):
    elements = {"RescaleSlope": 1, "RescaleIntercept": 0} | elements
    content = write(**elements)
    dataset = pydicom.dcmread(io.BytesIO(content))
    values = apply_modality_lut(pixel_array(dataset), dataset)
    wanted = apply_voi_lut(values.astype(np.float64), dataset, index=0)
    span = (wanted - wanted.min()) / (wanted.max() - wanted.min()) * 255
    assert np.abs(decode_upload(content).pixels - span).max() <= 1


def test_a_falling_scale_is_turned():
    rising = decode_upload(write(WindowCenter=501, WindowWidth=600)).pixels
    falling = write(WindowCenter=-500, WindowWidth=600, RescaleSlope=-1)
    difference = decode_upload(falling).pixels.astype(int) - (255 - rising.astype(int))
    assert np.abs(difference).max() <= 1


def test_monochrome1_is_inverted():
    plain = decode_upload(write()).pixels
    inverted = decode_upload(write(PhotometricInterpretation="MONOCHROME1")).pixels
    np.testing.assert_array_equal(inverted, 255 - plain)


def test_signed_values_of_twelve_bits_are_read_without_their_overlay():
    values = (RAMP.astype(np.int16) - 600) & 0x0FFF
    content = write((values | 0x5000).astype(np.int16), BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(
        decode_upload(content).pixels, decode_upload(write()).pixels
    )


def test_frames_are_chosen_and_the_middle_is_the_default():
    values = np.stack([np.full((8, 8), k, np.uint8) for k in (10, 20, 30, 40, 50)])
    content = write(values, WindowCenter=128, WindowWidth=256)
    assert decode_upload(content).position == 2
    assert decode_upload(content).pixels.max() == 30
    assert decode_upload(content, position=4).pixels.max() == 50
    with pytest.raises(UnreadableSliceError, match="5 slices, none at position 5"):
        decode_upload(content, position=5)


@pytest.mark.parametrize("planar", [0, 1])
def test_colours_become_luma_and_are_told(planar):
    values = np.zeros((6, 8, 3), np.uint8)
    values[..., 0] = 255
    stored = np.ascontiguousarray(np.moveaxis(values, -1, 0)) if planar else values
    content = write(values, PlanarConfiguration=planar, PixelData=stored.tobytes())
    upload = decode_upload(content)
    assert upload.saturation == 1 and (upload.pixels == 76).all()


@pytest.mark.parametrize(
    ("limit", "value"), [("MAXIMUM_READS", 20), ("MAXIMUM_HEADER_BYTES", 100)]
)
def test_a_header_has_a_budget(monkeypatch, limit, value):
    monkeypatch.setattr(dicom_header, limit, value)
    with pytest.raises(UnreadableSliceError, match="damaged DICOM"):
        decode_upload(write())


def test_many_pixels_cost_no_header_budget(monkeypatch):
    monkeypatch.setattr(dicom_header, "MAXIMUM_HEADER_BYTES", 2_000)
    decode_upload(write(np.zeros((300, 300), np.uint16)))


def test_nothing_is_said_of_what_a_file_says():
    """In a process of its own, where no test machinery filters warnings."""
    code = (
        "import logging, sys\n"
        "logging.basicConfig(level=logging.DEBUG)\n"
        "from braintumor.data.uploads import decode_upload\n"
        "try:\n"
        "    decode_upload(sys.stdin.buffer.read(), 'a.dcm')\n"
        "except ValueError:\n"
        "    logging.exception('refused')\n"
    )
    content = write(SpecificCharacterSet="ISO_IR 6", WindowCenter="12345678")
    for altered, fault in (
        (content.replace(b"ISO_IR 6", PATIENT.encode()), False),
        (content.replace(b"12345678", PATIENT.encode()), True),
        (content.replace(b"MONOCHROME2", b"DOE^JANE   "), True),
        (content.replace(b"1.2.840.10008.1.2.1", b"DOE^JANE.JANE.JANE1"), True),
    ):
        assert altered != content
        done = subprocess.run(
            [sys.executable, "-W", "always", "-c", code],
            input=altered,
            capture_output=True,
            check=True,
        )
        assert b"JANE" not in done.stderr + done.stdout
        assert (b"refused" in done.stderr) == fault
