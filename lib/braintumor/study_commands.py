"""`braintumor study`: ask real slices a question, and write the answer down."""

from typing import Annotated

import typer

from braintumor.data_commands import fail


def run_study(
    name: Annotated[
        str | None, typer.Argument(metavar="STUDY", help="None lists them.")
    ] = None,
    run: Annotated[
        str, typer.Option(help="Whose splits and models are studied.")
    ] = "nickparvar-cpu-seed7",
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 7,
    parallel: Annotated[
        int, typer.Option(min=1, help="Trainings at a time, where a study has many.")
    ] = 1,
) -> None:
    """Run a study of real slices; its tables go to data/results/studies/STUDY."""
    from braintumor import runs
    from braintumor.data import sources
    from braintumor.studies import record
    from braintumor.studies.setting import Setting

    found = record.find_studies()
    if name is None:
        for title, study in found.items():
            typer.echo(f"{title:16} {study.QUESTION}")
            typer.echo(
                f"{'':16} needs {', '.join(study.NEEDS) or 'nothing'}; {study.COSTS}"
            )
        return
    if name not in found:
        raise fail(ValueError(f"No study {name!r}: choose {', '.join(found)}."))
    try:
        for source in found[name].NEEDS:
            sources.locate(source)
        folder = record.run_study(name, Setting(run, seed, parallel))
    except (FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    for table in sorted(folder.glob("*.csv")):
        typer.echo(runs.relative(table))
