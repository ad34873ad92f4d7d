"""`braintumor sweep`: seeds × folds × models, here or on a cluster."""

from typing import Annotated

import typer

from braintumor.data_commands import fail

SHOWN = ("accuracy", "macro_f1", "sensitivity", "specificity")


def run_sweep(
    dataset: Annotated[
        str | None, typer.Option(help="A source; the profile's own by default.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="quick, cpu, paper or best.", show_default="quick; cpu for real data"
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Numbers, with blanks between.")] = "7 8",
    folds: Annotated[int, typer.Option(help="Parts, whole groups at a time.")] = 3,
    models: Annotated[
        str, typer.Option(help="Names, with blanks between.")
    ] = "vgg16_four_class densenet121_four_class",
    run: Annotated[
        str | None,
        typer.Option(help="Its name.", show_default="<dataset>-<profile>-<folds>folds"),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="One more parameter, as `epochs=1`."),
    ] = None,
    threads: Annotated[int, typer.Option(help="Of each training.")] = 1,
    executor: Annotated[
        str | None, typer.Option(help="Of Snakemake, as slurm.", show_default="here")
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processor cores here; jobs at a time with an executor.",
            show_default="all",
        ),
    ] = None,
    dry: Annotated[
        bool, typer.Option("--dry", help="Only tell what would run.")
    ] = False,
) -> None:
    """Train every model on every fold with every seed, and join what they answer.

    Folds never part a group, and no network sees the fold that it is asked about. The
    same command goes on where it was stopped. The table is data/runs/RUN/sweep.csv.
    """
    from braintumor import runs
    from braintumor.data import sources
    from braintumor.sweeps import choices, running
    from braintumor.workflow import graph, settings

    try:
        sweep = choices.plan_sweep(
            *(dataset, profile, run),
            seeds=seeds.split(),
            folds=folds,
            models=models.split(),
            threads=threads,
            **settings.read_pairs(parameter or []),
        )
        for name in sweep.sources:
            if name != "phantom":
                sources.locate(name)  # before any job starts
        running.run_sweep(sweep, executor=executor, slots=cores, dry=dry)
    except (ValueError, FileNotFoundError, graph.RunFailedError) as error:
        raise fail(error) from error
    if not dry:
        typer.echo(_show_spread(sweep.table))
        typer.echo("Means of the pooled scores over n seeds, ± standard deviation.")
        typer.echo(f"Sweep {sweep.name} is complete: {runs.relative(sweep.table)}")


def _show_spread(table) -> str:
    """Return the spread over seeds of a few metrics, one row per model."""
    import pandas as pd

    rows = pd.read_csv(table)
    rows = rows[(rows["part"] == "spread") & rows["metric"].isin(SHOWN)]
    cells = [
        f"{row.value:.3f}"
        + (f" ± {row.deviation:.3f}" if row.seeds > 1 else "")
        + f" (n={row.seeds:.0f})"
        for row in rows.itertuples()
    ]
    wide = rows.assign(cell=cells).pivot(
        index=["dataset", "model"], columns="metric", values="cell"
    )
    return wide[[*SHOWN]].reset_index().to_string(index=False)
