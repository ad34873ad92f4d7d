"""Pictures to try: the phantom slices of both demos, and a landscape to be refused."""

import io
import logging
import subprocess
import sys
import threading
from typing import NamedTuple

import numpy as np
from PIL import Image

from braintumor.demo import samples

SIDE = 160
# In a process of its own: the anatomy behind the phantoms takes half a gigabyte, and a
# server would keep it.
COMMAND = "from braintumor.demo import samples; samples.load_samples()"


class Picture(NamedTuple):
    """A picture to try.

    Attributes:
        title: class of the phantom, or what else it shows.
        name: of its file.
        content: the PNG's bytes.
    """

    title: str
    name: str
    content: bytes


class Samples:
    """The pictures, in memory, or on their way there.

    Attributes:
        pictures: none until they are drawn.
        awaited: whether they are still being drawn.
    """

    def __init__(self, pictures: tuple[Picture, ...] = ()) -> None:
        """Hold what is there already."""
        self.pictures, self.awaited = pictures, False

    def start(self) -> None:
        """Have them drawn in the background; later starts only read them."""
        self.awaited = True
        threading.Thread(target=self._draw, name="samples", daemon=True).start()

    def _draw(self) -> None:
        command = [sys.executable, "-c", COMMAND]
        try:
            if not samples.are_drawn():
                subprocess.run(command, capture_output=True, text=True, check=True)
            phantoms = samples.load_samples()
            self.pictures = (
                *(Picture(one.label, one.name, one.content) for one in phantoms),
                Picture("A landscape", "landscape.png", draw_landscape()),
            )
        except subprocess.CalledProcessError as error:
            last = error.stderr.strip().splitlines()[-1:]
            logging.getLogger(__name__).error("No sample pictures: %s", *last)
        finally:
            self.awaited = False

    def get(self, number: int) -> Picture | None:
        """Return one picture; None if there is none of that number."""
        return self.pictures[number] if 0 <= number < len(self.pictures) else None


def draw_landscape() -> bytes:
    """Return the PNG of hills under an evening sky: clearly no slice."""
    across = np.linspace(0.0, 1.0, SIDE)
    low, high = np.array([250.0, 196.0, 140.0]), np.array([70.0, 130.0, 190.0])
    sky = high + (low - high) * across[:, None, None]
    picture = np.broadcast_to(sky, (SIDE, SIDE, 3)).copy()
    sun = np.hypot(across[None, :] - 0.7, across[:, None] - 0.36) < 0.07
    picture[sun] = (255, 236, 190)
    hills = ((0.55, 0.10, 3.0, (96, 120, 130)), (0.72, 0.07, 5.0, (44, 84, 70)))
    for height, swing, waves, colour in hills:
        ridge = height + swing * np.sin(2.1 * waves * (across + height))
        picture[across[:, None] > ridge[None, :]] = colour
    buffer = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
