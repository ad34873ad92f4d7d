"""How long a command keeps its user waiting before it does anything."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd

TURNS = 7
COMMANDS = {
    "import braintumor": ("-c", "import braintumor"),
    "braintumor --help": ("-m", "braintumor.cli", "--help"),
    "an empty program": ("-c", "pass"),
    "import keras": ("-c", "import keras"),
}


def run(turns: int = TURNS) -> pd.DataFrame:
    """Start every command in a process of its own, in turn.

    Args:
        turns: of each; a first round, which fills the system's file cache, is not
            counted.

    Returns:
        One row per command: seconds (median, least, most) and turns.
    """
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(turns + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return pd.DataFrame(
        [
            {
                "command": name,
                "seconds": round(float(np.median(times)), 3),
                "least": round(min(times), 3),
                "most": round(max(times), 3),
                "turns": len(times),
            }
            for name, times in seconds.items()
        ]
    )
