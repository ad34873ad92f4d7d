"""What the tests of the demos share: the hostile uploads."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # so that tests find the generator

import hostile  # noqa: E402


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every hostile upload as a file, and `index.json`; see `hostile.write`."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile.write(folder)
    yield folder
    shutil.rmtree(folder)  # a hundred megabytes
