"""Paint a healthy head, tissue by tissue, on the points of one slice."""

import numpy as np

from braintumor.data.phantom.anatomy import Layers
from braintumor.data.phantom.fields import Ripple, ellipsoid, merge, soft_inside

SELLA = np.array([0.0, 4.0, -31.0])  # mm, seat of the pituitary gland


class HeadStyle:
    """What differs from head to head outside the brain."""

    def __init__(self, random: np.random.Generator):
        """Draw thicknesses in mm and the texture of the soft parts."""
        self.skull = random.uniform(4.0, 7.0)
        self.scalp = random.uniform(3.5, 8.0)
        self.eyes = random.uniform(30.0, 35.0)
        self.muscle = Ripple.draw(random, wavelength=26.0, amplitude=1.0, terms=7)
        self.thickness = Ripple.draw(random, wavelength=90.0, amplitude=0.8, terms=4)
        self.diploe = random.uniform(0.2, 0.8)


def paint(canvas: np.ndarray, share: np.ndarray, signal: float | np.ndarray) -> None:
    """Cover `canvas` in place with `signal` where `share` (0 to 1) is high."""
    canvas += share * (signal - canvas)


def mirrored(points: np.ndarray) -> np.ndarray:
    """Return the points with the left side folded onto the right."""
    return np.abs(points * [1, 0, 0]) + points * [0, 1, 1]


def paint_head(
    points: np.ndarray, layers: Layers, style: HeadStyle, contrast: dict[str, float]
) -> np.ndarray:
    """Return the ideal signal of a healthy head, 0 to about 1, shape (...).

    Args:
        points: (..., 3) template mm.
        layers: the anatomy at these points.
        style: the soft parts and bones of this head.
        contrast: signal per tissue.
    """
    canvas = np.zeros(points.shape[:-1])
    paint_soft_parts(canvas, points, layers, style, contrast)
    paint_skull(canvas, points, layers, style, contrast)
    paint_face(canvas, points, style, contrast)
    paint_cavity(canvas, points, layers, contrast)
    paint_sella(canvas, points, layers, contrast)
    paint_spine(canvas, points, contrast)
    return canvas


def paint_soft_parts(canvas, points, layers, style, contrast) -> None:
    """Paint scalp, face and neck: fat under the skin, muscle deeper."""
    rim = layers.dura - style.skull - style.scalp - style.thickness(points)
    face = ellipsoid(points, (0, 38, -62), (60, 56, 62))
    nose = ellipsoid(points, (0, 92, -62), (13, 18, 20))
    neck = np.hypot(points[..., 0] / 56, (points[..., 1] + 28) / 64) * 56 - 56
    neck = np.maximum(neck, points[..., 2] + 40)
    surface = merge(merge(merge(rim, face, 14.0), nose, 8.0), neck, 18.0)
    # Muscles run up and down, with streaks of fat between them.
    muscles = style.muscle(points * [1, 1, 0.4])
    streaks = 0.35 * np.clip(1 - np.abs(muscles) / 0.35, 0, 1)
    lean = contrast["muscle"] * (1 + 0.12 * muscles)
    deep = lean + streaks * (contrast["fat"] - lean)
    # Deep to the scalp only where something lies between skin and skull.
    deep_share = soft_inside(surface + 7.0, 3.0) * soft_inside(
        style.skull + 9.0 - layers.dura, 4.0
    )
    paint(canvas, soft_inside(surface), contrast["muscle"])
    paint(canvas, soft_inside(surface + 1.6), contrast["fat"])
    paint(canvas, deep_share, deep)


def paint_skull(canvas, points, layers, style, contrast) -> None:
    """Paint two dark tables of bone with marrow between them."""
    outer = layers.dura - style.skull - 0.5 * style.thickness(points)
    paint(canvas, soft_inside(outer), contrast["bone"])
    middle = np.abs(layers.dura - 0.55 * style.skull) - 0.22 * style.skull
    marrow = contrast["bone"] + style.diploe * (contrast["marrow"] - contrast["bone"])
    paint(canvas, soft_inside(middle), marrow)


def paint_face(canvas, points, style, contrast) -> None:
    """Paint orbits with eyes, nasal cavity, sinuses and airway."""
    side = mirrored(points)
    outside = soft_inside(-style_guard(points))
    orbit = ellipsoid(side, (style.eyes - 2, 56, -40), (19, 26, 18))
    eye = ellipsoid(side, (style.eyes, 66, -40), (12.5, 12.5, 12.5))
    nerve = ellipsoid(side, (style.eyes - 6, 44, -39), (4, 18, 3.5))
    maxillary = ellipsoid(side, (26, 52, -72), (13, 15, 13))
    nasal = ellipsoid(points, (0, 62, -66), (9, 26, 22))
    airway = ellipsoid(points, (0, 8, -100), (9, 8, 40))
    paint(canvas, soft_inside(orbit) * outside, 0.85 * contrast["fat"])
    paint(canvas, soft_inside(nerve) * outside, contrast["muscle"])
    paint(canvas, soft_inside(eye + -0.8) * outside, contrast["muscle"])
    paint(canvas, soft_inside(eye + 0.8) * outside, contrast["vitreous"])
    for hollow in (maxillary, nasal, airway):
        paint(canvas, soft_inside(hollow), contrast["air"])
    septum = np.maximum(np.abs(points[..., 0]) - 1.2, nasal)
    paint(canvas, soft_inside(septum), contrast["muscle"])


def style_guard(points: np.ndarray) -> np.ndarray:
    """Return a plane that keeps the orbits in front of the temporal lobes, mm."""
    return points[..., 1] - 34.0


def paint_cavity(canvas, points, layers, contrast) -> None:
    """Paint dura, fluid, brain and the vein on top of the midline."""
    paint(canvas, soft_inside(np.abs(layers.dura - 0.4) - 0.7), contrast["dura"])
    paint(canvas, soft_inside(layers.dura), contrast["csf"])
    fluid = np.clip(1 - layers.grey - layers.white, 0, 1)
    total = np.maximum(layers.grey + layers.white + fluid, 1e-6)
    brain = (
        layers.grey * contrast["grey"]
        + layers.white * contrast["white"]
        + fluid * contrast["csf"]
    ) / total
    paint(canvas, np.clip(2 * layers.brain - 0.5, 0, 1), brain)
    x, y, z = np.moveaxis(points, -1, 0)
    inside = soft_inside(layers.dura) * soft_inside(16.0 - z, 14.0)
    falx = soft_inside(np.abs(x) - 0.7) * np.clip(1 - layers.grey - layers.white, 0, 1)
    paint(canvas, 0.5 * falx * inside, contrast["dura"])
    vein = soft_inside(np.abs(x) - layers.dura - 4.5)
    paint(canvas, vein * inside, contrast["vein"])


def paint_sella(canvas, points, layers, contrast) -> None:
    """Paint the bone around the sella, the air below it, and both carotids."""
    free = np.clip(1 - 2 * layers.brain, 0, 1)
    body = ellipsoid(points, (0, 8, -46), (21, 26, 14))
    clivus = ellipsoid(points, (0, -14, -48), (12, 7, 20))
    sinus = ellipsoid(points, (0, 16, -46), (13, 13, 9))
    carotid = ellipsoid(mirrored(points), (12, 4, -31), (3.2, 7, 3.2))
    paint(canvas, free * soft_inside(body), 0.7 * contrast["marrow"])
    paint(canvas, free * soft_inside(clivus), contrast["marrow"])
    paint(canvas, free * soft_inside(sinus), contrast["air"])
    bed = ellipsoid(points, SELLA, (9, 7, 6))
    paint(canvas, free * soft_inside(bed), contrast["bone"])
    paint(canvas, free * soft_inside(carotid), contrast["bone"])


def paint_gland(canvas, points, contrast) -> None:
    """Paint a healthy pituitary gland with its stalk."""
    gland = ellipsoid(points, SELLA, (5.8, 4.2, 2.8))
    stalk = ellipsoid(points, SELLA + [0, -1, 7], (1.3, 1.3, 6.0))
    paint(canvas, soft_inside(gland), contrast["gland"])
    paint(canvas, soft_inside(stalk), contrast["gland"])


def paint_spine(canvas, points, contrast) -> None:
    """Paint vertebrae and the cord below the template's last slice."""
    x, y, z = np.moveaxis(points, -1, 0)
    below = soft_inside(z + 70.0, 4.0)
    body = np.hypot(x / 12, (y + 24) / 9) * 9 - 9
    disc = np.abs((z + 80) % 18 - 9) - 7.0
    canal = np.hypot(x, y + 44) - 10
    cord = np.hypot(x, y + 44) - 5.5
    paint(canvas, below * soft_inside(body), contrast["bone"])
    paint(canvas, below * soft_inside(np.maximum(body + 1, disc)), contrast["marrow"])
    paint(canvas, below * soft_inside(canal), contrast["csf"])
    paint(canvas, below * soft_inside(cord), contrast["white"])
