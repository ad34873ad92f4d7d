"""A download counts only when it is whole; kagglehub is played by a stand-in."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import kagglehub
import pytest
import requests

from braintumor.data import fetch, sources
from braintumor.data.fetch import FetchError


@pytest.fixture(autouse=True)
def small_navoneel(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two slices per class are the published set; returns where it belongs."""
    counts = {(None, "no_tumor"): 2, (None, "tumor"): 2}
    source = replace(sources.SOURCES["navoneel"], expected_counts=counts)
    monkeypatch.setitem(sources.SOURCES, "navoneel", source)
    return project / "data" / "raw" / "navoneel"


@pytest.fixture
def kaggle(
    monkeypatch: pytest.MonkeyPatch, write_slice: Callable[..., Path]
) -> "Kaggle":
    kaggle = Kaggle(write_slice)
    monkeypatch.setattr(kagglehub, "dataset_download", kaggle.download)
    return kaggle


class Kaggle:
    """Writes like kagglehub, into its cache folder, and stops where told to."""

    names = ("yes/Y1", "yes/Y2", "no/1 no", "no/2 no")

    def __init__(self, write_slice: Callable[..., Path]) -> None:
        self.write_slice = write_slice
        self.handles: list[str] = []
        self.stop_after: int | None = None
        self.error: BaseException = KeyboardInterrupt()

    def download(self, handle: str) -> str:
        self.handles.append(handle)
        folder = Path(os.environ["KAGGLEHUB_CACHE"]) / "datasets" / handle
        for position, name in enumerate(self.names):
            if position == self.stop_after:
                raise self.error
            self.write_slice(folder / f"{name}.png", position)
        return str(folder)


def test_download_lands_whole_under_its_name(
    kaggle: Kaggle, small_navoneel: Path
) -> None:
    assert sources.fetch("navoneel") == small_navoneel
    assert len(sources.list_slices("navoneel", small_navoneel)) == 4
    assert kaggle.handles == [
        "navoneel/brain-mri-images-for-brain-tumor-detection/versions/1"
    ]
    assert [path.name for path in small_navoneel.parent.iterdir()] == ["navoneel"]
    assert "KAGGLEHUB_CACHE" not in os.environ


def test_a_set_that_is_there_is_not_downloaded_again(
    kaggle: Kaggle, small_navoneel: Path
) -> None:
    sources.fetch("navoneel")
    sources.fetch("navoneel")
    assert len(kaggle.handles) == 1


def test_an_interrupted_download_is_never_used(
    kaggle: Kaggle, small_navoneel: Path
) -> None:
    kaggle.stop_after = 3
    with pytest.raises(KeyboardInterrupt):
        sources.fetch("navoneel")
    assert not small_navoneel.exists()
    with pytest.raises(sources.MissingSourceError):
        sources.locate("navoneel")
    kaggle.stop_after = None
    assert sources.fetch("navoneel") == small_navoneel


def test_a_set_of_other_size_is_thrown_away(
    kaggle: Kaggle, small_navoneel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kaggle, "names", Kaggle.names[:3])
    with pytest.raises(FetchError, match="no_tumor: 1 instead of 2"):
        sources.fetch("navoneel")
    assert list(small_navoneel.parent.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("Name or service not known"),
        kagglehub.exceptions.DataCorruptionError("checksum differs"),
        kagglehub.exceptions.UnauthenticatedError(),
    ],
)
def test_offline_or_refused_is_one_sentence_with_the_cure(
    kaggle: Kaggle, small_navoneel: Path, error: Exception
) -> None:
    kaggle.stop_after, kaggle.error = 0, error
    with pytest.raises(FetchError, match="navoneel did not arrive") as caught:
        sources.fetch("navoneel")
    message = str(caught.value)
    assert "https://www.kaggle.com" in message and str(small_navoneel) in message
    assert not small_navoneel.exists() and "KAGGLEHUB_CACHE" not in os.environ


def test_a_read_only_cache_is_linked_not_moved(
    binary_tree: Path, small_navoneel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: str(binary_tree))
    assert sources.fetch("navoneel") == small_navoneel
    assert small_navoneel.is_symlink() and binary_tree.is_dir()
    assert len(sources.list_slices("navoneel", sources.locate("navoneel"))) == 4


def test_something_else_in_the_way_is_not_overwritten(
    kaggle: Kaggle, small_navoneel: Path
) -> None:
    small_navoneel.mkdir(parents=True)
    (small_navoneel / "thesis.txt").write_text("three years")
    with pytest.raises(FetchError, match="holds no navoneel slices. Remove it"):
        sources.fetch("navoneel")
    assert (small_navoneel / "thesis.txt").exists() and kaggle.handles == []


def test_sets_that_kaggle_has_not_say_how_to_get_them(project: Path) -> None:
    with pytest.raises(FetchError, match="four archives") as caught:
        sources.fetch("figshare")
    assert str(project / "data" / "raw" / "figshare") in str(caught.value)


def test_the_archives_second_copy_does_not_double_the_counts(
    kaggle: Kaggle, small_navoneel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = tuple(f"brain_tumor_dataset/{name}" for name in Kaggle.names)
    monkeypatch.setattr(Kaggle, "names", Kaggle.names + twice)
    assert len(sources.list_slices("navoneel", sources.fetch("navoneel"))) == 4


def test_the_pinned_version_is_kaggles_spelling() -> None:
    from kagglehub.handle import parse_dataset_handle

    for source in sources.SOURCES.values():
        if source.kaggle_handle:
            assert parse_dataset_handle(source.kaggle_handle).is_versioned()
    assert fetch.CACHE_VARIABLE == kagglehub.config.CACHE_FOLDER_ENV_VAR_NAME
