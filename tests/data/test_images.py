"""One decoder: every kind of image becomes the same grey, every bad file a sentence."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from braintumor.data import decoding, grey
from braintumor.data.images import (
    UnreadableSliceError,
    decode_slice,
    hash_pixels,
    inspect_slice,
)

GREY = np.add.outer(np.arange(40), 4 * np.arange(48)).astype(np.uint8)


def encode(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def test_grey_png_comes_back_as_it_was() -> None:
    decoded = decode_slice(encode(Image.fromarray(GREY)))
    assert decoded.dtype == np.uint8 and decoded.flags.writeable
    np.testing.assert_array_equal(decoded, GREY)


def test_path_and_bytes_agree(tmp_path: Path) -> None:
    content = encode(Image.fromarray(GREY), "JPEG")
    (tmp_path / "a.jpg").write_bytes(content)
    np.testing.assert_array_equal(
        decode_slice(tmp_path / "a.jpg"), decode_slice(content)
    )
    np.testing.assert_array_equal(
        decode_slice(str(tmp_path / "a.jpg")), decode_slice(content)
    )


def test_grey_stored_as_colour_is_unchanged() -> None:
    colour = Image.fromarray(np.stack([GREY] * 3, axis=-1))
    np.testing.assert_array_equal(decode_slice(encode(colour)), GREY)


def test_colour_becomes_luma() -> None:
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    assert decode_slice(encode(red))[0, 0] == 76  # 0.299 * 255


@pytest.mark.parametrize("peak", [255, 4095, 65535])
def test_sixteen_bits_are_rescaled_not_clipped(peak: int) -> None:
    ramp = np.linspace(0, peak, 256).round().astype(np.uint16).reshape(16, 16)
    expected = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(decode_slice(encode(Image.fromarray(ramp))), expected)


def test_sixteen_bit_copy_equals_the_eight_bit_picture() -> None:
    wide = Image.fromarray(GREY.astype(np.uint16) * 257)
    np.testing.assert_array_equal(decode_slice(encode(wide)), GREY)


def test_palette_is_looked_up() -> None:
    palette = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), mode="P")
    palette.putpalette([200, 200, 200, 10, 10, 10])
    assert decode_slice(encode(palette)).tolist() == [[200, 10]]


def test_transparent_pixels_lie_on_black() -> None:
    image = np.zeros((1, 3, 4), dtype=np.uint8)
    image[..., :3] = 200
    image[0, :, 3] = (255, 0, 128)
    opaque, clear, half = decode_slice(encode(Image.fromarray(image)))[0]
    assert (opaque, clear) == (200, 0) and 99 <= half <= 101


def test_transparent_palette_entry_lies_on_black() -> None:
    palette = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), mode="P")
    palette.putpalette([200, 200, 200, 90, 90, 90])
    content = encode(palette, transparency=0)
    assert decode_slice(content).tolist() == [[0, 90]]


def test_cmyk_becomes_grey() -> None:
    white = Image.new("CMYK", (8, 8), (0, 0, 0, 0))
    assert decode_slice(encode(white, "JPEG")).min() > 250


def test_one_bit_image_spans_black_to_white() -> None:
    bits = Image.fromarray(np.array([[True, False]]))
    assert decode_slice(encode(bits)).tolist() == [[255, 0]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[decoding.ORIENTATION_TAG] = orientation
    content = encode(Image.fromarray(GREY), exif=exif)
    upright = {
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: np.rot90(GREY, -1),
        7: np.rot90(GREY, 2).T,
        8: np.rot90(GREY),
    }[orientation]
    np.testing.assert_array_equal(decode_slice(content), upright)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"no brain here\n" * 30, "is text"),
        (bytes(range(256)) * 4, "no PNG or JPEG"),
        (b"GIF89a" + bytes(200), "no PNG or JPEG"),
    ],
)
def test_bad_content_is_named_with_its_cure(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "Tr-gl_0010.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadableSliceError, match=words) as caught:
        decode_slice(path)
    assert str(path) in str(caught.value)
    assert caught.value.cure.endswith(".")


def test_other_formats_are_refused_even_if_pillow_reads_them() -> None:
    with pytest.raises(UnreadableSliceError, match="no PNG or JPEG"):
        decode_slice(encode(Image.fromarray(GREY), "BMP"))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSliceError, match="gone.png: cannot be opened"):
        decode_slice(tmp_path / "gone.png")


def announce(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises `width` x `height` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\x00\x00\x00\x00")
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height"), [(13_300, 13_300), (8_193, 10), (10, 8_193), (5_001, 5_000)]
)
def test_huge_images_are_refused_from_the_header(width: int, height: int) -> None:
    with pytest.raises(UnreadableSliceError, match="pixels are too many"):
        decode_slice(announce(width, height))


def test_pillows_own_bomb_error_is_a_sentence_too() -> None:
    with pytest.raises(UnreadableSliceError, match="the upload"):
        decode_slice(announce(60_000, 60_000))


PNG = encode(Image.fromarray(GREY))
JPEG = encode(Image.fromarray(GREY), "JPEG", quality=80)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([PNG, JPEG]), st.floats(0, 1))
def test_a_cut_file_is_refused_or_whole(content: bytes, share: float) -> None:
    """Never a half grey slice: only the end marker may be missing."""
    cut = content[: int(share * len(content))]
    try:
        decoded = decode_slice(cut)
    except UnreadableSliceError:
        return
    np.testing.assert_array_equal(decoded, decode_slice(content))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([PNG, JPEG]),
    st.integers(0, 10_000),
    st.binary(min_size=1, max_size=9),
)
def test_altered_bytes_raise_nothing_else(
    content: bytes, position: int, patch: bytes
) -> None:
    position %= len(content)
    altered = content[:position] + patch + content[position + len(patch) :]
    try:
        decoded = decode_slice(altered)
    except UnreadableSliceError:
        return
    assert decoded.ndim == 2 and decoded.dtype == np.uint8


def test_inspection_tells_size_mode_and_hashes(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[decoding.ORIENTATION_TAG] = 6
    (tmp_path / "turned.png").write_bytes(encode(Image.fromarray(GREY), exif=exif))
    (tmp_path / "plain.png").write_bytes(
        encode(Image.fromarray(np.rot90(GREY, -1).copy()))
    )
    turned = inspect_slice(tmp_path / "turned.png")
    plain = inspect_slice(tmp_path / "plain.png")
    assert (turned.width, turned.height, turned.mode) == (40, 48, "L")
    assert turned.orientation == 6 and turned.problem is None
    assert turned.pixel_sha256 == plain.pixel_sha256
    assert turned.sha256 != plain.sha256


def test_inspection_of_a_bad_file_does_not_raise(tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(PNG[: len(PNG) // 2])
    facts = inspect_slice(tmp_path / "cut.png")
    assert "cut.png: is damaged or cut short" in facts.problem
    assert (facts.width, facts.pixel_sha256) == (0, "") and len(facts.sha256) == 64


def test_pixel_hash_depends_on_shape_and_values() -> None:
    assert hash_pixels(GREY) == hash_pixels(np.asfortranarray(GREY))
    assert hash_pixels(GREY) != hash_pixels(GREY.reshape(48, 40))
    assert hash_pixels(GREY) != hash_pixels(GREY ^ 1)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("strip", [10**6, 400])
def test_pixels_do_not_depend_on_whether_colours_are_measured(
    mode, strip, monkeypatch, tmp_path
):
    monkeypatch.setattr(grey, "STRIP_PIXELS", strip)
    colours = np.random.default_rng(7).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    path = tmp_path / f"slice.{'jpg' if mode == 'CMYK' else 'png'}"
    Image.fromarray(colours).convert(mode).save(path)
    decoded = decoding.decode_bytes(path.read_bytes(), str(path))
    assert np.array_equal(decode_slice(path), decoded.pixels)
    assert (decoded.saturation > 0) == (mode not in ("L", "LA"))
