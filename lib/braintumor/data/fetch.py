"""Downloads a source from Kaggle; what is not whole never counts as there."""

import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from braintumor.data import sources
from braintumor.data.catalogue import Source
from braintumor.data.sources import find_content, folder_of, list_slices

CACHE_VARIABLE = "KAGGLEHUB_CACHE"  # read by kagglehub at every call


class FetchError(RuntimeError):
    """A download that did not arrive; the message says what to do instead."""


def fetch_source(source: Source) -> Path:
    """Make a source available, downloading it if it is not there.

    The download goes to a hidden folder beside the target, is counted, and only then
    gets its name, so an interrupted one is never used; the next call resumes it. Where
    kagglehub answers with a read-only folder (Colab, Kaggle) the source becomes a link
    to it.

    Args:
        source: what to fetch.

    Returns:
        The folder of its slices, as `sources.locate` returns it.

    Raises:
        FetchError: offline, refused, or not the published files.
    """
    target = folder_of(source.name)
    if source.name == "phantom" or find_content(source, target) is not None:
        return sources.locate(source.name)
    if source.kaggle_handle is None:
        raise FetchError(f"{source.how_to_get} {target}.")
    if target.is_symlink() or target.exists():
        raise FetchError(
            f"{target} exists, but holds no {source.name} slices. Remove it, then run "
            f"again: braintumor data fetch {source.name}"
        )
    partial = target.with_name(f".{source.name}.download")
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(
            f"{target.parent} cannot be written ({error.strerror}). "
            "Set BRAINTUMOR_RAW to a folder that can."
        ) from error
    content = _verify(source, _download(source, partial), partial)
    _put_in_place(content, target, partial)
    return target


def _download(source: Source, partial: Path) -> Path:
    try:
        import kagglehub
        from kagglehub import exceptions
    except ImportError as error:
        raise FetchError(
            "kagglehub is not installed. Run: pip install kagglehub"
        ) from error
    refusals = tuple(
        value
        for value in vars(exceptions).values()
        if isinstance(value, type) and issubclass(value, Exception)
    )
    try:
        with _cache_in(partial):
            return Path(kagglehub.dataset_download(source.kaggle_handle))
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, *refusals) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        kind = type(error).__name__
        raise FetchError(
            f"{source.name} did not arrive ({kind}: {reason[0][:200]}). Check "
            f"the network and run again, or download {source.origin} in a browser and "
            f"unpack it into {folder_of(source.name)}"
        ) from error


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    before = os.environ.get(CACHE_VARIABLE)
    os.environ[CACHE_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE_VARIABLE]
        else:
            os.environ[CACHE_VARIABLE] = before


def _verify(source: Source, arrived: Path, partial: Path) -> Path:
    content = find_content(source, arrived)
    rows = list_slices(source.name, content) if content else []
    found = Counter((row.official_split, row.label) for row in rows)
    faults = [
        f"{split or 'all'}/{label}: {found[split, label]:,} instead of {expected:,}"
        for (split, label), expected in source.expected_counts.items()
        if found[split, label] != expected
    ]
    if faults:
        shutil.rmtree(partial)  # or kagglehub would answer with the same files again
        raise FetchError(
            f"{source.kaggle_handle} is not the published set ("
            + "; ".join(faults)
            + "). Nothing was kept. Run again; "
            "if it stays so, its publisher changed it."
        )
    return content


def _put_in_place(content: Path, target: Path, partial: Path) -> None:
    if content.resolve().is_relative_to(partial.resolve()):
        os.replace(content, target)
    else:
        os.symlink(content, target, target_is_directory=True)
    shutil.rmtree(partial)
