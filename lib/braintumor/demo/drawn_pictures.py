"""Draws pictures that are no slices: noise, pages, windows, charts, X-rays, patterns.

Each function takes a random generator and returns grey (height, width) or colour
(height, width, 3) uint8; one generator state gives one picture.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

SIDE = 256
WORDS = (
    "the of and to in that it was for on are with as his they be at one have this from "
    "or had by hot but some what there we can out other were all your when up use word "
    "how said an each she which do their time if will way about many then them would"
).split()


def draw_noise(random: np.random.Generator) -> np.ndarray:
    """Return white, salt-and-pepper, blurred or 1/f noise."""
    kind = random.integers(5)
    white = random.normal(size=(SIDE, SIDE))
    if kind == 0:
        return random.integers(0, 256, size=(SIDE, SIDE), dtype=np.uint8)
    if kind == 1:
        return np.where(random.random((SIDE, SIDE)) < 0.5, 0, 255).astype(np.uint8)
    if kind == 2:
        return _stretch(ndimage.gaussian_filter(white, random.uniform(1, 6)))
    if kind == 3:
        return random.integers(0, 256, size=(SIDE, SIDE, 3), dtype=np.uint8)
    across, down = np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE))
    frequency = np.maximum(np.hypot(across, down), 1 / SIDE)
    spectrum = np.fft.fft2(white) / frequency ** random.uniform(0.8, 1.8)
    return _stretch(np.fft.ifft2(spectrum).real)


def draw_text(random: np.random.Generator) -> np.ndarray:
    """Return a page of random words, dark on light or light on dark."""
    paper, ink = (250, 20) if random.random() < 0.7 else (0, 235)
    page = Image.new("L", (int(random.integers(240, 480)), 320), paper)
    write_lines(ImageDraw.Draw(page), random, (14, 12, page.width - 14, 310), ink)
    return np.asarray(page)


def write_lines(
    draw: ImageDraw.ImageDraw,
    random: np.random.Generator,
    box: tuple[int, int, int, int],
    ink: object,
) -> None:
    """Fill a box (left, top, right, bottom) with lines of random words."""
    size = int(random.integers(10, 22))
    font = ImageFont.load_default(size)
    left, top, right, bottom = box
    for height in range(top, bottom - size, round(1.4 * size)):
        line = ""
        while draw.textlength(line, font) < (right - left) * 0.8:
            line += str(random.choice(WORDS)) + " "
        draw.text((left, height), line, fill=ink, font=font)


def draw_window(random: np.random.Generator) -> np.ndarray:
    """Return a screenshot: desktop, windows with a title bar, text and buttons."""
    dark = random.random() < 0.5
    desk, sheet, ink = (24, 38, 225) if dark else (205, 250, 30)
    screen = Image.new("RGB", (480, 300), (desk, desk, min(255, desk + 20)))
    draw = ImageDraw.Draw(screen)
    for _ in range(int(random.integers(1, 4))):
        left, top = (int(v) for v in random.integers(0, (200, 120)))
        right = left + int(random.integers(160, 270))
        bottom = top + int(random.integers(100, 170))
        draw.rectangle(
            (left, top, right, bottom), fill=(sheet,) * 3, outline=(120,) * 3
        )
        bar = tuple(int(v) for v in random.integers(40, 220, size=3))
        draw.rectangle((left, top, right, top + 16), fill=bar)
        write_lines(
            draw, random, (left + 8, top + 24, right - 8, bottom - 30), (ink,) * 3
        )
        draw.rounded_rectangle(
            (right - 70, bottom - 24, right - 10, bottom - 6), 4, bar
        )
    draw.rectangle((0, 284, 480, 300), fill=(70, 70, 80))
    picture = screen if random.random() < 0.5 else screen.convert("L")
    return np.asarray(picture)


def draw_chart(random: np.random.Generator) -> np.ndarray:
    """Return a line, bar, scatter, pie, histogram or heat-map chart."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    dark, grey = random.random(2) < 0.4
    figure = Figure(figsize=(3.2, 2.6), dpi=100, facecolor="black" if dark else "white")
    axes = figure.add_subplot(facecolor="black" if dark else "white")
    axes.tick_params(colors="white" if dark else "black")
    values = random.normal(size=(3, 20))
    kind = random.integers(6)
    if kind == 0:
        axes.plot(values.T.cumsum(axis=0))
    elif kind == 1:
        axes.bar(range(8), abs(values[0, :8]), color=f"C{random.integers(10)}")
    elif kind == 2:
        axes.scatter(*values[:2], s=abs(values[2]) * 80)
    elif kind == 3:
        axes.pie(abs(values[0, :5]) + 0.2)
    elif kind == 4:
        axes.hist(random.normal(size=300), bins=15)
    else:
        axes.imshow(random.random((6, 8)), cmap="gray" if grey else "viridis")
    canvas = FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    canvas.print_png(buffer)
    return np.asarray(Image.open(buffer).convert("L" if grey else "RGB"))


def draw_chest(random: np.random.Generator) -> np.ndarray:
    """Return something like an X-ray of a chest: dark lungs, bright spine and ribs."""
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    width, lift = random.uniform(0.85, 1.1), random.uniform(-0.1, 0.1)
    body = (abs(across) < width * (0.75 + 0.2 * (down > -0.6))) & (down > -0.85)
    signal = np.where(body, 0.62, 0.03)
    for side in (-1, 1):
        lung = np.hypot((across - side * 0.42) / 0.3, (down + lift) / 0.62) < 1
        signal = np.where(lung & body, 0.2, signal)
    arcs = np.sin(random.uniform(18, 26) * (down + 0.35 * across**2) + lift * 9)
    signal += 0.13 * (arcs > 0.5) * body * (abs(across) > 0.1)
    signal += 0.3 * (abs(across) < 0.09) * body
    heart = np.hypot((across - 0.15) / 0.3, (down - 0.25) / 0.32) < 1
    signal = np.where(heart, np.maximum(signal, 0.7), signal)
    return _expose(signal, random)


def draw_hand(random: np.random.Generator) -> np.ndarray:
    """Return something like an X-ray of a hand: bright bones in faint flesh."""
    flesh, bones = Image.new("L", (SIDE, SIDE)), Image.new("L", (SIDE, SIDE))
    on_flesh, on_bones = ImageDraw.Draw(flesh), ImageDraw.Draw(bones)
    wrist = np.array([128.0, 235.0]) + random.uniform(-8, 8, size=2)
    on_flesh.ellipse((78, 120, 180, 250), fill=255)
    for angle in np.deg2rad([-48, -18, -4, 10, 24]) + random.uniform(-0.08, 0.08):
        way = np.array([np.sin(angle), -np.cos(angle)])
        length = random.uniform(185, 215) * (0.75 if angle < -0.6 else 1)
        tip = wrist + way * length
        on_flesh.line([tuple(wrist), tuple(tip)], fill=255, width=26)
        for start, stop in ((0.28, 0.55), (0.58, 0.76), (0.79, 0.89), (0.91, 0.98)):
            ends = [tuple(wrist + way * length * share) for share in (start, stop)]
            on_bones.line(ends, fill=255, width=int(random.integers(8, 13)))
    signal = 0.22 * np.asarray(flesh) / 255 + 0.55 * np.asarray(bones) / 255
    return _expose(signal, random)


def draw_blank(random: np.random.Generator) -> np.ndarray:
    """Return one level everywhere, or nearly so."""
    level = float(random.choice([0, 255, random.integers(1, 255)]))
    noise = random.normal(0, random.choice([0, 0.7, 2]), size=(SIDE, SIDE))
    return np.clip(level + noise, 0, 255).astype(np.uint8)


def draw_gradient(random: np.random.Generator) -> np.ndarray:
    """Return a linear ramp, or a glow around a point."""
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle = random.uniform(0, 2 * np.pi)
    if random.random() < 0.5:
        return _stretch(across * np.cos(angle) + down * np.sin(angle))
    x, y = random.uniform(-0.3, 0.3, size=2)
    return _stretch(-(np.hypot(across - x, down - y) ** random.uniform(0.5, 2)))


def draw_pattern(random: np.random.Generator) -> np.ndarray:
    """Return a checkerboard, stripes, a grid or a square code."""
    down, across = np.mgrid[:SIDE, :SIDE]
    cell, kind = int(random.integers(6, 48)), random.integers(4)
    if kind == 0:
        field = (down // cell + across // cell) % 2
    elif kind == 1:
        field = ((down + int(random.integers(3)) * across) // cell) % 2
    elif kind == 2:
        field = (down % cell < 3) | (across % cell < 3)
    else:
        count = int(random.integers(8, 30))
        field = np.kron(random.integers(0, 2, size=(count, count)), np.ones((8, 8)))
    dark, light = sorted(random.choice(256, size=2, replace=False))
    return np.where(field > 0, light, dark).astype(np.uint8)


def _stretch(field: np.ndarray) -> np.ndarray:
    low, high = field.min(), field.max()
    return np.rint(255 * (field - low) / (high - low)).astype(np.uint8)


def _expose(signal: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Blur a little, add noise, and bring 0..1 to grey levels."""
    seen = ndimage.gaussian_filter(signal, random.uniform(1, 2))
    seen = seen + random.normal(0, random.uniform(0.01, 0.04), size=seen.shape)
    return np.rint(255 * np.clip(seen, 0, 1)).astype(np.uint8)
