import pytest

from braintumor import paths


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_nearest_project_above_wins(elsewhere, monkeypatch):
    inner = elsewhere / "project" / "notebooks"
    inner.mkdir(parents=True)
    (elsewhere / "project" / "pyproject.toml").touch()
    monkeypatch.chdir(inner)
    assert paths.project_root() == elsewhere / "project"
    monkeypatch.setenv(paths.HOME_VARIABLE, str(elsewhere))
    assert paths.project_root() == elsewhere


def test_outside_every_project_the_clone_of_the_package_is_meant(elsewhere):
    root = paths.project_root()
    assert (root / "lib" / "braintumor" / "paths.py").is_file()
    with pytest.raises(FileNotFoundError, match="BRAINTUMOR_HOME"):
        paths.project_root(elsewhere)


def test_raw_data_may_lie_elsewhere(elsewhere, monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(elsewhere))
    monkeypatch.delenv(paths.RAW_VARIABLE, raising=False)
    assert paths.raw_root() == elsewhere / "data" / "raw"
    monkeypatch.setenv(paths.RAW_VARIABLE, "/sets")
    assert str(paths.raw_root()) == "/sets"


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "-x", "a b"])
def test_run_names_cannot_leave_the_folder(name):
    with pytest.raises(ValueError, match="run name"):
        paths.run_folder(name)
