"""`braintumor cards`: what a run's documents say, from its own files.

Like `cli`, this imports what a command needs inside the command.
"""

from typing import Annotated

import typer

from braintumor.data_commands import fail


def write_cards(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Evaluated by notebook 06.")
    ],
) -> None:
    """Write model cards, data sheet and CLAIM checklist of a run into docs/.

    Its facts go to data/results/cards/RUN first, where the run lies on this machine.
    """
    from braintumor import runs
    from braintumor.cards import documents

    try:
        written = documents.write(run)
    except (FileNotFoundError, KeyError, ValueError) as error:
        raise fail(error) from error
    for path in written:
        typer.echo(runs.relative(path))
