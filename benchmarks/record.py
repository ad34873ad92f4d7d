"""Keep a measured table beside the machine that made it."""

from pathlib import Path

import pandas as pd

from benchmarks import page
from braintumor import provenance
from braintumor.evaluation import results


def keep(
    name: str,
    table: pd.DataFrame,
    *,
    seconds: float,
    code: dict | None = None,
    **parameters,
) -> Path:
    """Write a table and its provenance to data/results/benchmarks; return the table.

    Args:
        name: of the files.
        table: as measured.
        seconds: how long measuring took.
        code: the commit that it was run from; the present one by default.
        **parameters: what was asked for.
    """
    folder = page.results_folder()
    results.write_csv(table, folder / f"{name}.csv")
    provenance.write(
        folder / f"{name}.provenance.json",
        parameters=parameters,
        inputs=[],
        seconds=seconds,
        code=code,
        tables={f"{name}.csv": provenance.file_hash(folder / f"{name}.csv")},
    )
    return folder / f"{name}.csv"
