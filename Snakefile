# The notebooks as a graph: `make run`, or `snakemake --cores 2`, or with
# `--config dataset=nickparvar profile=paper epochs=1` and an executor of your cluster.
#
# A rule runs again when a parameter that its notebook knows, a cell of it, a module
# behind its imports, or a file of its inputs changes. Notebook and modules count by
# content (`params.code`), so a checkout that only touches files reruns nothing.
# Checkpoints are no outputs: Snakemake removes outputs before a job and after a failure.
import hashlib
import json
import os
import sys
from pathlib import Path

from braintumor import paths, runs
from braintumor.workflow import closure, execute, settings

ROOT = paths.project_root()


workdir: ROOT


CHOSEN = settings.resolve(**config)
SOURCES = sorted({CHOSEN["dataset"], CHOSEN["binary_dataset"]})
FILES = runs.RunPaths(Path(os.path.relpath(paths.run_folder(CHOSEN["run"]), ROOT)))
MODELS = {notebook: model for model, notebook in settings.TRAININGS.items()}
NOTEBOOKS = ["01_explore_dataset", "02_preprocess_images", *MODELS]
NOTEBOOKS += ["06_evaluate_models", "07_upload_demo", "08_how_to_fake_99_percent"]
# Comes with the project: the upload demo needs nothing that this graph makes.
SHIPPED = Path("data", "models", "densenet121_four_class", "contract.json")
# So do the figures of real slices that notebook 08 sets beside its own.
STUDIED = Path("data", "results", "studies", "sins", "provenance.json")


def tracked(name):
    return Path("notebooks", f"{name}.ipynb")


def code(name):
    return closure.digest(ROOT / tracked(name))


def known(name):
    """What the notebook is told, in one line; the run's name is always among it."""
    given = execute.known_parameters(ROOT / tracked(name), CHOSEN)
    return json.dumps(given | {"run": CHOSEN["run"]}, sort_keys=True)


def artifact(model):
    names = ("contract.json", "model.weights.h5", "history.csv")
    return [FILES.model(model) / name for name in names]


def content(path):
    """Which file came with the project, by what is in it."""
    known = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
    return hashlib.sha256(known).hexdigest()


def dataset_of(model):
    return CHOSEN["binary_dataset" if model.endswith("_binary") else "dataset"]


# The interpreter that runs Snakemake runs the notebooks, with or without activation.
shell.prefix(f'export PATH="{Path(sys.executable).parent}:$PATH"; ')


rule all:
    input:
        FILES.report / "index.html",
        FILES.results,


rule explore_dataset:
    input:
        notebook=ancient(tracked("01_explore_dataset")),
    output:
        manifests=[FILES.manifest(source) for source in SOURCES],
        audits=[FILES.audit(source) for source in SOURCES],
        twins=[FILES.twins(source) for source in SOURCES],
        executed=FILES.executed("01_explore_dataset"),
        provenance=FILES.provenance("01_explore_dataset"),
    params:
        code=code("01_explore_dataset"),
        given=known("01_explore_dataset"),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q}"


rule preprocess_images:
    input:
        notebook=ancient(tracked("02_preprocess_images")),
        manifests=rules.explore_dataset.output.manifests,
    output:
        splits=[FILES.splits(source) for source in SOURCES],
        executed=FILES.executed("02_preprocess_images"),
        provenance=FILES.provenance("02_preprocess_images"),
    params:
        code=code("02_preprocess_images"),
        given=known("02_preprocess_images"),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} --inputs {input.manifests}"


for NOTEBOOK, MODEL in MODELS.items():

    rule:
        name:
            NOTEBOOK[3:]
        input:
            notebook=ancient(tracked(NOTEBOOK)),
            splits=FILES.splits(dataset_of(MODEL)),
        output:
            artifact=artifact(MODEL),
            executed=FILES.executed(NOTEBOOK),
            provenance=FILES.provenance(NOTEBOOK),
        params:
            code=code(NOTEBOOK),
            given=known(NOTEBOOK),
            checkpoint=FILES.model(MODEL) / "checkpoint",
        # `--resources training=1` keeps one machine from training two models at once.
        resources:
            training=1,
        shell:
            "python -m braintumor.workflow.execute {input.notebook}"
            " --parameters {params.given:q} --inputs {input.splits}"
            " --resumable {params.checkpoint}"


rule evaluate_models:
    input:
        notebook=ancient(tracked("06_evaluate_models")),
        splits=rules.preprocess_images.output.splits,
        contracts=[artifact(model)[0] for model in MODELS.values()],
    output:
        predictions=[FILES.predictions(model) for model in MODELS.values()],
        results=FILES.results,
        confusion=FILES.confusion,
        executed=FILES.executed("06_evaluate_models"),
        provenance=FILES.provenance("06_evaluate_models"),
    params:
        code=code("06_evaluate_models"),
        given=known("06_evaluate_models"),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} --inputs {input.splits} {input.contracts}"


rule upload_demo:
    input:
        notebook=ancient(tracked("07_upload_demo")),
        contract=ancient(SHIPPED),
    output:
        executed=FILES.executed("07_upload_demo"),
        provenance=FILES.provenance("07_upload_demo"),
    params:
        code=code("07_upload_demo"),
        given=known("07_upload_demo"),
        contract=content(SHIPPED),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} --inputs {input.contract}"


rule how_to_fake_99_percent:
    input:
        notebook=ancient(tracked("08_how_to_fake_99_percent")),
        splits=FILES.splits(CHOSEN["dataset"]),
        studied=ancient(STUDIED),
    output:
        sins=FILES.folder / "sins.csv",
        executed=FILES.executed("08_how_to_fake_99_percent"),
        provenance=FILES.provenance("08_how_to_fake_99_percent"),
    params:
        code=code("08_how_to_fake_99_percent"),
        given=known("08_how_to_fake_99_percent"),
        studied=content(STUDIED),
    shell:
        "python -m braintumor.workflow.execute {input.notebook}"
        " --parameters {params.given:q} --inputs {input.splits} {input.studied}"


rule report:
    input:
        executed=[FILES.executed(name) for name in NOTEBOOKS],
        provenance=[FILES.provenance(name) for name in NOTEBOOKS],
        results=FILES.results,
    output:
        index=FILES.report / "index.html",
    params:
        code=closure.digest(closure.PACKAGE / "reporting" / "report.py"),
        run=CHOSEN["run"],
    shell:
        "python -m braintumor.reporting.report {params.run}"
