"""`braintumor evaluate` and `results`: from stored predictions to printed tables."""

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from braintumor.data_commands import fail

if TYPE_CHECKING:
    import pandas as pd

AUDITED = "nickparvar"  # the source whose audit README tells
PATIENTS = "unseen_patients"
ADDED = "06_baselines"  # its record stands beside those of the notebooks
WHY = (
    "These programs answered after the run was finished. The models, and every answer "
    "that the run already had, stayed as they were."
)


def evaluate_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name of a run.")],
    replicates: Annotated[int, typer.Option(min=10, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 7,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines", help="Let those that the run lacks answer first; wants data."
        ),
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Copy what changed to data/results.")
    ] = False,
) -> None:
    """Score a run's stored predictions again, in all three views, without a model.

    Rewrites results.csv and confusion.csv in data/runs/RUN where their bytes change.
    """
    from braintumor import runs
    from braintumor.evaluation import assessment
    from braintumor.evaluation import results as result_tables
    from braintumor.reporting import tables
    from braintumor.workflow import graph

    try:
        files = runs.run_paths(run)
        if baselines:
            _add_baselines(run, seed)
        scored, counted = assessment.assess_folder(
            files.predictions("any").parent, run=run, replicates=replicates, seed=seed
        )
    except (FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    changed = result_tables.write_results(scored, files.results)
    result_tables.write_csv(counted, files.confusion)
    typer.echo(tables.as_text(tables.three_views(scored)), nl=False)
    typer.echo(f"{files.results}: {'rewritten' if changed else 'unchanged'}")
    if baselines:
        _draw_views(run, scored)
    if publish:
        written = graph.publish(run)
        typer.echo(f"data/results: {'published' if written else 'unchanged'}")


def show_results(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Names; those in data/results if none."),
    ] = None,
    metric: Annotated[
        str, typer.Option(help="accuracy, macro_f1, auc, sensitivity, ...")
    ] = "accuracy",
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,
    readme: Annotated[
        bool,
        typer.Option(
            "--readme", help="Write data/results into README.md; keeps its runs."
        ),
    ] = False,
) -> None:
    """Print the results of one run in the three views, or of several side by side.

    Every score has its 95 % interval and its n; baselines stand below the models. What
    comes from data/results is held against its hashes first.
    """
    import pandas as pd

    from braintumor import paths
    from braintumor.evaluation import results as result_tables
    from braintumor.reporting import readme as sections
    from braintumor.reporting import tables

    file = paths.project_root() / "README.md"
    try:
        text = file.read_text(encoding="utf-8") if readme else ""
        names = list(dict.fromkeys(runs or sections.readme_runs(text)))
        kept = readme or not names  # else a run's newest table
        names = names or result_tables.list_runs(tracked=True)
        if not names:
            names, kept = result_tables.list_runs() or ["interactive"], False
        joined = pd.concat([_read(name, kept) for name in names], ignore_index=True)
        if readme:
            text = sections.update_results(text, joined, metric)
            file.write_text(_tell_studies(text), encoding="utf-8")
        several = len(names) > 1 and runs
        lay_out = tables.side_by_side if several else tables.three_views
        table = lay_out(joined, metric)
    except (FileNotFoundError, ValueError) as error:
        raise fail(error) from error
    typer.echo(
        tables.as_markdown(table) if markdown else tables.as_text(table), nl=False
    )


def _tell_studies(text: str) -> str:
    """Bring README's other sections up to date, where their artefacts are there."""
    from braintumor import paths
    from braintumor.reporting import readme
    from braintumor.studies import record

    for audit in paths.results_root().glob(f"audit/{AUDITED}.json"):
        text = readme.update_audit(text, json.loads(audit.read_text()))
    if (record.folder_of(PATIENTS) / record.RECORD).is_file():
        tables = ("scores", "pointing")
        told = [record.read_table(PATIENTS, name) for name in tables]
        text = readme.update_patients(text, *told)
    return text


def _read(run: str, kept: bool) -> "pd.DataFrame":
    """Read a run's table; the published one only if it has the published hash."""
    from braintumor import paths
    from braintumor.evaluation import results, tracked

    file = results.find_results(run, tracked=kept)
    published = file.parent == paths.results_root()
    return tracked.read_results(run) if published else results.read_results(file)


def _add_baselines(run: str, seed: int) -> None:
    """Let the missing baselines answer, and record when and by what."""
    from braintumor import examination, provenance, runs

    files, start = runs.run_paths(run), time.monotonic()
    made, read = examination.add_baselines(files)
    if not made:
        typer.echo(f"Run {run} lacks no baseline.")
        return
    hashes = {path.name: provenance.file_hash(path) for path in made}
    provenance.write(
        files.provenance(ADDED),
        parameters={"run": run, "seed": seed},
        inputs=read,
        seconds=time.monotonic() - start,
        command=f"braintumor evaluate {run} --baselines",
        note=WHY,
        predictions=hashes,
    )
    typer.echo(f"Added: {', '.join(path.stem for path in made)}")


def _draw_views(run: str, scored: "pd.DataFrame") -> None:
    """Draw notebook 06's figure of the views again, with all baselines in it."""
    from braintumor.parameters import Parameters
    from braintumor.reporting import comparison_plots, notebook

    settings = Parameters(run=run)
    notebook.start(settings)  # the house style
    figure = comparison_plots.plot_four_classes(scored)
    notebook.save_figure(figure, "06_four_class_views", settings)
