"""Tables of studies: written whole, with hashes, and refused when they were changed."""

import json

import pandas as pd
import pytest

from braintumor import paths
from braintumor.studies import record
from braintumor.studies.setting import Setting

TABLE = pd.DataFrame({"what": ["a", "b"], "share": [0.25, 1 / 3]})


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return tmp_path


def test_a_study_is_read_as_it_was_written(project):
    source = project / "splits.csv"
    source.write_text("slice_id\n")
    setting = Setting("toy", 3)
    assert setting.read(source) == setting.read(source)
    folder = record.publish("toy", {"shares": TABLE}, setting, seconds=1)
    told = json.loads((folder / record.RECORD).read_text("utf-8"))
    assert told["parameters"] == {"run": "toy", "seed": 3, "parallel": 1}
    assert list(told["data"]) == ["splits.csv"]
    assert record.read_table("toy", "shares")["share"].tolist() == [0.25, 0.3333]


def test_a_changed_table_is_refused(project):
    folder = record.publish("toy", {"shares": TABLE}, Setting("toy"), seconds=1)
    path = folder / "shares.csv"
    path.write_text(path.read_text("utf-8").replace("0.25", "0.75"), "utf-8")
    with pytest.raises(ValueError, match="not the table that study toy wrote"):
        record.read_table("toy", "shares")


def test_a_table_of_an_earlier_run_goes(project):
    record.publish("toy", {"old": TABLE, "kept": TABLE}, Setting("toy"), seconds=1)
    folder = record.publish("toy", {"kept": TABLE}, Setting("toy"), seconds=1)
    assert [path.name for path in folder.glob("*.csv")] == ["kept.csv"]


def test_what_is_missing_is_said_with_its_cure(project):
    with pytest.raises(FileNotFoundError, match="braintumor study toy"):
        record.read_table("toy", "shares")
    with pytest.raises(FileNotFoundError, match="It comes with run toy"):
        Setting("toy").read(project / "splits.csv")


def test_every_tracked_table_is_what_its_study_wrote():
    root = paths.results_root() / "studies"
    names = [path.name for path in root.iterdir()] if root.is_dir() else []
    assert {*names} <= {*record.find_studies()}
    for name in names:
        tables = [path.stem for path in (root / name).glob("*.csv")]
        assert tables, name
        for table in tables:
            assert len(record.read_table(name, table)), (name, table)
