"""Brings a sweep up to date: on this machine, or through an executor of Snakemake."""

import importlib.util
import os

from braintumor import paths, runs
from braintumor.sweeps import plan
from braintumor.workflow import graph, settings

SNAKEFILE = "workflow/sweep.smk"
PROFILES = "workflow/profiles"


def run_sweep(
    sweep: plan.Sweep,
    *,
    executor: str | None = None,
    slots: int | None = None,
    dry: bool = False,
    further: tuple[str, ...] = (),
) -> None:
    """Run what is missing of a sweep, and write its table.

    A training that was killed goes on from its last checkpoint; one that fails leaves
    the others running.

    Args:
        sweep: what to run.
        executor: of Snakemake, such as "slurm"; this machine if None. The options in
            `workflow/profiles/<executor>` are used where there are some.
        slots: processor cores here, or jobs at a time elsewhere; all cores, or the
            profile's number, if None.
        dry: only tell what would be done.
        further: more options of Snakemake.

    Raises:
        ValueError: Snakemake has no such executor here.
        RunFailedError: something stopped; names what to read.
    """
    _require_executor(executor)
    with graph.hold_run(sweep.files.folder):
        planned = plan.save_plan(sweep)
        command = graph.snakemake_command(
            SNAKEFILE,
            *("--configfile", str(planned)),
            *_where(executor, slots),
            "--keep-going",
            *(("--dry-run",) if dry else ()),
            *("--quiet", "rules", "host", "reason"),
            *further,
        )
        status = graph.execute(command)
        if status and not dry:
            sweep.table.unlink(missing_ok=True)  # it no longer says the truth
    if status:
        raise graph.RunFailedError(_what_failed(sweep, status))


def _require_executor(executor: str | None) -> None:
    """Refuse an executor whose plugin is not installed."""
    if executor is None:
        return
    module = f"snakemake_executor_plugin_{executor.replace('-', '_')}"
    if importlib.util.find_spec(module) is None:
        raise ValueError(
            f"Snakemake has no executor {executor!r} here. Install it: "
            f".venv/bin/pip install snakemake-executor-plugin-{executor}"
        )


def _where(executor: str | None, slots: int | None) -> list[str]:
    """Return the options that tell where jobs run and how many at a time."""
    if executor is None:
        return ["--cores", str(slots or os.cpu_count() or 1)]
    words = ["--executor", executor]
    profile = paths.project_root() / PROFILES / executor
    if profile.is_dir():
        words += ["--workflow-profile", str(profile)]
    return words + (["--jobs", str(slots)] if slots else [])


def _what_failed(sweep: plan.Sweep, status: int) -> str:
    """Say how far the sweep came, and where the reason stands."""
    missing, logs = 0, []
    for cell, model in sweep.trainings():
        notebook = settings.TRAININGS[model]
        trained = cell.executed(notebook).is_file()
        if trained and cell.predictions(model).is_file():
            continue
        missing += 1
        log = plan.ANSWER_LOG if trained else plan.LOG
        logs.append(cell.folder / log.format(model=model))
    read = ", ".join(runs.relative(log) for log in logs if log.is_file())
    again = "the same command goes on from here."
    if status != graph.INTERRUPTED:
        again = f"once the reason is mended, {again}"
    return (
        f"The sweep stopped with status {status}; {missing} of "
        f"{len(sweep.trainings())} trainings have no answers."
        f"{f' Read {read}.' if read else ''} {again[0].upper()}{again[1:]}"
    )
