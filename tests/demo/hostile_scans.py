"""The hostile part that claims to come from a scanner: DICOM and NIfTI."""

import gzip
import io
import struct
from collections.abc import Iterator

import nibabel
import numpy as np
import pydicom
from pydicom import uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

PATIENT = "DOE^JANE"  # must turn up nowhere
VALUES = np.add.outer(np.arange(48), 5 * np.arange(40)).astype(np.uint16)
EXPLICIT, IMPLICIT = uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian
ENDLESS = 0xFFFFFFFF


def write_dicom(
    values: np.ndarray = VALUES, *, syntax: str = EXPLICIT, **elements
) -> bytes:
    """Return a DICOM file.

    Args:
        values: uint8, uint16 or int16, ([frames,] rows, columns).
        syntax: transfer syntax that the file claims.
        elements: what it says otherwise, by keyword; `None` leaves one out.
    """
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PatientName = PATIENT
    dataset.Rows, dataset.Columns = values.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    if values.ndim == 3:
        dataset.NumberOfFrames = len(values)
    dataset.PixelData = values.tobytes()
    if uid.UID(syntax).is_encapsulated:
        dataset.PixelData = encapsulate([values.tobytes()])
        dataset["PixelData"].is_undefined_length = True
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    pydicom.dcmwrite(
        buffer,
        dataset,
        implicit_vr=syntax == IMPLICIT,
        little_endian=True,
        force_encoding=True,
        enforce_file_format=False,
    )
    content = buffer.getvalue()
    return content if content[128:132] == b"DICM" else bytes(128) + b"DICM" + content


def insert(content: bytes, elements: bytes) -> bytes:
    """Put raw elements right behind the file's meta information."""
    place = content.index(b"\x10\x00\x10\x00")  # the patient's name
    return content[:place] + elements + content[place:]


def nest(depth: int) -> bytes:
    """Return sequences of endless length inside each other, in implicit form."""
    head = struct.pack("<HHL", 0x0008, 0x1140, ENDLESS)
    return depth * (head + struct.pack("<HHL", 0xFFFE, 0xE000, ENDLESS))


def refused() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, bytes and what is wrong, of files that must be refused."""
    yield from _dicom()
    yield from _exhausting()
    yield from _nifti()


def _dicom() -> Iterator[tuple[str, bytes, str]]:
    whole = write_dicom()
    for share in (0.1, 0.3, 0.9):
        yield f"cut_{share}.dcm", whole[: int(share * len(whole))], "truncated"
    yield "mark.dcm", bytes(128) + b"DICM", "no elements"
    yield "noise.dcm", bytes(128) + b"DICM" + bytes(range(256)) * 8, "noise"
    for name, elements in {
        "huge": {"Rows": 65_535, "Columns": 65_535},
        "many": {"NumberOfFrames": 2_000_000_000},
        "none": {"NumberOfFrames": 0},
        "negative": {"NumberOfFrames": -3},
        "flat": {"Rows": 0},
        "bits": {"BitsAllocated": 64},
        "odd_bits": {"BitsAllocated": 12},
        "stored": {"BitsStored": 40},
        "no_bits": {"BitsAllocated": 0},
        "samples": {"SamplesPerPixel": 4},
        "colour": {"PhotometricInterpretation": "PALETTE COLOR"},
        "rowless": {"Rows": None},
        "rows": {"Rows": [48, 48]},
    }.items():
        yield f"{name}.dcm", write_dicom(**elements), f"lies: {elements}"
    zeros = np.zeros((8_000, 8_000), np.uint8)
    yield (
        "deflated.dcm",
        write_dicom(zeros, syntax=uid.DeflatedExplicitVRLittleEndian),
        "would be inflated without a limit",
    )
    for syntax in (uid.JPEG2000Lossless, uid.RLELossless, uid.JPEGBaseline8Bit):
        yield "compressed.dcm", write_dicom(syntax=syntax), "compressed"
    strange = whole.replace(EXPLICIT.encode(), b"1.2.3.4".ljust(len(EXPLICIT), b"0"))
    yield "strange.dcm", strange, "unknown transfer syntax"


def _exhausting() -> Iterator[tuple[str, bytes, str]]:
    plain = write_dicom(syntax=IMPLICIT)
    yield "deep.dcm", insert(plain, nest(100_000)), "100,000 nested sequences"
    start = struct.pack("<HHL", 0x0008, 0x1140, ENDLESS)
    items = 1_000_000 * struct.pack("<HHL", 0xFFFE, 0xE000, 0)
    end = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    yield "items.dcm", insert(plain, start + items + end), "a million empty items"
    elements = 1_000_000 * struct.pack("<HHL", 0x0009, 0x0011, 0)
    yield "elements.dcm", insert(plain, elements), "a million elements"
    text = 4_000_000 * b"A\\"
    charset = struct.pack("<HHL", 0x0008, 0x0005, len(text)) + text
    yield "charsets.dcm", insert(plain, charset), "four million character sets"
    text = 4_000_000 * b"1\\"
    centre = struct.pack("<HHL", 0x0028, 0x1050, len(text)) + text
    yield "windows.dcm", insert(plain, centre), "four million windows"


def write_nifti(values: np.ndarray, **fields) -> bytes:
    """Return a .nii file whose header says `fields`."""
    image = nibabel.Nifti1Image(values, np.eye(4))
    content = bytearray(image.to_bytes())
    header = nibabel.Nifti1Header(bytes(content[:348]), check=False)
    for field, value in fields.items():
        header[field] = value
    content[:348] = header.binaryblock
    return bytes(content)


def _nifti() -> Iterator[tuple[str, bytes, str]]:
    volume = np.arange(20 * 24 * 8, dtype=np.int16).reshape(20, 24, 8)
    whole = write_nifti(volume)
    yield "cut.nii", whole[:-1_000], "truncated"
    yield "header.nii", whole[:348], "header alone"
    yield "cut.nii.gz", gzip.compress(whole)[:-200], "truncated gzip"
    yield "text.nii.gz", gzip.compress(b"no volume\n" * 500), "gzip of text"
    yield "noise.nii.gz", b"\x1f\x8b\x08" + bytes(range(256)), "broken gzip"
    dim = [3, 30_000, 30_000, 30_000, 1, 1, 1, 1]
    for name, fields in {
        "huge": {"dim": dim},
        "negative": {"dim": [3, -20, 24, 8, 1, 1, 1, 1]},
        "none": {"dim": [3, 0, 24, 8, 1, 1, 1, 1]},
        "dimensions": {"dim": [99, 20, 24, 8, 1, 1, 1, 1]},
        "dimensionless": {"dim": [0, 20, 24, 8, 1, 1, 1, 1]},
        "kind": {"datatype": 9_999},
        "colours": {"datatype": 128},
        "offset": {"vox_offset": 1e30},
        "nan_offset": {"vox_offset": np.nan},
        "before": {"vox_offset": -400},
        "space": {"sform_code": 1, "srow_x": np.nan, "srow_y": np.inf},
        "flat": {"sform_code": 1, "srow_x": 0, "srow_y": 0, "srow_z": 0},
        "pair": {"magic": b"ni1"},
    }.items():
        yield f"{name}.nii", write_nifti(volume, **fields), f"lies: {fields}"
    lying = write_nifti(volume, dim=dim)
    bomb = gzip.compress(lying + bytes(400_000_000), 1)
    yield "bomb.nii.gz", bomb, "400 MB in 2 MB, all of it announced"


def odd() -> Iterator[tuple[str, bytes, str]]:
    """Yield name, bytes and what is unusual."""
    yield "plain.dcm", write_dicom(), "a sound DICOM file"
    yield "inverted.dcm", write_dicom(PhotometricInterpretation="MONOCHROME1"), ""
    yield "window.dcm", write_dicom(WindowCenter=1e300, WindowWidth=1e-300), "window"
    yield "slope.dcm", write_dicom(RescaleSlope=0, RescaleIntercept=-1e300), "slope"
    yield "frames.dcm", write_dicom(np.stack([VALUES] * 5)), "five frames"
    large = np.zeros((2_400, 2_400), np.uint16)
    yield "large.dcm", write_dicom(large), "12 MB"
    named = write_dicom(SpecificCharacterSet="ISO_IR 6")
    named = named.replace(b"ISO_IR 6", PATIENT.encode())
    yield "charset.dcm", named, "a patient's name as character set"
    space = np.linspace(0, 1, 20 * 24 * 8, dtype=np.float32).reshape(20, 24, 8)
    yield "plain.nii", write_nifti(space), "a sound NIfTI file"
    space[::2] = np.nan
    space[1::4] = np.inf
    yield "nan.nii", write_nifti(space), "NaN and infinities"
    yield "all_nan.nii", write_nifti(np.full_like(space, np.nan)), "nothing but NaN"
    yield "nan_slope.nii", write_nifti(space, scl_slope=np.nan, scl_inter=np.inf), ""
    extremes = np.array([-1e308, 1e308] * 800).reshape(40, 40, 1)
    yield "extremes.nii", write_nifti(extremes), "the largest numbers there are"
    yield "plain.nii.gz", gzip.compress(write_nifti(space)), "a sound zipped file"
    volume = gzip.compress(write_nifti(np.zeros((400, 400, 400), np.int16)), 1)
    yield "large.nii.gz", volume, "128 MB in 600 kB, an honest volume"
    trailing = gzip.compress(write_nifti(space) + bytes(320_000_000), 1)
    yield "trailing.nii.gz", trailing, "320 MB of zeros behind the volume"
