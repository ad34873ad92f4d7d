"""The card of a trained model, with the headings of Mitchell et al.

Source: Mitchell et al., *Model cards for model reporting*, FAT* 2019.
"""

from braintumor.cards.facts import RunFacts
from braintumor.cards.wording import describe_machine, show_commit, show_model
from braintumor.demo.evidence import select_scores, tabulate_scores, tell_errors
from braintumor.demo.model_card import describe_data, describe_training, list_limits
from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting.palette import show_name

NOTEBOOKS = {
    "vgg19_binary": "03_train_vgg19_binary",
    "vgg16_four_class": "04_train_vgg16_four_class",
    "densenet121_four_class": "05_train_densenet121_four_class",
}


def write_model_card(facts: RunFacts, model: str) -> str:
    """Return a model's card as Markdown.

    Args:
        facts: of its run.
        model: one of the run's models.
    """
    promises = facts.contracts[model]
    sections = (
        _describe_details(facts, model),
        _describe_use(promises),
        _describe_factors(facts, model),
        _describe_metrics(facts),
        _describe_evaluation_data(facts, model),
        describe_training(promises),
        _describe_results(facts, model),
        _describe_ethics(),
        _describe_caveats(promises),
        describe_data(promises),
    )
    return "\n\n".join(sections) + "\n"


def _describe_details(facts: RunFacts, model: str) -> str:
    promises, record = facts.contracts[model], facts.records[NOTEBOOKS[model]]
    names = ", ".join(show_name(name) for name in promises["classes"])
    side = promises["recipe"]["side"]
    return (
        f"# Model card: {show_model(model)}\n\n"
        "**Teaching and research only.** It is not a medical device, it was tested on "
        "nobody's patients, and nothing it says is medical advice.\n\n"
        "## Model details\n\n"
        f"- **What**: {promises['recipe']['backbone']} with a head of "
        f"{len(promises['classes'])} outputs ({names}); one grey MRI slice in "
        f"({side} × {side} pixels once resized), probabilities out.\n"
        f"- **From**: run `{facts.run}`, notebook "
        f"[{NOTEBOOKS[model]}](../../notebooks/{NOTEBOOKS[model]}.ipynb), "
        f"{show_commit(record)}, seed {promises['facts']['seed']}, on "
        f"{describe_machine(record)}; finished {record['finished'][:10]}.\n"
        f"- **Weights**: `{promises['files']['model.weights.h5']}` (SHA-256), kept "
        "beside their contract in the run's folder. A model that comes with the "
        "project has a card of its own in `data/models/`, with its calibration.\n"
        "- **Licence**: MIT for the code; the data sets carry their own."
    )


def _describe_use(promises: dict) -> str:
    tumours = [name for name in promises["classes"] if name != "no_tumor"]
    question = (
        "tumour or none" if len(tumours) == 1 else "which of three tumours, or none"
    )
    return (
        "## Intended use\n\n"
        f"To teach and to study how a classifier of MRI slices ({question}) is "
        "trained, tested and misread; to be a baseline for others. Its users are "
        "students and researchers. **Out of scope**: any decision about a person, any "
        "screening or triage, other organs or sequences, whole volumes, children's "
        "heads, heads after an operation."
    )


def _describe_factors(facts: RunFacts, model: str) -> str:
    dataset = facts.contracts[model]["facts"]["dataset"]
    patients = facts.sets[dataset]["patients"]
    known = f"{patients:,} patients are named" if patients else "No patient is named"
    return (
        "## Factors\n\n"
        "Likely to matter and unknown for every slice: age, sex, hospital, scanner, "
        "field strength, sequence, contrast agent, plane, grade and size of the "
        f"tumour, treatment. {known} in `{dataset}`, so groups of near-twins stand in "
        "for patients. What can be told apart is class and view; both are below. No "
        "statement about any group of people is possible."
    )


def _describe_metrics(facts: RunFacts) -> str:
    parameters = facts.records["06_evaluate_models"]["parameters"]
    return (
        "## Metrics\n\n"
        "Accuracy, macro F1, area under the ROC curve (one class against the rest, "
        "averaged), recall per class, and as a question of tumour or none sensitivity "
        "and specificity. The answer is the class of highest probability; no "
        "threshold was chosen. Intervals hold 95 % and come from "
        f"{parameters['replicates']:,} bootstrap samples of whole groups; where a "
        "score is 0 or 1, the exact binomial interval over groups stands instead. A "
        "dash stands where a class has no slice left."
    )


def _describe_evaluation_data(facts: RunFacts, model: str) -> str:
    dataset = facts.contracts[model]["facts"]["dataset"]
    lines = ["| test slices (groups) | " + " | ".join(map(show_name, VIEWS)) + " |"]
    lines += ["|---|---:|---:|---:|"]
    for label in facts.labels(dataset):
        cells = [
            f"{facts.count(dataset, view, 'test', label):,} "
            f"({facts.groups(dataset, view, 'test', label):,})"
            for view in VIEWS
        ]
        lines.append(f"| {show_name(label)} | " + " | ".join(cells) + " |")
    return (
        "## Evaluation data\n\n"
        f"The test side of `{dataset}` in three views, opened once, by notebook "
        "[06](../../notebooks/06_evaluate_models.ipynb); it chose nothing. How the "
        "sets were gathered, audited and split is in the "
        "[data sheet](../datasheet.md).\n\n" + "\n".join(lines)
    )


def _describe_results(facts: RunFacts, model: str) -> str:
    shown = tabulate_scores(model, select_scores(model, facts.scores))
    errors = [
        f"- {show_name(view)}: {tell_errors(facts.answers(model, view))}"
        for view in VIEWS
    ]
    return "\n\n".join(
        ["## Quantitative analyses", shown, "Its errors:", "\n".join(errors)]
    )


def _describe_ethics() -> str:
    return (
        "## Ethical considerations\n\n"
        "Whether the people in these pictures agreed to this use is not told. The "
        "files are JPEG and PNG without a DICOM header; they were not searched for "
        "text burnt into the picture. A missed tumour and a false alarm count alike "
        "in the accuracy and are not alike "
        "for a patient. The classes are balanced as in no hospital, so no predictive "
        "value can be read off these figures."
    )


def _describe_caveats(promises: dict) -> str:
    points = [f"- {point}" for point in list_limits(promises)]
    points.append(
        "- One training with one seed: how far another seed would lie from it is not "
        "in these intervals."
    )
    return "## Caveats and recommendations\n\n" + "\n".join(points)
