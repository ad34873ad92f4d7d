"""Pictures that resemble a slice from afar: textures inside a head-shaped outline.

The gate learns from them what an outline on black is not enough for. They are drawn
from formulas; none is a photograph, a page or anything else that the gate is measured
on.
"""

from functools import cache

import numpy as np
from scipy import ndimage

from braintumor.demo import facts

COUNT = 1500
SEED = 5
SIDE = 128


@cache
def measure_lookalikes() -> np.ndarray:
    """Return the facts of all lookalikes, (COUNT, facts.COUNT)."""
    pictures = (draw_lookalike(np.random.default_rng((SEED, n))) for n in range(COUNT))
    return np.stack([facts.measure(picture) for picture in pictures])


def draw_lookalike(random: np.random.Generator) -> np.ndarray:
    """Return one lookalike, uint8 (SIDE, SIDE); a quarter fill the whole square."""
    filling = _fill(random)
    if random.random() < 0.4:
        filling = (filling + _fill(random)) / 2
    if random.random() < 0.25:
        return (255 * filling).astype(np.uint8)
    down, across = _grid()
    wide, high = random.uniform(0.5, 1.05, size=2)
    x, y = random.uniform(-0.1, 0.1, size=2)
    power = random.choice([2, 2, 2, 4, 20])  # ellipse, or rounded to square
    inside = abs((across - x) / wide) ** power + abs((down - y) / high) ** power < 1
    picture = np.where(inside, filling, 0)
    if random.random() < 0.3:
        core = ndimage.binary_erosion(inside, iterations=int(random.integers(2, 7)))
        picture = np.where(inside & ~core, random.uniform(0.3, 1), picture)
    noise = random.choice([0, 0.01]) * abs(random.normal(size=picture.shape))
    return (255 * np.clip(picture + noise, 0, 1)).astype(np.uint8)


def _grid() -> tuple[np.ndarray, np.ndarray]:
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    return down, across


def _fill(random: np.random.Generator) -> np.ndarray:
    """Return clouds, shapes, waves, a glow or an even level, 0 to 1."""
    draw = (_clouds, _shapes, _waves, _glow, _even)[random.integers(5)]
    field = ndimage.gaussian_filter(draw(random), random.choice([0, 0.7, 1.5]))
    noise = random.choice([0, 0.02, 0.1]) * (np.ptp(field) + 0.2)
    field = field + noise * random.normal(size=field.shape)
    field = (field - field.min()) / (np.ptp(field) + 1e-9)
    low, high = random.uniform(0, 0.5), random.uniform(0.6, 1)
    return low + (high - low) * field


def _clouds(random: np.random.Generator) -> np.ndarray:
    steps = np.fft.fftfreq(SIDE)
    frequency = np.maximum(np.hypot(steps[:, None], steps), 1 / SIDE)
    white = np.fft.fft2(random.normal(size=(SIDE, SIDE)))
    return np.fft.ifft2(white / frequency ** random.uniform(0, 2.5)).real


def _shapes(random: np.random.Generator) -> np.ndarray:
    down, across = _grid()
    field = np.zeros((SIDE, SIDE))
    for _ in range(random.integers(1, 30)):
        (x, y), (wide, high) = random.uniform(-1, 1, 2), random.uniform(0.03, 0.7, 2)
        turn = random.uniform(0, np.pi)
        along = (across - x) * np.cos(turn) + (down - y) * np.sin(turn)
        aside = (down - y) * np.cos(turn) - (across - x) * np.sin(turn)
        if random.random() < 0.5:
            inside = np.hypot(along / wide, aside / high) < 1
        else:
            inside = (abs(along) < wide) & (abs(aside) < high)
        field = np.where(inside, random.random(), field)
    return field


def _waves(random: np.random.Generator) -> np.ndarray:
    down, across = _grid()
    turn = random.uniform(0, np.pi)
    along = across * np.cos(turn) + down * np.sin(turn)
    return np.sin(random.uniform(1, 50) * along + random.uniform(0, 6))


def _glow(random: np.random.Generator) -> np.ndarray:
    down, across = _grid()
    x, y = random.uniform(-0.5, 0.5, size=2)
    return -(((across - x) ** 2 + (down - y) ** 2) ** random.uniform(0.2, 1))


def _even(random: np.random.Generator) -> np.ndarray:
    return np.ones((SIDE, SIDE))
