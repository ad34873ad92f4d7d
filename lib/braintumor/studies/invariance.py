"""What must not change an answer, and how often it does."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from braintumor.data.images import decode_slice
from braintumor.evaluation import robustness
from braintumor.studies.setting import Setting
from braintumor.studies.shipped import VIEWS, draw_test, load_shipped

QUESTION = "Do turns, a shift by one pixel, a mirror or another file change answers?"
NEEDS = ("nickparvar",)
COSTS = "1 minute on one core"


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Change a fixed draw of the official test harmlessly, and compare the answers.

    Returns:
        `changes`: by view, transformation and metric of `describe_changes`, with
        `pixels_moved`, the mean absolute change in grey levels; `slices`: who was
        looked at.
    """
    shipped = load_shipped(setting)
    draw = draw_test(setting, shipped.recipe.classes)
    before = shipped.answer(draw.pixels)
    parts = []
    for name, (kind, transform) in tqdm(TRANSFORMATIONS.items(), unit="change"):
        pixels = [transform(grey) for grey in draw.pixels]
        columns = robustness.describe_changes(
            before, shipped.answer(pixels), draw.labels
        )
        columns["pixels_moved"] = np.array(
            [
                cv2.absdiff(*pair).mean()
                for pair in zip(draw.pixels, pixels, strict=True)
            ]
        )
        for view in VIEWS:
            inside = draw.in_view(view)
            counted = {metric: column[inside] for metric, column in columns.items()}
            scores = robustness.average(counted, draw.groups[inside])
            keys = {"view": view, "kind": kind, "transformation": name}
            parts.append(pd.DataFrame(keys, index=scores.index).join(scores))
    return {"changes": pd.concat(parts, ignore_index=True), "slices": draw.count()}


def turn(grey: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a slice anticlockwise about its centre; black moves in."""
    height, width = grey.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    return cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_LINEAR)


def shift(grey: np.ndarray, down: int, across: int) -> np.ndarray:
    """Move a slice by whole pixels; black moves in."""
    height, width = grey.shape
    matrix = np.array([[1, 0, across], [0, 1, down]], dtype=float)
    return cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_NEAREST)


def mirror(grey: np.ndarray) -> np.ndarray:
    """Exchange left and right."""
    return np.ascontiguousarray(grey[:, ::-1])


def store(grey: np.ndarray, file_format: str, **settings) -> np.ndarray:
    """Write a slice as a file and decode it as the project decodes any file."""
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, file_format, **settings)
    return decode_slice(stream.getvalue())


def deepen(grey: np.ndarray, factor: int) -> np.ndarray:
    """Write a slice as a 16-bit PNG of `factor` times its values, and decode it.

    257 spans all 16 bits; 16 is what 12-bit scanners write into 16-bit files.
    """
    stream = io.BytesIO()
    Image.fromarray(grey.astype(np.uint16) * np.uint16(factor)).save(stream, "PNG")
    return decode_slice(stream.getvalue())


# name → (kind, what is done with grey values uint8 (height, width))
TRANSFORMATIONS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "turn_left_10_degrees": ("place", lambda grey: turn(grey, 10)),
    "turn_right_10_degrees": ("place", lambda grey: turn(grey, -10)),
    "shift_left_1_pixel": ("place", lambda grey: shift(grey, 0, -1)),
    "shift_right_1_pixel": ("place", lambda grey: shift(grey, 0, 1)),
    "shift_up_1_pixel": ("place", lambda grey: shift(grey, -1, 0)),
    "shift_down_1_pixel": ("place", lambda grey: shift(grey, 1, 0)),
    "mirror_left_right": ("place", mirror),
    "png_8_bit": ("file", lambda grey: store(grey, "PNG")),
    "jpeg_quality_90": ("file", lambda grey: store(grey, "JPEG", quality=90)),
    "jpeg_quality_75": ("file", lambda grey: store(grey, "JPEG", quality=75)),
    "png_16_bit": ("file", lambda grey: deepen(grey, 257)),
    "png_16_bit_of_12": ("file", lambda grey: deepen(grey, 16)),
}
