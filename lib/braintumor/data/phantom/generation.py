"""Write a whole phantom set: all of it or nothing, the same bytes from one seed."""

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from braintumor.data.phantom.anatomy import load_anatomy
from braintumor.data.phantom.patients import Patient
from braintumor.data.phantom.plan import PatientPlan, plan_patients

VERSION = 1  # raise it whenever the same arguments would give other pixels
MARKER = "phantom.json"
COLUMNS = (
    "path patient_id plane repeat_of repeat_kind x_min y_min x_max y_max"
).split()
LIMITS = {"slices": (40, 100_000), "side": (48, 512), "seed": (0, 2**32 - 1)}

Row = dict[str, str | int]


def generate(
    folder: Path,
    *,
    slices: int = 400,
    side: int = 160,
    seed: int = 7,
    workers: int | None = None,
) -> Path:
    """Write a set of phantom slices, shaped like the real ones.

    `folder` gets `Training/` and `Testing/` with one folder per class,
    `masks/` with the same relative paths (255 = lesion), `slices.csv` and, last,
    `phantom.json`. A box in `slices.csv` is half-open: `mask[y_min:y_max, x_min:x_max]`
    holds the lesion. An interrupted set is never mistaken for a whole one.

    Args:
        folder: where the set goes; a whole set of the same arguments is kept.
        slices: number of slices in all, 40 or more.
        side: edge of a slice in pixels, 48 to 512.
        seed: the same seed gives the same bytes, whatever `workers` is.
        workers: threads; by default one per core.

    Returns:
        `folder`.

    Raises:
        ValueError: names the argument that is out of range.
        FileExistsError: `folder` holds something that no phantom set consists of.
    """
    arguments = check_arguments(slices=slices, side=side, seed=seed)
    workers = check_workers(workers)
    folder = Path(folder)
    if is_complete(folder, arguments):
        return folder
    refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        rows = write_slices(scratch, workers=workers, **arguments)
        write_table(scratch / "slices.csv", rows)
        write_marker(scratch, arguments)
        scratch.chmod(0o755)
        replace_folder(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def check_arguments(**arguments: int) -> dict[str, int]:
    """Return the arguments as plain integers, or refuse one by name."""
    for name, value in arguments.items():
        low, high = LIMITS[name]
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            raise ValueError(
                f"{name}={value!r} will not do: "
                f"give a whole number from {low} to {high}."
            )
    return {name: int(value) for name, value in arguments.items()}


def check_workers(workers: int | None) -> int:
    """Return the number of threads, or refuse it."""
    if workers is None:
        return os.cpu_count() or 1
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise ValueError(f"workers={workers!r} will not do: give 1 or more, or None.")
    return workers


def is_complete(folder: Path, arguments: dict[str, int]) -> bool:
    """Say whether `folder` holds a whole set made by this code from `arguments`."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        table = (folder / "slices.csv").read_bytes()
    except (OSError, ValueError):
        return False
    return marker == describe(arguments, table)


def describe(arguments: dict[str, int], table: bytes) -> dict[str, object]:
    """Return what the marker says: arguments, code version, hash of the table."""
    digest = hashlib.sha256(table).hexdigest()
    return {"version": VERSION, **arguments, "slices_csv_sha256": digest}


def write_marker(folder: Path, arguments: dict[str, int]) -> None:
    """Write the completion marker; it comes last."""
    marker = describe(arguments, (folder / "slices.csv").read_bytes())
    text = json.dumps(marker, indent=2) + "\n"
    (folder / MARKER).write_text(text, encoding="utf-8", newline="\n")


def refuse_foreign(folder: Path) -> None:
    """Refuse to replace a folder that is not a phantom set."""
    own = {"Training", "Testing", "masks", "slices.csv", MARKER}
    foreign = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    foreign = [name for name in foreign if name not in own]
    if foreign:
        raise FileExistsError(
            f"{folder} holds {foreign[0]!r}, which is no part of a phantom set: "
            "choose another folder, or empty this one yourself."
        )


def replace_folder(scratch: Path, folder: Path) -> None:
    """Put `scratch` in the place of `folder`."""
    if folder.exists():
        shutil.rmtree(folder)
    scratch.rename(folder)


def write_slices(
    folder: Path, *, slices: int, side: int, seed: int, workers: int
) -> list[Row]:
    """Write every image and mask; return the rows of `slices.csv`, sorted by path."""
    anatomy = load_anatomy()
    plans = plan_patients(slices, seed)

    def write_patient(plan: PatientPlan) -> list[Row]:
        # A generator per patient: the order in which threads finish changes nothing.
        random = np.random.default_rng(np.random.SeedSequence((seed, plan.number)))
        return list(patient_rows(folder, plan, side, random, anatomy))

    rows: list[Row] = []
    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=slices, desc="phantom slices", unit="slice") as bar,
    ):
        for done in pool.map(write_patient, plans):
            rows += done
            bar.update(len(done))
    return sorted(rows, key=lambda row: row["path"])


def patient_rows(folder, plan, side, random, anatomy) -> Iterator[Row]:
    """Write one patient's slices and repeats, and describe each."""
    patient = Patient.draw(plan.label, random, anatomy)
    made = []
    for position, offset in enumerate(patient.offsets(len(plan.splits), anatomy)):
        made.append(patient.render(offset, side, random, anatomy))
        yield write_row(folder, plan, position, patient.plane, made[-1])
    for extra, (original, kind) in enumerate(plan.repeats, start=len(plan.splits)):
        row = write_row(folder, plan, extra, patient.plane, made[original], kind)
        yield row | {"repeat_of": plan.path(original), "repeat_kind": kind}


def write_row(folder, plan, position, plane, made, kind: str = "") -> Row:
    """Write a slice and its mask; return its row, with the box of what was written."""
    path = plan.path(position)
    mask = repeat(made.mask.astype(np.uint8) * 255, kind, cv2.INTER_NEAREST)
    image = repeat(made.image, kind, cv2.INTER_LINEAR)
    write_png(folder / path, image, compression=1 if kind == "same_pixels" else 6)
    write_png(folder / "masks" / path, mask)
    row: Row = dict.fromkeys(COLUMNS, "")
    return row | {"path": path, "patient_id": plan.name, "plane": plane} | box(mask)


def repeat(pixels: np.ndarray, kind: str, interpolation: int) -> np.ndarray:
    """Return `pixels (side, side)` as the repeat of one kind shows them."""
    if kind == "flipped":
        return np.ascontiguousarray(pixels[:, ::-1])
    if kind == "rotated":
        return np.ascontiguousarray(np.rot90(pixels))
    if kind == "rescaled":
        middle = (pixels.shape[1] - 1) / 2
        enlarge = cv2.getRotationMatrix2D((middle, middle), 0.0, 1.03)
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
