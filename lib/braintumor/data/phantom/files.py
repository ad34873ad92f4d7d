"""The files of one patient: slices, repeats, masks and their rows in the table."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from braintumor.data.phantom.anatomy import Anatomy
from braintumor.data.phantom.patients import Patient, Slice
from braintumor.data.phantom.plan import PatientPlan

COLUMNS = (
    "path",
    "patient_id",
    "plane",
    "repeat_of",
    "repeat_kind",
    "x_min",
    "y_min",
    "x_max",
    "y_max",
)

Row = dict[str, str | int]


def patient_rows(
    folder: Path,
    plan: PatientPlan,
    side: int,
    random: np.random.Generator,
    anatomy: Anatomy,
) -> Iterator[Row]:
    """Write one patient's slices and repeats, and describe each."""
    patient = Patient.draw(plan.label, plan.plane, random, anatomy)
    made = []
    for position, offset in enumerate(patient.offsets(len(plan.splits), anatomy)):
        made.append(patient.render(offset, side, random, anatomy))
        yield write_row(folder, plan, position, made[-1])
    for extra, (original, kind) in enumerate(plan.repeats, start=len(plan.splits)):
        row = write_row(folder, plan, extra, made[original], kind)
        yield row | {"repeat_of": plan.path(original), "repeat_kind": kind}


def write_row(
    folder: Path,
    plan: PatientPlan,
    position: int,
    made: Slice,
    kind: str = "",
) -> Row:
    """Write a slice and its mask; return its row, with the box of what was written."""
    path = plan.path(position)
    mask = repeat(made.mask.astype(np.uint8) * 255, kind, cv2.INTER_NEAREST)
    image = repeat(made.image, kind, cv2.INTER_LINEAR)
    compression = 1 if kind == "same_pixels" else 6  # the same pixels, other bytes
    write_png(folder / path, image, compression)
    write_png(folder / "masks" / path, mask)
    row: Row = dict.fromkeys(COLUMNS, "")
    return (
        row | {"path": path, "patient_id": plan.name, "plane": plan.plane} | box(mask)
    )


def repeat(pixels: np.ndarray, kind: str, interpolation: int) -> np.ndarray:
    """Return `pixels (side, side)` as the repeat of one kind shows them."""
    if kind == "flipped":
        return np.ascontiguousarray(pixels[:, ::-1])
    if kind == "rotated":
        return np.ascontiguousarray(np.rot90(pixels))
    if kind == "rescaled":
        middle = (pixels.shape[1] - 1) / 2
        enlarge = cv2.getRotationMatrix2D((middle, middle), 0.0, 1.015)
        return cv2.warpAffine(pixels, enlarge, pixels.shape[::-1], flags=interpolation)
    return pixels


def box(mask: np.ndarray) -> Row:
    """Return the half-open box around a mask's lesion, or nothing."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return {}
    edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return dict(zip(COLUMNS[-4:], map(int, edges), strict=True))


def write_png(path: Path, pixels: np.ndarray, compression: int = 6) -> None:
    """Write an 8-bit grey PNG with fixed settings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = [cv2.IMWRITE_PNG_COMPRESSION, compression]
    encoded, content = cv2.imencode(".png", pixels, settings)
    if not encoded:
        raise OSError(f"{path} could not be encoded as PNG; reinstall OpenCV.")
    path.write_bytes(content.tobytes())


def write_table(path: Path, rows: list[Row]) -> None:
    """Write `slices.csv`: UTF-8, LF, one row per slice."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def listed_paths(table: bytes) -> list[str]:
    """Return the paths of all slices in the content of a `slices.csv`."""
    rows = csv.DictReader(io.StringIO(table.decode("utf-8")))
    return [row["path"] for row in rows]
