"""Prove that Slurm, a kill and a resumption change no byte of a sweep's answers.

`python -m cluster.prove_slurm`, as root on a Debian machine. Twelve trainings run here,
and twelve in a one-node Slurm, where one is cancelled in the middle; a second call
resumes it. The exit status is 1 where the tables or the answers differ. With `--plant`
one answer of the Slurm side is then changed and all compared again, which must fail.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from braintumor.modeling import checkpoint
from braintumor.runs import RunPaths
from braintumor.sweeps.plan import TABLE
from braintumor.workflow.settings import TRAININGS
from cluster import homes

RUN, SEEDS, FOLDS = "proof", (7, 8), 3
MODELS = ("vgg16_four_class", "vgg19_binary")  # the quickest to train
CHOICES = [
    *("--run", RUN, "--seeds", " ".join(map(str, SEEDS)), "--folds", str(FOLDS)),
    *(
        "--models",
        " ".join(MODELS),
        "--parameter",
        "side=32",
        "--parameter",
        "epochs=2",
    ),
]
SLURM = ("--executor", "slurm")
VICTIM, VICTIM_CELL = MODELS[1], f"{RUN}-seed8-fold0"
NODE = Path(__file__).with_name("one_node_slurm.sh")


class ProofFailedError(Exception):
    """Something is not as it must be; the message names it."""


def main() -> int:
    """Run the proof; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plant", action="store_true", help="change an answer, too")
    parser.add_argument("--slots", type=int, default=2, help="cores of the node")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="slurm-proof-"))
    print(f"Logs in {folder}", flush=True)
    node = folder / "node"
    try:
        local = homes.make_home(folder / "local")
        remote = homes.make_home(folder / "slurm")
        finish("local", local, folder, "--cores", str(chosen.slots))
        subprocess.run([str(NODE), "start", str(node), str(chosen.slots)], check=True)
        run_on_slurm(remote, folder)
        require_equal(local, remote)
        if chosen.plant:
            plant_answer(remote)
            finish("slurm-planted", remote, folder, *SLURM)
            require_equal(local, remote)
    except ProofFailedError as error:
        print(f"FAILED {error}", flush=True)
        return 1
    finally:
        subprocess.run([str(NODE), "stop", str(node)], check=True)
    return 0


def run_on_slurm(home: Path, folder: Path) -> None:
    """Sweep on Slurm, cancel a training in the middle, and resume it."""
    log = folder / "slurm-killed.log"
    sweep = homes.start_sweep(home, *CHOICES, *SLURM, log=log)
    cancel_training(home, sweep)
    if sweep.wait() == 0:
        raise ProofFailedError("a sweep with a cancelled training says it is whole")
    print(f"slurm-killed: stopped with {count_answers(home)} answers", flush=True)
    finish("slurm-resumed", home, folder, *SLURM)
    record = files_of(home).provenance(TRAININGS[VICTIM])
    if not json.loads(record.read_text()).get("resumed_from_checkpoint"):
        raise ProofFailedError(f"{VICTIM} was not resumed: see {record}")


def finish(title: str, home: Path, folder: Path, *words: str) -> None:
    """Run a sweep to its end and say how long it took."""
    started = time.monotonic()
    log = folder / f"{title}.log"
    status = homes.start_sweep(home, *CHOICES, *words, log=log).wait()
    if status:
        raise ProofFailedError(f"{title}: status {status}, read {log}")
    seconds = time.monotonic() - started
    print(f"{title}: {count_answers(home)} answers, {seconds:.0f} s", flush=True)


def cancel_training(home: Path, sweep: subprocess.Popen) -> None:
    """Wait for the victim's first checkpoint, then cancel its Slurm job."""
    files = files_of(home)
    last = files.model(VICTIM) / "checkpoint" / "last.npz"
    while not last.is_file():
        if sweep.poll() is not None:
            raise ProofFailedError("the sweep ended before a checkpoint was there")
        time.sleep(0.2)
    job = job_of(f'"{VICTIM_CELL}"')
    subprocess.run(["scancel", job], check=True)
    while job in subprocess.check_output(["squeue", "-h", "-o", "%i"], text=True):
        time.sleep(0.2)
    if (files.model(VICTIM) / "contract.json").is_file():
        raise ProofFailedError(f"{VICTIM} was finished before it could be cancelled")
    state = checkpoint.read_arrays(last)[1]["state"]
    print(
        f"cancelled Slurm's job {job}, {VICTIM} of {VICTIM_CELL}, "
        f"with {state['epoch']} epochs of phase {state['phase']} done",
        flush=True,
    )


def job_of(word: str) -> str:
    """Return the Slurm job of the training process whose command holds a word."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text()
            environment = (process / "environ").read_text()
        except (OSError, UnicodeDecodeError):
            continue  # it has ended meanwhile
        if "workflow.execute" in command and VICTIM in command and word in command:
            for variable in environment.split("\0"):
                if variable.startswith("SLURM_JOB_ID="):
                    return variable.partition("=")[2]
    raise ProofFailedError(f"no Slurm job trains {VICTIM} with {word}")


def plant_answer(home: Path) -> None:
    """Change one answer of one cell: its first slice is now called by another class."""
    file = files_of(home).predictions(VICTIM)
    table = pd.read_csv(file)
    names = [name for name in table if name.startswith("probability_")]
    table.loc[0, names] = table.loc[0, names].to_numpy()[::-1]
    table.to_csv(file, index=False, float_format="%.6f", lineterminator="\n")


def require_equal(one: Path, other: Path) -> None:
    """Refuse tables and answers that are missing or not equal bytes."""
    names = [Path("data", "runs", RUN, TABLE), *answers_of(one)]
    differing = [str(name) for name in names if not same(one / name, other / name)]
    if differing:
        raise ProofFailedError(f"not the same bytes: {', '.join(differing)}")
    print(f"EQUAL to the byte: the table and {len(names) - 1} answers", flush=True)


def same(one: Path, other: Path) -> bool:
    """Tell whether both files are there and hold the same bytes."""
    both = one.is_file() and other.is_file()
    return both and one.read_bytes() == other.read_bytes()


def answers_of(home: Path) -> list[Path]:
    """Return the files of all answers, relative to the project."""
    found = home.glob(f"data/runs/{RUN}-seed*/predictions/*.csv")
    return sorted(file.relative_to(home) for file in found)


def count_answers(home: Path) -> str:
    """Return how many of the trainings have answered."""
    return f"{len(answers_of(home))} of {len(SEEDS) * FOLDS * len(MODELS)}"


def files_of(home: Path) -> RunPaths:
    """Return the files of the cell whose training is cancelled."""
    return RunPaths(home / "data" / "runs" / VICTIM_CELL)


if __name__ == "__main__":
    sys.exit(main())
