"""Keep a measured table beside the machine that made it."""

from pathlib import Path

import pandas as pd

from braintumor import paths, provenance
from braintumor.evaluation import results


def keep(name: str, table: pd.DataFrame, *, seconds: float, **parameters) -> Path:
    """Write a table and its provenance to data/results/benchmarks; return the table.

    Args:
        name: of the files.
        table: as measured.
        seconds: how long measuring took.
        **parameters: what was asked for.
    """
    folder = paths.results_root() / "benchmarks"
    results.write_csv(table, folder / f"{name}.csv")
    provenance.write(
        folder / f"{name}.provenance.json",
        parameters=parameters,
        inputs=[],
        seconds=seconds,
        tables={f"{name}.csv": provenance.file_hash(folder / f"{name}.csv")},
    )
    return folder / f"{name}.csv"
