"""Run the whole proof, or a short rehearsal of it: `python -m braintumor.demo.soak`."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from braintumor import paths
from braintumor.demo.predict import Predictor
from braintumor.demo.soak import process, proofs, report
from braintumor.demo.soak.children import MODEL
from braintumor.demo.soak.hostile_uploads import hostile_requests
from braintumor.demo.soak.slices import Known, known_slices
from braintumor.demo.soak.verdicts import Row

SHORT = 20  # a rehearsal does so many times less


def run(
    short: Annotated[
        bool, typer.Option(help="A rehearsal in two minutes; nothing is written.")
    ] = False,
    keras: Annotated[bool, typer.Option(help="Measure Keras, too.")] = True,
) -> None:
    """Put the page under load; write the figures to data/results and docs."""
    slices = known_slices(Predictor(paths.models_root() / MODEL))
    rows = report.describe_machine()
    for row in prove_all(slices, SHORT if short else 1, keras):
        held = {"no": "  FAILS", "yes": "  holds"}.get(row.holds, "")
        typer.echo(
            f"{row.proof:12} {row.measure:48} {report.show_value(row.value):>8} "
            f"{row.unit:4} n={row.n:<6} {row.limit}{held}"
        )
        rows.append(row)
    if not short:
        report.write(rows)
    if any(row.holds == "no" for row in rows):
        raise typer.Exit(1)


def prove_all(slices: Sequence[Known], divisor: int, keras: bool) -> Iterator[Row]:
    """Yield the rows of every proof as they come."""
    yield from proofs.measure_runtime("light", slices, count=300 // divisor)
    if keras:
        yield from proofs.measure_runtime("keras", slices, count=100 // divisor)
    with process.running() as app:
        proofs.warm_up(app, slices, count=1000 // divisor)
        yield from proofs.prove_overload(app, slices, seconds=60 / divisor)
        yield from proofs.prove_identity(app, slices, count=2000 // divisor)
    yield from proofs.prove_bad_uploads(slices, hostile_requests())
    yield from proofs.prove_stops(slices, count=max(2, 20 // divisor))
    yield from proofs.prove_growth(slices, count=10_000 // divisor)


if __name__ == "__main__":
    typer.run(run)
