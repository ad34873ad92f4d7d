"""The card of a shipped model: how it was made, what it scores, how it fails."""

from braintumor.data import sources
from braintumor.demo.evidence import (
    Evidence,
    describe_confusions,
    describe_test,
    percent,
)
from braintumor.modeling.recipes import describe_recipe, recipe_from_dict
from braintumor.reporting.palette import show_name

# What is known of a data set and carries over to whatever learns from it.
INHERITED = {
    "nickparvar": (
        "Its slices without a tumour come from other scanners than its tumours, so "
        "part of that class is told by the picture's frame; and most of its published "
        "test has a twin in training."
    ),
    "navoneel": (
        "It learned from a small collection without patients and without a published "
        "test; the test was cut off here, and its intervals are wide."
    ),
    "phantom": "It learned from drawn phantoms and knows nothing of real slices.",
}


def write_card(promises: dict, fitted: dict, evidence: Evidence | None) -> str:
    """Return a model's card as Markdown.

    Args:
        promises: the contract, without its hashes.
        fitted: what `fitting.fit_answers` returned.
        evidence: test results; None where there are none of this very model.
    """
    sections = (
        _describe_model(promises),
        describe_training(promises),
        _describe_validation(fitted),
        describe_test(promises["model"], fitted, evidence),
        _describe_failures(promises, evidence),
        describe_data(promises),
    )
    return "\n\n".join(sections) + "\n"


def _describe_model(promises: dict) -> str:
    recipe = recipe_from_dict(promises["recipe"])
    names = ", ".join(show_name(name) for name in recipe.classes)
    return (
        f"# {recipe.backbone}: {names}\n\n"
        "**Teaching and research only.** It is not a medical device, it was tested on "
        "nobody's patients, and nothing it says is medical advice.\n\n"
        f"One grey MRI slice in ({recipe.side} × {recipe.side} pixels once resized), "
        f"{len(recipe.classes)} probabilities out. It abstains where they are too "
        "even, and refuses pictures that are no brain slices. Its weights are stored "
        f"in half precision ({promises['shipped']['weights']}). Written by "
        f"`braintumor models ship {promises['shipped']['run']} {recipe.model}`; "
        "`contract.json` holds the hash of every file."
    )


def describe_training(promises: dict) -> str:
    """Return how a model was trained: recipe, data, epochs, versions, as Markdown."""
    facts, recipe = promises["facts"], recipe_from_dict(promises["recipe"])
    told = describe_recipe(recipe) | {
        "weights at the start": promises["pretrained"] or "noise",
        "data set": facts["dataset"],
        "training slices": f"{facts['training_slices']:,}",
        "validation slices": f"{facts['validation_slices']:,}, cut off by group",
        "seed": facts["seed"],
        "epochs": f"{facts['epochs_run']}, the best on validation kept "
        f"(epoch {facts['kept_epoch']})",
        "versions": ", ".join(f"{k} {v}" for k, v in promises["versions"].items()),
    }
    rows = [f"| {name} | {value} |" for name, value in told.items()]
    return "\n".join(["## How it was trained", "", "| | |", "|---|---|", *rows])


def _describe_validation(fitted: dict) -> str:
    return (
        "## What was fitted on validation\n\n"
        f"On {fitted['validation_slices']:,} validation slices "
        f"({fitted['validation_groups']:,} groups) {percent(fitted['accuracy'])} of "
        f"the answers are right (95 % interval {percent(fitted['accuracy_low'])} to "
        f"{percent(fitted['accuracy_high'])}). "
        f"A temperature of {fitted['temperature']:.2f} brings the expected "
        f"calibration error (15 bins) from {fitted['calibration_error_before']:.3f} to "
        f"{fitted['calibration_error']:.3f}. It answers where its highest probability "
        f"is at least {percent(fitted['threshold'])}: the lowest bar above which "
        f"{percent(fitted['wanted_accuracy'])} of the answers were to be right. So it "
        f"answers {percent(fitted['coverage'])} of these slices, and "
        f"{percent(fitted['answered_accuracy'])} of these answers are right. These "
        "slices chose the epoch and the bar: the test below is the fairer number."
    )


def _describe_failures(promises: dict, evidence: Evidence | None) -> str:
    points = list_limits(promises)
    points += [
        "The heat map is as coarse as the last feature map; it says where the "
        "network looked, not where a tumour ends.",
        "The gate refuses only what is clearly no slice.",
    ]
    if evidence is not None:
        points.insert(0, describe_confusions(evidence.predictions))
    return "## How it fails\n\n" + "\n".join(f"- {point}" for point in points)


def list_limits(promises: dict) -> list[str]:
    """Return what limits a model by its making, one sentence each."""
    points = [
        "It knows only these classes: another disease, or a healthy slice that looks "
        "unusual, is pressed into one of them.",
        "It sees one slice, once, as grey values: no volume, no sequence, no history.",
        "Pictures cropped, windowed or turned otherwise than the training set's are "
        "foreign to it.",
    ]
    inherited = INHERITED.get(promises["facts"]["dataset"])
    return points + ([inherited] if inherited else [])


def describe_data(promises: dict) -> str:
    """Return whose data a model learned from, under which licence, as Markdown."""
    source = sources.get_source(promises["facts"]["dataset"])
    return (
        "## Data and licence\n\n"
        f"Trained on {source.title} ({source.origin}). Its licence: {source.licence}. "
        "That is as its publishers state it, not verified by us; no picture of it is "
        "in this folder. The code is MIT."
    )
