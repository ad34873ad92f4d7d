"""The figures of docs/scaling.md, from files of the repository and nothing else.

`python -m cluster.planning` writes them into the page; a test keeps them equal.
"""

import json
from pathlib import Path

import h5py
import pandas as pd

from braintumor import paths
from braintumor.modeling import recipes
from braintumor.reporting.readme import replace_section

PAGE = Path("docs", "scaling.md")
MODEL, PUBLISHED = "densenet121_four_class", "vgg16_four_class"
RUN = "nickparvar-cpu-seed7"
RUNS, SLICES, SLOTS, FOLDS = 1_000, 10_000_000, 100, 5
FLOAT, HALF = 4, 2  # bytes
ADAM = 2  # numbers that the optimizer keeps per weight
DOWNSCALING = 32  # of a slice's side by the backbones' five poolings
CHANNELS = {"DenseNet121": 1024, "VGG16": 512}  # of the last feature map
# As notebook 02 writes a row for Nickparvar: six names, numbers, hashes, three sides.
ROW = ("nickparvar/Training/glioma/Tr-gl_0010.jpg", "Training/glioma/Tr-gl_0010.jpg")
ROW += ("glioma", "nickparvar", "training", "", "1000", "512", "512", "RGB")
ROW += ("0" * 64, "0" * 64, "training", "training", "training")


def read_facts() -> dict[str, float]:
    """Return what is measured, each from the file that its comment names."""
    results = paths.results_root()
    # data/results/benchmarks/formats.csv
    rates = pd.read_csv(results / "benchmarks" / "formats.csv")
    rates = rates[rates["side"] == recipes.get_recipe(MODEL, "cpu").side]
    rates = rates[rates["model"] == MODEL].set_index("work")["bfloat16_per_second"]
    # data/results/benchmarks/growth.csv
    search = pd.read_csv(results / "benchmarks" / "growth.csv").iloc[-1]
    # data/results/<run>.provenance.json, data/results/audit
    records = json.loads((results / f"{RUN}.provenance.json").read_text())
    audit = json.loads((results / "audit" / "nickparvar.json").read_text())
    # data/models/<model>
    shipped = paths.models_root() / MODEL
    told = json.loads((shipped / "contract.json").read_text())["facts"]
    answers = results / "predictions" / RUN / f"{MODEL}.csv"
    notebook = paths.project_root() / "notebooks" / f"05_train_{MODEL}.ipynb"
    return {
        "training_rate": rates["training"],
        "forward_rate": rates["forward"],
        "search_seconds": search["bounded_seconds"],
        "searched_slices": search["slices"],
        "cache_seconds": records["02_preprocess_images"]["seconds"],
        "slices": audit["slices"],
        "training_slices": told["training_slices"],
        "validation_slices": told["validation_slices"],
        "epochs": told["epochs_run"],
        "weights": count_weights(shipped / "model.weights.h5"),
        "answer_bytes": answers.stat().st_size / answers.read_bytes().count(b"\n"),
        "notebook_bytes": notebook.stat().st_size,
    }


def count_weights(file: Path) -> int:
    """Return how many numbers a weights file holds, of whatever width."""
    sizes = []
    with h5py.File(file) as stored:
        stored.visititems(lambda name, item: sizes.append(getattr(item, "size", 0)))
    return sum(sizes)


def tabulate_slots() -> str:
    """Return the measured scaling from one slot to two."""
    file = paths.results_root() / "benchmarks" / "slots.csv"
    if not file.is_file():
        return "Not measured yet: `python -m benchmarks slots`, six minutes.\n"
    table = pd.read_csv(file)
    heads = ["slots", "trainings", "seconds", "trainings an hour", "times as fast"]
    heads += ["efficiency", "processor seconds each", "largest process, MiB"]
    return write_table(heads, [[f"{n:g}" for n in row] for row in table.to_numpy()])


def tabulate_graph() -> str:
    """Return how long Snakemake plans."""
    table = pd.read_csv(paths.results_root() / "benchmarks" / "graph.csv")
    heads = ["trainings", "jobs", "seconds to plan", "memory, MiB"]
    return write_table(heads, [[f"{n:,.6g}" for n in row] for row in table.to_numpy()])


def tabulate_time(facts: dict[str, float]) -> str:
    """Return hours of two cores for a thousand runs, and for ten million slices."""
    epoch = facts["training_slices"] / facts["training_rate"]
    epoch += facts["validation_slices"] / facts["forward_rate"]
    once = facts["epochs"] * epoch / 3600
    factor = SLICES / facts["slices"]
    more = SLICES / facts["searched_slices"]
    search = facts["search_seconds"] * more**2 / 3600
    rows = [
        ("one training of `cpu`", f"{facts['epochs']} epochs × {epoch:.0f} s", once),
        (f"{RUNS:,} of them", f"{RUNS:,} × {once:.2f} h", RUNS * once),
        (
            f"the same on {SLOTS} nodes of two cores",
            f"÷ {SLOTS}, while nothing is shared but files",
            RUNS * once / SLOTS,
        ),
        (
            f"{SLICES:,} slices decoded into a cache",
            f"{facts['cache_seconds']:g} s × {factor:,.0f}",
            facts["cache_seconds"] * factor / 3600,
        ),
        (
            "their near-twins, every pair",
            f"{facts['search_seconds']:g} s × {more:,.0f}²",
            search,
        ),
        (
            "one epoch over them",
            f"{SLICES:,} ÷ {facts['training_rate']:g}/s",
            SLICES / facts["training_rate"] / 3600,
        ),
        (
            "one answer to each",
            f"{SLICES:,} ÷ {facts['forward_rate']:g}/s",
            SLICES / facts["forward_rate"] / 3600,
        ),
    ]
    heads = ["what", "from", "hours of two cores"]
    return write_table(heads, [(what, how, hours(n)) for what, how, n in rows])


def tabulate_storage(facts: dict[str, float]) -> str:
    """Return bytes of each thing, and of all of them in either plan."""
    n, fold = facts["slices"], facts["slices"] / FOLDS
    taught = facts["training_slices"]
    cpu = recipes.get_recipe(MODEL, "cpu")
    paper = recipes.get_recipe(PUBLISHED, "paper")
    place = (paper.side // DOWNSCALING) ** 2 * CHANNELS[paper.backbone] * HALF
    views = min(paper.frozen.views, paper.frozen.epochs)
    weights = facts["weights"] * FLOAT
    row = len(",".join(ROW)) + 1
    each = {  # what: (bytes of one, how many in a thousand runs, in one big run)
        "row of a splits table": (row, RUNS * n, SLICES),
        f"cached slice, side {cpu.side}": (cpu.side**2, n, SLICES),
        f"cached slice, side {paper.side}": (paper.side**2, n, SLICES),
        f"stored features of a slice, {views} views, VGG16 of `paper`": (
            *(place * views, RUNS * taught, SLICES),
        ),
        "checkpoint to resume from, and the best": (
            *(weights * (1 + ADAM + 1), RUNS, 1),
        ),
        "artifact": (weights, RUNS, 1),
        "row of answers": (facts["answer_bytes"], RUNS * fold, SLICES),
        "executed notebook": (facts["notebook_bytes"], RUNS, 1),
    }
    heads = ["what", "bytes", f"{RUNS:,} runs", f"{SLICES:,} slices, one run"]
    rows = [
        (what, f"{size:,.0f}", show_bytes(size * runs), show_bytes(size * big))
        for what, (size, runs, big) in each.items()
    ]
    return write_table(heads, rows)


def hours(number: float) -> str:
    """Write hours, and years where they are many."""
    years = number / 24 / 365
    return (
        f"{number:,.2g}"
        if number < 10
        else f"{number:,.0f}" + (f" ({years:.1f} years)" if years > 1 else "")
    )


def show_bytes(number: float) -> str:
    """Write bytes with a unit, two digits."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            return f"{number:,.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError("the last unit takes every number")


def write_table(heads: list[str], rows: list) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def update_page(text: str) -> str:
    """Return the page with the tables that the files of the repository give."""
    facts = read_facts()
    for name, table in {
        "slots": tabulate_slots(),
        "graph": tabulate_graph(),
        "time": tabulate_time(facts),
        "storage": tabulate_storage(facts),
    }.items():
        text = replace_section(text, name, table)
    return text


def update_file() -> None:
    """Bring docs/scaling.md up to date."""
    page = paths.project_root() / PAGE
    page.write_text(update_page(page.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    update_file()
