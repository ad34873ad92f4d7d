"""What the whole suite shares."""

from pathlib import Path

import pytest

from braintumor.data import phantom


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small phantom set, made once; tests must not write into it."""
    folder = tmp_path_factory.mktemp("phantoms") / "phantom"
    return phantom.generate(folder, slices=80, side=96, seed=7)
