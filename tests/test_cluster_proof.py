"""The proof on Slurm: what it compares, and that it sees what it must see."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cluster import homes, prove_slurm

ANSWERS = "probability_glioma,probability_pituitary\n0.900000,0.100000\n"
CELL = f"data/runs/{prove_slurm.VICTIM_CELL}/predictions/{prove_slurm.VICTIM}.csv"
TABLE = f"data/runs/{prove_slurm.RUN}/{prove_slurm.TABLE}"


@pytest.fixture
def sides(tmp_path):
    """Two projects with the same table and the same answers."""
    one, other = tmp_path / "one", tmp_path / "other"
    for name, content in {TABLE: "a,b\n", CELL: ANSWERS}.items():
        (one / name).parent.mkdir(parents=True)
        (one / name).write_text(content)
    shutil.copytree(one, other)
    return one, other


def test_equal_sides_pass(sides, capsys):
    prove_slurm.require_equal(*sides)
    assert "the table and 1 answers" in capsys.readouterr().out


@pytest.mark.parametrize("name", [TABLE, CELL])
def test_a_changed_byte_is_named(sides, name):
    file = sides[1] / name
    file.write_bytes(file.read_bytes().replace(b"a", b"e", 1))
    with pytest.raises(prove_slurm.ProofFailedError, match=name):
        prove_slurm.require_equal(*sides)


@pytest.mark.parametrize("name", [TABLE, CELL])
def test_what_is_missing_is_named(sides, name):
    (sides[1] / name).unlink()
    with pytest.raises(prove_slurm.ProofFailedError, match=name):
        prove_slurm.require_equal(*sides)


def test_the_planted_answer_is_another_class(sides):
    prove_slurm.plant_answer(sides[1])
    assert (sides[1] / CELL).read_text().endswith("\n0.100000,0.900000\n")
    with pytest.raises(prove_slurm.ProofFailedError):
        prove_slurm.require_equal(*sides)


def test_a_home_has_the_graph_and_nothing_that_was_made(tmp_path):
    home = homes.make_home(tmp_path / "home")
    assert (home / "workflow" / "sweep.smk").is_file()
    assert not (home / "data").exists()


def test_the_script_is_plain_shell():
    script = Path(prove_slurm.NODE)
    subprocess.run(["sh", "-n", str(script)], check=True)
    done = subprocess.run(["sh", str(script), "restart", "x"], capture_output=True)
    assert done.returncode == 2
