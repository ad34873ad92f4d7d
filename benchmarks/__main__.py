"""Run every benchmark, print its table, and keep it: `python -m benchmarks`."""

import time
from collections.abc import Callable

import pandas as pd

from benchmarks import formats
from braintumor import paths, provenance
from braintumor.evaluation import results

BENCHMARKS: dict[str, Callable[[], pd.DataFrame]] = {"formats": formats.run}


def main() -> None:
    """Write one table per benchmark to data/results/benchmarks, with its machine."""
    for name, run in BENCHMARKS.items():
        start = time.monotonic()
        table = run()
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
