import json

import pytest

from braintumor import provenance


@pytest.fixture
def record(tmp_path):
    data = tmp_path / "manifest.csv"
    data.write_text("slice_id\n")
    path = tmp_path / "deep" / "01_toy.json"
    provenance.write(
        path,
        parameters={"seed": 5, "run": "toy"},
        inputs=[data],
        seconds=1.26,
        notebook="01_toy",
    )
    return json.loads(path.read_text())


def test_tells_what_made_a_result(record):
    assert record["notebook"] == "01_toy"
    assert (record["seed"], record["seconds"]) == (5, 1.3)
    assert record["parameters"] == {"seed": 5, "run": "toy"}
    assert {"python", "backend", "numpy", "braintumor"} <= {*record["versions"]}
    assert record["hardware"]["processor"]
    assert record["hardware"]["cores"] >= 1


def test_the_data_hash_changes_with_the_data(tmp_path, record):
    (name,) = record["data"]
    assert name == "manifest.csv"
    other = tmp_path / "manifest.csv"
    assert record["data"][name] == provenance.file_hash(other)
    other.write_text("slice_id\nx\n")
    assert record["data"][name] != provenance.file_hash(other)


def test_commit_says_whether_tracked_files_differ(tmp_path, monkeypatch):
    run = provenance.subprocess.run
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    assert provenance.commit() == {"commit": None, "dirty": None}
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    (tmp_path / "file").write_text("one")
    for command in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "one")):
        run(["git", *command], cwd=tmp_path, check=True)
    assert len(provenance.commit()["commit"]) == 40
    assert provenance.commit()["dirty"] is False
    (tmp_path / "file").write_text("two")
    assert provenance.commit()["dirty"] is True


def test_backend_is_read_without_importing_keras(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert provenance.keras_backend() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert provenance.keras_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert provenance.keras_backend() == "torch"
