"""The tables of docs/performance.md; a test keeps them equal to what was measured."""

import json
from pathlib import Path

import pandas as pd

from braintumor import paths
from braintumor.modeling import recipes
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
    if "model" in table:
        table["model"] = [recipes.get_recipe(m, "cpu").backbone for m in table["model"]]
    table, same = set_apart(fold_intervals(table))
    lines = [f"| {' | '.join(table)} |", f"|{'---|' * len(table.columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in table.to_numpy(object)]
    if same:
        said = (f"{name} {value}" for name, value in same.items())
        lines += ["", f"In all rows: {', '.join(said)}."]
    machine, commit = record["hardware"], record["code"]["commit"]
    lines += [
        "",
        f"*{machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']:.0f} GiB; commit {commit[:7]}, "
        f"measured in {record['seconds']:,.0f} s, {record['finished'][:10]}.*",
    ]
    return "\n".join(lines) + "\n"


def fold_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as text, the ends of an interval behind the value before them.

    Args:
        table: the ends are two columns whose names end in least and most, or low and
            high, and follow the value's.
    """
    shown = {}
    for name, values in table.items():
        cells, words = [show(value) for value in values], name.split("_")
        if words[-1] in ("least", "low"):
            ends = cells
        elif words[-1] in ("most", "high"):
            value = [*shown][-1]
            whole = zip(shown[value], ends, cells, strict=True)
            shown[value] = [v if v == a == b else f"{v} ({a}–{b})" for v, a, b in whole]
        else:
            shown[" ".join(words)] = cells
    return pd.DataFrame(shown)


def set_apart(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Take out the columns that say the same in every row, where there are several."""
    many = len(table) > 1
    kinds = {name: {*values} for name, values in table.items() if many}
    same = {name: kind.pop() for name, kind in kinds.items() if len(kind) == 1}
    return table.drop(columns=[*same]), same


def show(value) -> str:
    """Return a cell as a reader wants it: no digit that says nothing."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if type(value) is int else str(value)


def update_page() -> None:
    """Bring docs/performance.md up to date."""
    page = paths.project_root() / PAGE
    text = fill_page(page.read_text(encoding="utf-8"), results_folder())
    page.write_text(text, encoding="utf-8")
