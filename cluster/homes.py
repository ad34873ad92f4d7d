"""Projects of their own, so that one sweep can find nothing that another has made."""

import os
import subprocess
import sys
from pathlib import Path

from braintumor import paths

LINKED = ("notebooks", "workflow", "pyproject.toml")


def make_home(folder: Path) -> Path:
    """Make an empty project around this one's notebooks and graph; return it."""
    folder.mkdir(parents=True)
    for name in LINKED:
        (folder / name).symlink_to(paths.project_root().resolve() / name)
    return folder


def start_sweep(home: Path, *words: str, log: Path | None = None) -> subprocess.Popen:
    """Start `braintumor sweep` in a project; what it says goes to `log`, or nowhere."""
    library = Path(paths.__file__).parents[1]
    environment = os.environ | {
        paths.HOME_VARIABLE: str(home),
        "PYTHONPATH": os.pathsep.join(
            [str(library), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    environment.pop(paths.RAW_VARIABLE, None)
    with open(log or os.devnull, "a") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "braintumor.cli", "sweep", *words],
            cwd=home,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
