"""Run benchmarks, print their tables, and keep them.

`python -m benchmarks` runs every one, `python -m benchmarks slots` the named.
"""

import sys
import time
from collections.abc import Callable

import pandas as pd

from benchmarks import formats, graph, slots
from braintumor import paths, provenance
from braintumor.evaluation import results

BENCHMARKS: dict[str, Callable[[], pd.DataFrame]] = {
    "formats": formats.run,
    "slots": slots.run,
    "graph": graph.run,
}


def main() -> None:
    """Write one table per benchmark to data/results/benchmarks, with its machine."""
    names = sys.argv[1:] or [*BENCHMARKS]
    if unknown := {*names} - {*BENCHMARKS}:
        sys.exit(f"No benchmark {unknown.pop()!r}: choose {', '.join(BENCHMARKS)}.")
    for name in names:
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
    main()
