"""The `braintumor` command; heavy modules are imported by the command that needs them.

`braintumor --help` must answer at once, so this file imports typer and nothing else.
"""

import json
from typing import Annotated

import typer

from braintumor.card_commands import write_cards
from braintumor.data_commands import data, fail
from braintumor.demo_commands import run_app
from braintumor.model_commands import models
from braintumor.result_commands import evaluate_run, show_results
from braintumor.study_commands import run_study
from braintumor.sweep_commands import run_sweep

app = typer.Typer(
    name="braintumor",
    help="Brain-tumour classification on MRI slices, taught and measured honestly.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(data, name="data", help="Get data sets, look for faults and repeats.")
app.add_typer(
    models, name="models", help="List, install and check the models of the demos."
)
app.command("app")(run_app)
app.command("cards")(write_cards)
app.command("evaluate")(evaluate_run)
app.command("results")(show_results)
app.command("study")(run_study)
app.command("sweep")(run_sweep)


@app.command("run")
def run_notebooks(
    dataset: Annotated[
        str | None, typer.Option(help="A source; the profile's own by default.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="quick, cpu, paper or best.", show_default="quick; cpu for real data"
        ),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="Of every random choice.", show_default="7")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(help="Its name.", show_default="<dataset>-<profile>-seed<seed>"),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="One more parameter, as `epochs=1`."),
    ] = None,
    cores: Annotated[
        int | None, typer.Option(help="Processor cores.", show_default="all")
    ] = None,
    dry: Annotated[
        bool, typer.Option("--dry", help="Only tell what would run.")
    ] = False,
) -> None:
    """Execute every notebook that is not up to date, then show the results.

    Everything goes to data/runs/<run>/; the notebooks themselves are not changed.
    """
    from braintumor import runs
    from braintumor.data import sources
    from braintumor.workflow import graph, settings

    try:
        further = settings.read_pairs(parameter or [])
        chosen = settings.resolve(dataset, profile, seed, run, **further)
        for name in sorted({chosen["dataset"], chosen["binary_dataset"]} - {"phantom"}):
            sources.locate(name)  # before any notebook starts
        index = graph.run_graph(chosen, cores=cores, dry=dry)
    except (ValueError, FileNotFoundError, graph.RunFailedError) as error:
        raise fail(error) from error
    if not dry:
        show_results([chosen["run"]])
        typer.echo(f"Run {chosen['run']} is complete. Open {runs.relative(index)}")


@app.command("train")
def train_model(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="vgg19_binary, vgg16_four_class or densenet121_four_class.",
        ),
    ],
    dataset: Annotated[str, typer.Option(help="A source.")] = "phantom",
    profile: Annotated[str, typer.Option(help="quick, cpu, paper or best.")] = "quick",
    seed: Annotated[int, typer.Option(help="Of split and training.")] = 7,
    run: Annotated[str, typer.Option(help="Name of the run.")] = "interactive",
    epochs: Annotated[
        int | None, typer.Option(help="Of the last phase; the recipe's by default.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="imagenet or a …_notop.h5 file; the recipe's by default."),
    ] = None,
    devices: Annotated[
        int | None,
        typer.Option(help="Share each batch among so many.", show_default="one"),
    ] = None,
    coordinator: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Of process 0, where several processes share each batch.",
            envvar="JAX_COORDINATOR_ADDRESS",
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option(help="How many there are.", envvar="JAX_NUM_PROCESSES")
    ] = 1,
    process: Annotated[
        int, typer.Option(help="Which this is, from 0.", envvar="JAX_PROCESS_ID")
    ] = 0,
) -> None:
    """Train one model and keep it as an artifact; the same command resumes.

    The artifact goes to data/runs/<run>/models/MODEL.

    Several devices or processes want KERAS_BACKEND=jax: see docs/devices.md.
    """
    _require_backend()
    from braintumor import experiment, runs
    from braintumor.modeling import sharing
    from braintumor.modeling.backbones import WeightsUnavailableError
    from braintumor.modeling.training import TrainingDivergedError

    try:
        if coordinator is not None or processes > 1:
            sharing.join_processes(coordinator, processes, process)
        folder = experiment.train_model(
            model,
            dataset=dataset,
            profile=profile,
            seed=seed,
            run=run,
            devices=devices,
            epochs=epochs,
            weights=weights,
        )
    except (
        FileNotFoundError,
        TrainingDivergedError,
        ValueError,
        WeightsUnavailableError,
    ) as error:
        raise fail(error) from error
    if not sharing.is_first():
        return
    contract = json.loads((folder / "contract.json").read_text(encoding="utf-8"))
    for name, value in contract["facts"].items():
        typer.echo(f"{name.replace('_', ' '):20} {value}")
    typer.echo(f"Model in {runs.relative(folder)}")


def _require_backend() -> None:
    """Refuse a backend of Keras that is not here, before Keras fails to import it."""
    from importlib.util import find_spec

    from braintumor import provenance

    name = provenance.keras_backend()
    if find_spec(name) is None:
        message = (
            f"Keras is to compute with {name}, which is not installed here. Install it "
            f"(pip install {name}), or set KERAS_BACKEND to one that is: tensorflow, "
            "jax or torch."
        )
        raise fail(ValueError(message))


if __name__ == "__main__":
    app()
