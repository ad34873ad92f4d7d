"""NIfTI: the right slice, upright, and no more memory than announced."""

import gzip

import nibabel
import numpy as np
import pytest

from braintumor.data import nifti
from braintumor.data.images import UnreadableSliceError
from braintumor.data.uploads import decode_upload

SHAPE = (20, 24, 10)  # right to left, back to front, feet to head


def make_volume(codes: str = "RAS", dtype=np.int16) -> nibabel.Nifti1Image:
    """Return a volume whose axes run as `codes` say, with one bright corner a slice."""
    values = np.zeros(SHAPE, dtype)
    values[:10] = 40  # the patient's left half
    values[:, 12:] += 20  # front
    values[0, 0] = np.arange(10) + 100
    image = nibabel.Nifti1Image(values, np.eye(4))
    wanted = nibabel.orientations.axcodes2ornt(codes)
    return image.as_reoriented(wanted)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "SAR", "PIR"])
def test_slices_are_upright_and_chosen(codes):
    """RAS: the first voxel is the leftmost, hindmost, lowest."""
    content = make_volume(codes).to_bytes()
    for position in (0, 3, 9):
        upload = decode_upload(content, position=position)
        assert upload.pixels.shape == (24, 20)
        assert (upload.frames, upload.position) == (10, position)
    pixels = decode_upload(content).pixels
    assert decode_upload(content).position == 5
    assert pixels[:12].mean() > pixels[12:].mean()  # the front is up
    left = make_volume().get_fdata()[:10].mean()
    assert left > make_volume().get_fdata()[10:].mean()
    assert pixels[:, 10:].mean() > pixels[:, :10].mean()


def test_values_are_stretched_between_percentiles():
    values = np.linspace(-5, 5, 4_000, dtype=np.float32).reshape(50, 80, 1)
    values[0, 0] = 1e6  # one hot voxel does not darken the rest
    pixels = decode_upload(nibabel.Nifti1Image(values, np.eye(4)).to_bytes()).pixels
    assert pixels.dtype == np.uint8 and pixels.flags.writeable
    assert (pixels.min(), pixels.max()) == (0, 255) and 120 < pixels.mean() < 135


def test_few_bright_voxels_are_not_lost():
    values = np.zeros((100, 100, 1), np.int16)
    values[50, 50] = 9
    pixels = decode_upload(nibabel.Nifti1Image(values, np.eye(4)).to_bytes()).pixels
    assert pixels.max() == 255 and pixels.min() == 0


@pytest.mark.parametrize("shape", [(20, 24), (20, 24, 1), (20, 1, 24), (1, 20, 24)])
def test_a_single_slice_is_shown_whatever_its_direction(shape):
    values = np.arange(480, dtype=np.int16).reshape(shape)
    upload = decode_upload(nibabel.Nifti1Image(values, np.eye(4)).to_bytes())
    assert upload.pixels.shape == (24, 20) and upload.frames == 1


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("zipped", [False, True])
def test_versions_kinds_and_byte_orders_agree(kind, dtype, order, zipped):
    values = np.random.default_rng(3).integers(0, 200, SHAPE).astype(dtype)
    header = kind.header_class(endianness=order)
    header.set_data_dtype(np.dtype(dtype).newbyteorder(order))
    content = kind(values, np.eye(4), header).to_bytes()
    content = gzip.compress(content) if zipped else content
    plain = decode_upload(nibabel.Nifti1Image(values, np.eye(4)).to_bytes())
    np.testing.assert_array_equal(decode_upload(content).pixels, plain.pixels)


def test_of_a_series_the_first_volume_is_read():
    series = np.random.default_rng(4).integers(0, 200, (*SHAPE, 3)).astype(np.int16)
    first = nibabel.Nifti1Image(series[..., 0], np.eye(4)).to_bytes()
    content = nibabel.Nifti1Image(series, np.eye(4)).to_bytes()
    pixels = decode_upload(content).pixels
    np.testing.assert_array_equal(pixels, decode_upload(first).pixels)


def test_a_falling_scale_is_turned():
    image = make_volume()
    image.header.set_slope_inter(-2, 5)
    falling = decode_upload(image.to_bytes())
    rising = decode_upload(make_volume().to_bytes())
    assert falling.format == "NIfTI"
    np.testing.assert_array_equal(falling.pixels, 255 - rising.pixels)


def test_no_such_slice():
    with pytest.raises(UnreadableSliceError, match="10 slices, none at position 10"):
        decode_upload(make_volume().to_bytes(), position=10)


def test_not_more_is_unzipped_than_announced(monkeypatch):
    read = []
    original = nifti.gzip.GzipFile.read

    def count(stream, size=-1):
        piece = original(stream, size)
        read.append(len(piece))
        return piece

    monkeypatch.setattr(nifti.gzip.GzipFile, "read", count)
    content = make_volume().to_bytes()
    decode_upload(gzip.compress(content + bytes(50_000_000)))
    assert sum(read) <= len(content) + 540


@pytest.mark.parametrize("place", [3, 12, 60])
def test_a_broken_archive_is_refused(place):
    content = bytearray(gzip.compress(make_volume().to_bytes()))
    content[place] ^= 0xFF
    with pytest.raises(UnreadableSliceError, match="damaged or cut NIfTI"):
        decode_upload(bytes(content))


def test_a_large_volume_is_refused_from_its_header(monkeypatch):
    monkeypatch.setattr(nifti, "MAXIMUM_VOLUME_BYTES", 9_599)
    with pytest.raises(UnreadableSliceError, match="a volume of 9,600 bytes"):
        decode_upload(make_volume().to_bytes())
