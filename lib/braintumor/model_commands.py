"""`braintumor models …`: what the demos can use, and how it gets there."""

from typing import Annotated

import typer

from braintumor.data_commands import fail

models = typer.Typer(no_args_is_help=True)

SHIPPED = "densenet121_four_class"


@models.command("list")
def list_models() -> None:
    """List the models of the demos: which are installed, and what makes the others."""
    from braintumor import runs
    from braintumor.demo import installed

    for model in installed.find_models():
        typer.echo(f"{model.name:24} {model.title}")
        if model.folder is not None:
            typer.echo(f"    installed in {runs.relative(model.folder)}")
        for command in model.how_to.splitlines():
            typer.echo(f"    {command}")


@models.command("ship")
def ship_model(
    run: Annotated[str, typer.Argument(metavar="RUN", help="That trained it.")],
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A name from `models list`.")
    ] = SHIPPED,
) -> None:
    """Install a run's trained model for the demos, in data/models/MODEL.

    Halves its weights and fits calibration, abstention and gate, never on the test.
    """
    from braintumor import runs
    from braintumor.demo import shipping

    try:
        folder = shipping.ship(run, model)
    except (FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    typer.echo(f"{model} of run {run} is in {runs.relative(folder)}; read its README.")


@models.command("check")
def check_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="MODEL", help="All installed ones if none."),
    ] = None,
) -> None:
    """Check every file of installed models against its contract, and load it.

    Makes the light form where it is missing. Exits with status 1 if a model fails.
    """
    from braintumor import paths
    from braintumor.demo import installed
    from braintumor.demo.predict import Predictor

    found = [model.name for model in installed.find_models() if model.folder]
    for name in names or found:
        try:
            predictor = Predictor(paths.models_root() / name)
        except (FileNotFoundError, ValueError) as error:
            raise fail(error) from error
        typer.echo(f"{name}: sound; answers in the {predictor.runtime} runtime")
    if not (names or found):
        typer.echo("No model is installed; `braintumor models list` says what to do.")
