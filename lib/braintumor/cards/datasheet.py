"""The data sheet of the sets as a run used them, with the headings of Gebru et al.

Source: Gebru et al., *Datasheets for datasets*, Communications of the ACM 64(12), 2021.
"""

import inspect
import re

from braintumor import paths
from braintumor.cards.facts import RunFacts
from braintumor.cards.set_tables import (
    describe_audit,
    describe_composition,
    describe_sides,
    tabulate,
)
from braintumor.cards.wording import show_commit
from braintumor.data import sources, splits

UNKNOWN = (
    "who took part, and whether they agreed",
    "which slices are of one patient; near-twins stand in for that",
    "age, sex, origin",
    "hospital, scanner, field strength",
    "sequence, contrast agent, plane, thickness of the slice",
    "who labelled, from what, and how often readers agreed",
    "grade and treatment of the tumours",
    "why a slice was taken and another was not",
)


def write_datasheet(facts: RunFacts) -> str:
    """Return the data sheet of a run's sets as Markdown."""
    sections = (
        _open(facts),
        _describe_motivation(facts),
        describe_composition(facts),
        describe_audit(facts),
        _describe_unknown(),
        _describe_preparation(facts),
        describe_sides(facts),
        _describe_uses(),
        _describe_distribution(facts),
    )
    return "\n\n".join(sections) + "\n"


def _open(facts: RunFacts) -> str:
    names = ", ".join(f"`{name}`" for name in facts.sets)
    record = facts.records["01_explore_dataset"]
    return (
        "# Data sheet\n\n"
        f"The sets of run `{facts.run}` ({names}) as they were used, not as they are "
        "advertised. We gathered none of them: what their publishers do not tell is "
        f"listed as unknown. Audited at {show_commit(record)}, "
        f"{record['finished'][:10]}."
    )


def _describe_motivation(facts: RunFacts) -> str:
    parts = [_paragraph(name) for name in facts.sets]
    return "\n\n".join(["## Motivation and collection", *parts])


def _describe_unknown() -> str:
    points = "\n".join(f"- {point}" for point in UNKNOWN)
    return f"## What is not known\n\nThe files that were used do not tell\n\n{points}"


def _describe_preparation(facts: RunFacts) -> str:
    shares = inspect.signature(splits.add_views).parameters
    validation = shares["validation_fraction"].default
    test = shares["test_fraction"].default
    seed = facts.records["02_preprocess_images"]["seed"]
    return (
        "## Preparation and labels\n\n"
        "One decoder reads every file: grey, orientation applied, 16 bits rescaled. A "
        "bilateral filter and the resize are the recipe's and stand in each model "
        "card. Labels are the names of the published folders; none was changed and "
        "none was checked by a reader. No slice was left out by hand.\n\n"
        f"Validation is cut from the training side by group, {validation:.0%} of each "
        f"class, seed {seed}. A set without a published test gets one of "
        f"{test:.0%}, slice by slice, as published notebooks do; the views then take "
        "from it what was seen (notebook "
        "[02](../notebooks/02_preprocess_images.ipynb))."
    )


def _describe_uses() -> str:
    return (
        "## Uses\n\n"
        "Here: to train and test the models of the [cards](model_cards/), and to "
        "measure how far such tests flatter. Elsewhere: many notebooks and "
        "papers report accuracy on the published test as it is. **Not for**: an "
        "estimate of how a program would do in a hospital, a prevalence, a comparison "
        "of hospitals or people, any decision about a person."
    )


def _describe_distribution(facts: RunFacts) -> str:
    rows = {
        "origin": lambda name: sources.get_source(name).origin,
        "licence": lambda name: sources.get_source(name).licence,
        "Kaggle handle": lambda name: (
            f"`{sources.get_source(name).kaggle_handle}`"
            if sources.get_source(name).kaggle_handle
            else "none"
        ),
    }
    return (
        "## Distribution and maintenance\n\n"
        + "\n".join(tabulate(facts, rows))
        + "\n\nLicences as their publishers state them, not verified. No picture is "
        "part of this repository. Hashes of known copies are in `data/hashes/`; "
        "`braintumor data check NAME` compares a folder with them, and "
        "`braintumor data audit NAME` repeats the audit. Further sets that the "
        "project reads: [data/README.md](../data/README.md)."
    )


def _paragraph(name: str) -> str:
    """Return what data/README.md says of a set."""
    file = paths.project_root() / "data" / "README.md"
    found = re.search(
        rf"^\*\*{name}\*\* .+?(?=\n\n)", file.read_text("utf-8"), re.MULTILINE | re.S
    )
    if found is None:
        raise ValueError(f"data/README.md has no paragraph **{name}** …: write one.")
    return found[0]
