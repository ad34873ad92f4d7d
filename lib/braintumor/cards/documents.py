"""Writes the documents of a run; the same facts give the same bytes."""

from pathlib import Path

from braintumor import paths
from braintumor.cards import claim, collecting, datasheet, model_cards
from braintumor.cards.facts import RunFacts, read_facts

NOTE = "<!-- Written by `braintumor cards {run}`: edit what it reads, not this. -->\n\n"


def render(facts: RunFacts) -> dict[str, str]:
    """Return every document of a run: its path in the project, and its text."""
    note = NOTE.format(run=facts.run)
    documents = {
        f"docs/model_cards/{model}.md": model_cards.write_model_card(facts, model)
        for model in facts.contracts
    }
    documents["docs/datasheet.md"] = datasheet.write_datasheet(facts)
    documents["docs/claim_2024.md"] = claim.write_claim(facts)
    return {path: note + text for path, text in documents.items()}


def write(run: str) -> list[Path]:
    """Write the documents of a run into `docs/`.

    Its facts are collected anew where the run lies on this machine, else the tracked
    ones are used.

    Args:
        run: its name.

    Returns:
        The documents.

    Raises:
        ArtifactError: a model of the run is missing or altered.
        FileNotFoundError: the run is neither here nor tracked.
        ValueError: a file is not the one that was evaluated or collected.
    """
    if collecting.is_here(run):
        collecting.collect(run)
    written = []
    for name, text in render(read_facts(run)).items():
        path = paths.project_root() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        written.append(unfinished.replace(path))
    return written
