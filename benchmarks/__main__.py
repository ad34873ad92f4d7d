"""Run benchmarks, print their tables, and keep them: `python -m benchmarks [NAME ...]`.

Every figure is a ratio of two sides that were measured in one run.
"""

import argparse
import time
from collections.abc import Callable

import pandas as pd
from cluster import planning

from benchmarks import (
    choices,
    formats,
    graph,
    growth,
    inputs,
    memory,
    operations,
    page,
    published,
    record,
    serving,
    slots,
    startup,
)
from braintumor import provenance

BENCHMARKS: dict[str, Callable[[], pd.DataFrame]] = {
    "formats": formats.run,
    "operations": operations.run,
    "choices": choices.run,
    "published": published.run,
    "serving": serving.run,
    "startup": startup.run,
    "growth": growth.run,
    "inputs": inputs.run,
    "memory": memory.run,
    "slots": slots.run,
    "graph": graph.run,
}


def main(arguments: list[str] | None = None) -> None:
    """Write one table per benchmark to data/results/benchmarks, with its machine."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args(arguments).names or [*BENCHMARKS]
    if unknown := sorted({*names} - {*BENCHMARKS}):
        parser.error(f"no benchmark {', '.join(unknown)}: use {', '.join(BENCHMARKS)}.")
    code = provenance.commit()  # before a table of this very run changes
    for name in names:
        start = time.monotonic()
        table = BENCHMARKS[name]()
        print(f"{name}\n{table.to_string(index=False)}\n", flush=True)
        seconds = time.monotonic() - start
        record.keep(name, table, seconds=seconds, code=code)
        page.update_page()
        planning.update_file()


if __name__ == "__main__":
    main()
