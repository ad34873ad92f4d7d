"""Run every benchmark of a processor and keep it: `python -m benchmarks`."""

import time
from collections.abc import Callable

import pandas as pd

from benchmarks import formats, record

BENCHMARKS: dict[str, Callable[[], pd.DataFrame]] = {"formats": formats.run}


def main() -> None:
    """Write one table per benchmark to data/results/benchmarks, with its machine."""
    for name, run in BENCHMARKS.items():
        start = time.monotonic()
        table = run()
        print(f"{name}\n{table.to_string(index=False)}\n", flush=True)
        record.keep(name, table, seconds=time.monotonic() - start)


if __name__ == "__main__":
    main()
