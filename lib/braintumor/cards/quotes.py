"""Looks up what stands in braces in a template, in the tracked facts of a run.

`{score densenet121_four_class as_shipped accuracy}` becomes
"0.974 (0.964–0.984, n=1,311)": no figure of a document is typed by hand.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from braintumor.cards.facts import RunFacts
from braintumor.cards.wording import describe_machine, show_commit
from braintumor.data import sources
from braintumor.demo.evidence import tell_errors
from braintumor.reporting.tables import show_score
from braintumor.studies import record as studies

PLACE = re.compile(r"\{([^{}]+)\}")


def fill(template: str, facts: RunFacts) -> str:
    """Return a template with everything in braces looked up.

    Args:
        template: text; in braces stand a word of `LOOK_UPS` and its arguments.
        facts: of a run.

    Raises:
        KeyError: a word or an argument is unknown; the message holds the whole brace.
    """

    def look_up(found: re.Match) -> str:
        word, *arguments = found[1].split()
        try:
            answer = LOOK_UPS[word](facts, *arguments)
        except (KeyError, StopIteration, TypeError) as error:
            raise KeyError(f"{found[0]} is not in the run's facts: {error}") from error
        return f"{answer:,}" if isinstance(answer, int) else str(answer)

    return PLACE.sub(look_up, template)


def _published(facts: RunFacts, dataset: str) -> int:
    return sum(sources.get_source(dataset).expected_counts.values())


def _recipe(facts: RunFacts, model: str, name: str) -> str:
    return facts.recipe(model)[name.replace("_", " ")]


def _notebook(facts: RunFacts, number: str) -> dict[str, Any]:
    return next(
        record
        for record in facts.records.values()
        if record.get("notebook", "").startswith(number)
    )


def _study(
    facts: RunFacts, name: str, table: str, column: str, *where: str
) -> str | int:
    """Return one cell of a study's table, found by `column=value` pairs."""
    cell = _find_row(name, table, where)[column].iloc[0]
    if isinstance(cell, float):
        return f"{cell:.1f}" if abs(cell) > 1 else f"{cell:.3f}"
    return int(cell) if isinstance(cell, np.integer) else str(cell)


def _measured(facts: RunFacts, name: str, table: str, *where: str) -> str:
    """Return one score of a study's table with its interval and n."""
    return show_score(next(_find_row(name, table, where).itertuples()))


def _find_row(name: str, table: str, where: tuple[str, ...]) -> pd.DataFrame:
    rows = studies.read_table(name, table)
    for pair in where:
        key, value = pair.split("=")
        rows = rows[rows[key].astype(str) == value]
    if len(rows) != 1:
        raise KeyError(f"{len(rows)} rows instead of one")
    return rows


LOOK_UPS: dict[str, Callable[..., Any]] = {
    "score": RunFacts.score,
    "count": RunFacts.count,
    "groups": RunFacts.groups,
    "published": _published,
    "recipe": _recipe,
    "study": _study,
    "measured": _measured,
    "audit": lambda facts, dataset, key: facts.audits[dataset][key],
    "set": lambda facts, dataset, key: facts.sets[dataset][key],
    "fact": lambda facts, model, key: facts.contracts[model]["facts"][key],
    "errors": lambda facts, model, view: tell_errors(facts.answers(model, view)),
    "parameter": lambda facts, number, key: _notebook(facts, number)["parameters"][key],
    "version": lambda facts, name: _notebook(facts, "06")["versions"][name],
    "machine": lambda facts, number: describe_machine(_notebook(facts, number)),
    "commit": lambda facts, number: show_commit(_notebook(facts, number)),
    "results": lambda facts: f"data/results/{facts.run}.csv",
}
