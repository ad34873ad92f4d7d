"""The CLAIM 2024 checklist of a run: each item with its answer, place and figure.

Source: Tejani et al., *Checklist for Artificial Intelligence in Medical Imaging
(CLAIM): 2024 update*, Radiology: Artificial Intelligence 6(4), e240300.
"""

from collections import Counter
from importlib.resources import files
from os.path import relpath
from typing import Any

import yaml

from braintumor.cards.facts import RunFacts
from braintumor.cards.quotes import fill
from braintumor.studies import record as studies

ITEMS = "claim_items.yaml"
ANSWERS = ("done", "partly", "no", "not applicable")


def read_items() -> list[dict[str, Any]]:
    """Return the sections of the checklist with their items, in order.

    An item whose study has been run speaks of it: the fields of its `with_study`
    replace its own.
    """
    text = (files("braintumor.cards") / ITEMS).read_text(encoding="utf-8")
    return [
        section | {"items": [_choose(item) for item in section["items"]]}
        for section in yaml.safe_load(text)
    ]


def _choose(item: dict[str, Any]) -> dict[str, Any]:
    """Take the words that the tracked studies bear out; the last study wins."""
    chosen = {name: value for name, value in item.items() if name != "with_study"}
    for study in item.get("with_study", []):
        if (studies.folder_of(study["study"]) / studies.RECORD).is_file():
            chosen |= {name: value for name, value in study.items() if name != "study"}
    return chosen


def write_claim(facts: RunFacts) -> str:
    """Return the filled-in checklist of a run as Markdown."""
    sections = read_items()
    answers = Counter(item["answer"] for part in sections for item in part["items"])
    counted = ", ".join(f"{answers[answer]} {answer}" for answer in ANSWERS)
    opening = (
        "# CLAIM 2024\n\n"
        f"The checklist of Tejani et al. (2024) for run `{facts.run}`: the words are "
        "ours, in short; the numbering is meant as theirs, and was not compared with "
        "the printed list. **Answer** says whether we report the "
        "item, not whether the matter is well: an unknown that is called unknown is "
        f"still *no*. Of {answers.total()} items: {counted}. Figures are accuracies or "
        "as named, with 95 % intervals over groups and n slices."
    )
    parts = [_tabulate(section, facts) for section in sections]
    return "\n\n".join([opening, *parts]) + "\n"


def _tabulate(section: dict[str, Any], facts: RunFacts) -> str:
    lines = [
        f"## {section['section']}\n",
        "| | item | answer | what | where |",
        "|---:|---|---|---|---|",
    ]
    for item in section["items"]:
        places = [fill(place, facts) for place in item["where"]]
        links = ", ".join(
            f"[{_short(place)}]({relpath(place, 'docs')})" for place in places
        )
        said = " ".join(fill(item["says"], facts).split())
        cells = (item["number"], item["asks"], item["answer"], said, links)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _short(place: str) -> str:
    """Write a path short: its last part, with the folder where that says too little."""
    parts = place.rstrip("/").split("/")
    return "/".join(parts[-2:]) if parts[-1] == "README.md" else parts[-1]
