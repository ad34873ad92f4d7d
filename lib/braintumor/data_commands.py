"""`braintumor data …`: get data sets, look for faults and repeats.

Like `cli`, this imports what a command needs inside the command.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

data = typer.Typer(no_args_is_help=True)

SourceName = Annotated[
    str, typer.Argument(metavar="NAME", help="A name from `braintumor data list`.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder", help="The set's folder, where it is not in the usual one."
    ),
]


def fail(error: Exception) -> typer.Exit:
    """Show an error's own words, which name the cure, and exit with status 1."""
    typer.secho(f"{error}", err=True, fg="red")
    return typer.Exit(code=1)


@data.command("list")
def list_sources(
    markdown: Annotated[
        bool, typer.Option(help="Print the tables of data/README.md.")
    ] = False,
) -> None:
    """List the data sets: what they are, and which of them are here."""
    from braintumor.data import inventory

    typer.echo(inventory.markdown_tables() if markdown else inventory.plain_table())


@data.command()
def fetch(name: SourceName) -> None:
    """Download a data set (or generate the phantoms) and count its slices."""
    from braintumor.data import sources
    from braintumor.data.fetch import FetchError

    try:
        folder = sources.fetch(name)
    except (FetchError, FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    count = len(sources.list_slices(name, folder))
    typer.echo(f"{name}: {count:,} slices in {folder}")


@data.command()
def check(
    name: SourceName,
    folder: Folder = None,
    output: Annotated[
        Path | None, typer.Option(help="Write every finding to this CSV.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print errors only, not warnings.")
    ] = False,
) -> None:
    """Look at every file and list what is wrong, each with its cure.

    Exits with status 1 where something must be cured before training.
    """
    from braintumor.data import check as checking

    try:
        report = checking.check_source(name, folder)
    except (FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    for row in report.problems.itertuples():
        if row.severity == "error" or not quiet:
            typer.echo(f"{row.severity:8}{row.path}: {row.problem}. {row.cure}")
    typer.echo(report.describe())
    typer.echo(report.describe_copy())
    if output is not None:
        report.problems.to_csv(output, index=False, lineterminator="\n")
    if not report.errors.empty:
        raise typer.Exit(code=1)


@data.command()
def audit(
    name: SourceName,
    folder: Folder = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write manifest, twins and summary into this folder."),
    ] = None,
) -> None:
    """Count repeats and near-twins, above all across the shipped split."""
    from braintumor.data import audit as auditing
    from braintumor.data import manifest, sources

    try:
        root = folder or sources.locate(name)
        result = auditing.audit_manifest(manifest.build_manifest(name, root), root)
    except (FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    summary = json.dumps(result.summary, indent=2)
    typer.echo(summary)
    if output is not None:
        manifest.save_manifest(result.manifest, output / f"{name}.csv")
        result.twins.to_csv(
            output / f"{name}_twins.csv", index=False, lineterminator="\n"
        )
        (output / f"{name}.json").write_text(summary + "\n", encoding="utf-8")


@data.command("record", hidden=True)
def record(
    name: SourceName,
    copy: Annotated[str, typer.Argument(help="What distinguishes it, such as `224`.")],
    folder: Folder = None,
) -> None:
    """Record the hashes of a sound copy in data/hashes (for maintainers)."""
    from braintumor.data import check as checking

    try:
        typer.echo(checking.record_hashes(name, copy, folder))
    except ValueError as error:
        raise fail(error) from error
