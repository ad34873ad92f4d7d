"""Run benchmarks, print their tables, and keep them.

`python -m benchmarks` runs all, `python -m benchmarks growth inputs` those two.
"""

import sys
import time
from collections.abc import Callable

import pandas as pd

from benchmarks import formats, growth, inputs, memory
from braintumor import paths, provenance
from braintumor.evaluation import results

BENCHMARKS: dict[str, Callable[[], pd.DataFrame]] = {
    "formats": formats.run,
    "growth": growth.run,
    "inputs": inputs.run,
    "memory": memory.run,
}


def main(names: list[str]) -> None:
    """Write one table per benchmark to data/results/benchmarks, with its machine.

    Args:
        names: keys of `BENCHMARKS`; all if none is given.
    """
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"No benchmark {', '.join(unknown)}: choose {', '.join(BENCHMARKS)}.")
    for name in names or BENCHMARKS:
        start = time.monotonic()
        table = BENCHMARKS[name]()
        print(f"{name}\n{table.to_string(index=False)}\n", flush=True)
        folder = paths.results_root() / "benchmarks"
        results.write_csv(table, folder / f"{name}.csv")
        provenance.write(
            folder / f"{name}.provenance.json",
            parameters={},
            inputs=[],
            seconds=time.monotonic() - start,
            tables={f"{name}.csv": provenance.file_hash(folder / f"{name}.csv")},
        )


if __name__ == "__main__":
    main(sys.argv[1:])
