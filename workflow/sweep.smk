# Seeds × folds × models as a graph: `make sweep`, or `braintumor sweep --help`, which
# writes the plan that this file reads: data/runs/<sweep>/sweep.json.
#
# A cell, one seed and one fold, is a run of its own, data/runs/<sweep>-seed7-fold0, so
# the training notebooks are executed as they are. As in the Snakefile, code counts by
# content, and checkpoints are no outputs: Snakemake removes outputs before a job and
# after a failure, and a killed training goes on from its checkpoint.
import json
import os
import sys
from pathlib import Path

from braintumor import paths, runs
from braintumor.sweeps import plan
from braintumor.workflow import closure, execute, settings

ROOT = paths.project_root()


workdir: ROOT


SWEEP = plan.from_dict(config)
FILES = runs.RunPaths(Path(os.path.relpath(SWEEP.files.folder, ROOT)))
CELL = runs.RunPaths(FILES.folder.with_name(SWEEP.cell("{seed}", "{fold}")))
STEPS = closure.PACKAGE / "sweeps"
EXPLORE, PREPROCESS = "01_explore_dataset", "02_preprocess_images"


def tracked(name):
    return Path("notebooks", f"{name}.ipynb")


CODE = {
    name: closure.digest(ROOT / tracked(name))
    for name in (EXPLORE, PREPROCESS, *map(settings.TRAININGS.get, SWEEP.models))
}


def shared(name):
    """What a notebook is told that works for all cells."""
    told = SWEEP.told(SWEEP.name, settings.resolve()["seed"])
    return known(name, told)


def known(name, told):
    given = execute.known_parameters(ROOT / tracked(name), told)
    return json.dumps(given | {"run": told["run"]}, sort_keys=True)


def trained(wildcards):
    """What a training notebook is told."""
    cell = SWEEP.cell(wildcards.seed, wildcards.fold)
    told = SWEEP.told(cell, int(wildcards.seed))
    return known(settings.TRAININGS[wildcards.model], told)


def artifact():
    names = ("contract.json", "model.weights.h5", "history.csv")
    return [CELL.model("{model}") / name for name in names]


def splits(wildcards):
    return str(CELL.splits(SWEEP.source(wildcards.model))).format(**wildcards)


wildcard_constraints:
    seed=r"\d+",
    fold=r"\d+",
    model="|".join(settings.TRAININGS),
    source="|".join(SWEEP.sources),


# The interpreter that runs Snakemake runs the jobs. Threads are those of the plan, not
# those that happen to be free: another number of them gives other last digits.
shell.prefix(
    f'export PATH="{Path(sys.executable).parent}:$PATH"'
    f" TF_NUM_INTRAOP_THREADS={SWEEP.threads} TF_NUM_INTEROP_THREADS=1"
    f" OMP_NUM_THREADS={SWEEP.threads} TQDM_DISABLE=1; "
)


localrules:
    all,


rule all:
    input:
        FILES.folder / plan.TABLE,


rule explore_dataset:
    input:
        notebook=ancient(tracked(EXPLORE)),
    output:
        manifests=[FILES.manifest(source) for source in SWEEP.sources],
        executed=FILES.executed(EXPLORE),
    log:
        FILES.folder / plan.LOG.format(model=EXPLORE),
    params:
        code=CODE[EXPLORE],
        given=shared(EXPLORE),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} > {log} 2>&1"


# Only for the cached slices: built here once, they are not built by twelve jobs at once.
rule preprocess_images:
    input:
        notebook=ancient(tracked(PREPROCESS)),
        manifests=rules.explore_dataset.output.manifests,
    output:
        executed=FILES.executed(PREPROCESS),
    log:
        FILES.folder / plan.LOG.format(model=PREPROCESS),
    params:
        code=CODE[PREPROCESS],
        given=shared(PREPROCESS),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} --inputs {input.manifests} > {log} 2>&1"


rule deal_folds:
    input:
        manifest=FILES.manifest("{source}"),
    output:
        expand(CELL.splits("{source}"), fold=range(SWEEP.folds), allow_missing=True),
    params:
        code=closure.digest(STEPS / "dealing.py"),
        sweep=SWEEP.name,
    shell:
        "python -m braintumor.sweeps.dealing {params.sweep}"
        " {wildcards.source} {wildcards.seed}"


rule train:
    input:
        notebook=lambda wildcards: ancient(tracked(settings.TRAININGS[wildcards.model])),
        splits=splits,
        # Not ancient(): where that job is due, Snakemake would ask no further of this one.
        cached=rules.preprocess_images.output.executed,
    output:
        artifact(),
    log:
        CELL.folder / plan.LOG,
    params:
        code=lambda wildcards: CODE[settings.TRAININGS[wildcards.model]],
        given=trained,
        checkpoint=str(CELL.model("{model}") / "checkpoint"),  # a Path keeps its braces
        threads=SWEEP.threads,
    threads: SWEEP.threads
    group:
        "cell"
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} --inputs {input.splits}"
        " --resumable {params.checkpoint} > {log} 2>&1"


rule answer:
    input:
        artifact=artifact(),
        splits=splits,
    output:
        CELL.predictions("{model}"),
    log:
        CELL.folder / plan.ANSWER_LOG,
    params:
        code=closure.digest(STEPS / "answering.py"),
        sweep=SWEEP.name,
    threads: SWEEP.threads
    group:
        "cell"
    shell:
        "python -m braintumor.sweeps.answering {params.sweep}"
        " {wildcards.model} {wildcards.seed} {wildcards.fold} > {log} 2>&1"


rule join:
    input:
        manifests=[FILES.manifest(source) for source in SWEEP.sources],
        answers=expand(
            CELL.predictions("{model}"),
            seed=SWEEP.seeds,
            fold=range(SWEEP.folds),
            model=SWEEP.models,
        ),
    output:
        table=FILES.folder / plan.TABLE,
        provenance=(FILES.folder / plan.TABLE).with_suffix(".provenance.json"),
    params:
        code=closure.digest(STEPS / "joining.py"),
        sweep=SWEEP.name,
    shell:
        "python -m braintumor.sweeps.joining {params.sweep}"
