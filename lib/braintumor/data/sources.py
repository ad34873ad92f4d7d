"""Finds a data set on this machine and lists its slices."""

from pathlib import Path

from braintumor import paths
from braintumor.data import layout
from braintumor.data.catalogue import BINARY_CLASSES, FOUR_CLASSES, SOURCES, Source
from braintumor.data.decoding import UnreadableSliceError
from braintumor.data.layout import SliceRow, Stray

__all__ = [
    "BINARY_CLASSES",
    "FOUR_CLASSES",
    "SOURCES",
    "MissingSourceError",
    "Source",
    "fetch",
    "find_content",
    "find_strays",
    "folder_of",
    "get_source",
    "list_slices",
    "locate",
    "scan_slices",
]

# The phantom set that notebooks and commands use unless told otherwise.
PHANTOM_SLICES = 400
PHANTOM_SIDE = 160
PHANTOM_SEED = 7


class MissingSourceError(FileNotFoundError):
    """A data set that is not on this machine; the message says how to get it."""


def get_source(name: str) -> Source:
    """Return the source called `name`, or raise a `ValueError` that lists them."""
    if name not in SOURCES:
        raise ValueError(f"dataset={name!r} is unknown. Choose {', '.join(SOURCES)}.")
    return SOURCES[name]


def folder_of(name: str) -> Path:
    """Return where the source belongs on this machine, whether it is there or not."""
    if name == "phantom":  # made here, so never inside a read-only raw folder
        return paths.project_root() / "data" / "raw" / "phantom"
    return paths.raw_root() / get_source(name).name


def locate(name: str) -> Path:
    """Return the folder of a source; the phantom set is generated where absent.

    Raises:
        MissingSourceError: it is not there; the message holds the command to run.
        ValueError: no source has this name.
    """
    folder = folder_of(name)
    if name == "phantom":
        from braintumor.data import phantom

        return phantom.generate(
            folder, slices=PHANTOM_SLICES, side=PHANTOM_SIDE, seed=PHANTOM_SEED
        )
    found = find_content(get_source(name), folder)
    if found is None:
        raise MissingSourceError(
            f"No {name} slices in {folder}. Run: braintumor data fetch {name}"
        )
    return found


def find_content(source: Source, folder: Path) -> Path | None:
    """Return `folder`, or the folder just inside it that an archive added.

    Args:
        source: what to look for.
        folder: where to look.

    Returns:
        The folder that holds class folders (or figshare's files); `None` if none does.
    """
    if not folder.is_dir():
        return None
    return next(
        (
            candidate
            for candidate in (folder, *layout.visible_folders(folder))
            if list_layout(source, candidate)
        ),
        None,
    )


def list_layout(source: Source, root: Path) -> list[Path]:
    """Return the folders in which slices of `source` would lie under `root`."""
    if source.name == "figshare":
        from braintumor.data import figshare

        return figshare.find_folders(root)
    return [folder.path for folder in layout.class_folders(source, root)]


def scan_slices(
    name: str, root: Path
) -> tuple[list[SliceRow], list[UnreadableSliceError]]:
    """List the slices of a source, sorted by path, and what hides its own class.

    Args:
        name: of the source.
        root: its folder, as `locate` returns it.

    Returns:
        Rows (path, label, official_split, patient_id), and an error for every file
        that does not tell them (only figshare's files tell them themselves).
    """
    if name == "figshare":
        from braintumor.data import figshare

        return figshare.scan_slices(root)
    return layout.list_class_folders(get_source(name), root), []


def list_slices(name: str, root: Path) -> list[SliceRow]:
    """Do as `scan_slices`, but refuse a set with errors.

    Raises:
        UnreadableSliceError: names every file.
    """
    rows, errors = scan_slices(name, root)
    if errors:
        raise UnreadableSliceError("\n".join(map(str, errors)))
    return rows


def find_strays(source: Source, root: Path) -> list[Stray]:
    """List what lies in a source's folder and is no slice of a known class."""
    if source.name == "figshare":
        from braintumor.data import figshare

        return figshare.find_strays(root)
    return layout.find_strays(source, root)


def fetch(name: str) -> Path:
    """Download a source, check it, and put it where `locate` finds it."""
    from braintumor.data import fetch as fetching

    return fetching.fetch_source(get_source(name))
