"""Write a whole phantom set: all of it or nothing, the same bytes from one seed."""

import hashlib
import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from braintumor.data.phantom.anatomy import load_anatomy
from braintumor.data.phantom.files import Row, listed_paths, patient_rows, write_table
from braintumor.data.phantom.plan import PatientPlan, plan_patients

VERSION = 3  # raise it whenever the same arguments would give other pixels
MARKER = "phantom.json"
LIMITS = {"slices": (40, 100_000), "side": (48, 512), "seed": (0, 2**32 - 1)}


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
        replace_folder(scratch, folder, arguments)
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
    return marker == describe(arguments, table) and all(
        (folder / path).is_file() and (folder / "masks" / path).is_file()
        for path in listed_paths(table)
    )


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


def replace_folder(scratch: Path, folder: Path, arguments: dict[str, int]) -> None:
    """Put `scratch` in the place of `folder`, unless another process was quicker."""
    if is_complete(folder, arguments):
        return
    if folder.exists():
        shutil.rmtree(folder)
    try:
        scratch.rename(folder)
    except OSError:
        if not is_complete(folder, arguments):
            raise


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
