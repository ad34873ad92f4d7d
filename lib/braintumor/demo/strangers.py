"""The pictures that the gate is measured on, and that chose nothing in it.

All of them are made or found on any machine, without a download: photographs and
handwritten digits that scikit-learn ships, and what `drawn_pictures` draws. The limits
come from slices alone (`limits`), the rule from `lookalikes`. Which facts the gate
looks at was decided on pictures of neither kind, never on these.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from braintumor.data.decoding import SUFFIXES
from braintumor.demo import drawn_pictures

SEED = 7
DRAWN: dict[str, tuple[Callable[[np.random.Generator], np.ndarray], int]] = {
    "noise": (drawn_pictures.draw_noise, 50),
    "pages of text": (drawn_pictures.draw_text, 50),
    "screenshots, drawn": (drawn_pictures.draw_window, 50),
    "charts": (drawn_pictures.draw_chart, 50),
    "X-rays of a chest, drawn": (drawn_pictures.draw_chest, 40),
    "X-rays of a hand, drawn": (drawn_pictures.draw_hand, 40),
    "blank pages": (drawn_pictures.draw_blank, 30),
    "gradients": (drawn_pictures.draw_gradient, 40),
    "checkerboards, stripes, codes": (drawn_pictures.draw_pattern, 40),
}
CROPS = 12  # of each photograph
DIGITS = 50


@dataclass(frozen=True)
class Stranger:
    """A picture that is no slice.

    Attributes:
        kind: what it is, in words of the table.
        origin: the picture it was made from; each drawn one is its own.
        content: an upload, bytes of a PNG.
        disguised: cut to the dark border of a slice, so that it is not clearly another
            picture any more.
    """

    kind: str
    origin: str
    content: bytes
    disguised: bool = False


def iterate_strangers() -> Iterator[Stranger]:
    """Yield every picture of the measured set, always the same and in one order."""
    for number, (kind, (draw, count)) in enumerate(DRAWN.items()):
        for position in range(count):
            random = np.random.default_rng((SEED, number, position))
            yield Stranger(kind, str(position), encode_png(draw(random)))
    yield from iterate_digits()
    for name, photograph in load_photographs():
        yield from vary_photograph(name, photograph)


def iterate_digits() -> Iterator[Stranger]:
    """Yield handwritten digits, white on black, enlarged from 8×8 pixels."""
    from sklearn.datasets import load_digits

    for position, digit in enumerate(load_digits().images[:DIGITS]):
        large = ndimage.zoom(digit * (255 / 16), 24, order=1)
        yield Stranger(
            "handwritten digits", str(position), encode_png(large.astype(np.uint8))
        )


def load_photographs() -> list[tuple[str, np.ndarray]]:
    """Return the two photographs in scikit-learn, uint8 (height, width, 3)."""
    from sklearn.datasets import load_sample_images

    found = load_sample_images()
    return [
        (Path(name).stem, np.asarray(image))
        for name, image in zip(found.filenames, found.images, strict=True)
    ]


def read_folder(folder: Path) -> Iterator[Stranger]:
    """Yield the PNG and JPEG files of a folder: as they are, grey, and on a disc.

    Args:
        folder: pictures that are no slices; its name becomes the kind.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            yield Stranger(f"{folder.name}, as they are", path.name, path.read_bytes())
            with Image.open(path) as image:
                grey = np.asarray(image.convert("L"))
            yield Stranger(f"{folder.name}, grey", path.name, encode_png(grey))
            disc = encode_png(put_on_disc(grey))
            yield Stranger(f"{folder.name}, grey on a disc", path.name, disc, True)


def vary_photograph(name: str, photograph: np.ndarray) -> Iterator[Stranger]:
    """Yield a photograph and crops of it in colour, in grey, and made to look like us.

    A grey crop inside a black frame, or on a head-shaped disc on black, has the dark
    border that tells slices from most other pictures.
    """
    random = np.random.default_rng((SEED, len(photograph), photograph.shape[1]))
    height, width = photograph.shape[:2]
    crops = [photograph]
    for _ in range(CROPS):
        side = int(random.integers(96, 360))
        top = int(random.integers(height - side))
        left = int(random.integers(width - side))
        crops.append(photograph[top : top + side, left : left + side])
    for crop in crops:
        grey = np.asarray(Image.fromarray(crop).convert("L"))
        framed = np.pad(grey, round(0.2 * min(grey.shape)))
        for kind, pixels, disguised in (
            ("photographs in colour", crop, False),
            ("photographs in grey", grey, False),
            ("photographs in grey, black frame", framed, True),
            ("photographs in grey, on a disc", put_on_disc(grey), True),
        ):
            yield Stranger(kind, name, encode_png(pixels), disguised)


def put_on_disc(grey: np.ndarray) -> np.ndarray:
    """Return the middle square of a grey picture inside an ellipse on black."""
    side = min(grey.shape)
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    square = grey[top : top + side, left : left + side]
    down, across = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    inside = np.hypot(across / 0.72, down / 0.86) < 1
    return np.where(inside, square, 0).astype(np.uint8)


def encode_png(pixels: np.ndarray) -> bytes:
    """Return the bytes of a PNG, as an upload would bring them."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
