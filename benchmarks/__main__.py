"""Run benchmarks, print their tables, and keep them: `python -m benchmarks [NAME ...]`.

Every figure is a ratio of two sides that were measured in one run.
"""

import argparse
import time
from collections.abc import Callable

import pandas as pd

from benchmarks import choices, formats, published, serving, startup
from braintumor import paths, provenance
from braintumor.evaluation import results

BENCHMARKS: dict[str, Callable[[], pd.DataFrame]] = {
    "formats": formats.run,
    "choices": choices.run,
    "published": published.run,
    "serving": serving.run,
    "startup": startup.run,
}


def main(arguments: list[str] | None = None) -> None:
    """Write one table per benchmark to data/results/benchmarks, with its machine."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args(arguments).names or [*BENCHMARKS]
    if unknown := sorted({*names} - {*BENCHMARKS}):
        parser.error(f"no benchmark {', '.join(unknown)}: use {', '.join(BENCHMARKS)}.")
    for name in names:
        start = time.monotonic()
        keep(name, BENCHMARKS[name](), start)


def keep(name: str, table: pd.DataFrame, start: float) -> None:
    """Print a table, and write it with what made it.

    Args:
        name: of the benchmark.
        table: what it measured.
        start: reading of the monotonic clock when it began, in seconds.
    """
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
