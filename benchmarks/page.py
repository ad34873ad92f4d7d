"""The tables of docs/performance.md; a test keeps them equal to what was measured."""

import json
from pathlib import Path

import pandas as pd

from braintumor import paths
from braintumor.reporting import readme

PAGE = Path("docs", "performance.md")


def results_folder() -> Path:
    """Return the tracked folder of benchmark tables."""
    return paths.results_root() / "benchmarks"


def fill_page(text: str, folder: Path) -> str:
    """Put every kept table between the markers of its name, where the page has them.

    Args:
        text: the page as it is.
        folder: of the tables and their records.

    Raises:
        ValueError: a marker has lost its partner.
    """
    for file in sorted(folder.glob("*.csv")):
        if f"<!-- {file.stem}:" not in text:
            continue
        record = json.loads(file.with_suffix(".provenance.json").read_text("utf-8"))
        text = readme.replace_section(text, file.stem, describe(file, record))
    return text


def describe(file: Path, record: dict) -> str:
    """Return a table as Markdown, with the machine that it was measured on.

    Args:
        file: the table.
        record: what `provenance.write` wrote beside it.
    """
    table = pd.read_csv(file)
    names = [name.replace("_", " ") for name in table]
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(show, row))} |" for row in table.to_numpy(object)]
    machine, commit = record["hardware"], record["code"]["commit"]
    lines += [
        "",
        f"*{machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']:.0f} GiB; commit {commit[:7]}, "
        f"measured in {record['seconds']:,.0f} s, {record['finished'][:10]}.*",
    ]
    return "\n".join(lines) + "\n"


def show(value) -> str:
    """Return a cell as a reader wants it: no zeros that say nothing."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if type(value) is int else str(value)


def update_page() -> None:
    """Bring docs/performance.md up to date."""
    page = paths.project_root() / PAGE
    text = fill_page(page.read_text(encoding="utf-8"), results_folder())
    page.write_text(text, encoding="utf-8")
