"""What stands between a notebook's opening and its end: cells, prose, figures."""

import re

from braintumor.workflow.rules.reading import (
    Stored,
    first_line,
    has_picture,
    output_text,
)

LONGEST_CELL = 25  # lines
CLOSING = ("Summary", "Exercises", "Next", "References")
EMPTY_HEADINGS = {"eda", "introduction", "setup", "imports", "plots", "training"}
TRICKS = re.compile(r"sys\.path|os\.chdir|%cd(?! braintumor)|[\"']\.\./|(?<!\w)\.\./\w")
PRIVATE = re.compile(
    r"(?<![\w./])/(?:home|root|tmp|usr|var|opt|mnt|media|srv|Users|content|work\w*)/\w"
    r"|[A-Z]:\\\\?\w"
)
CAPTION = re.compile(r"\*\*Figure (\d+)\.(\d+)\.\*\*")


def short_cells(stored: Stored) -> list[str]:
    """No code cell is longer than the limit."""
    return [
        f"{len(cell.source.splitlines())} lines, {LONGEST_CELL} at most: "
        + first_line(cell)
        for cell in stored.code
        if len(cell.source.splitlines()) > LONGEST_CELL
    ]


def captions(stored: Stored) -> list[str]:
    """Below every figure its caption and a **Notice**, numbered without a gap."""
    faults, expected = [], 1
    for cell, after in zip(stored.cells, [*stored.cells[1:], None], strict=True):
        if cell.cell_type != "code" or not has_picture(cell):
            continue
        text = after.source if after and after.cell_type == "markdown" else ""
        found = CAPTION.match(text)
        number = f"{int(stored.number)}.{expected}"
        if not found or ".".join(found.groups()) != number:
            faults.append(f"no caption **Figure {number}.** below {first_line(cell)}")
        if "**Notice**" not in text:
            faults.append(f"no **Notice** below {first_line(cell)}")
        expected += 1
    return faults


def no_titles_in_figures(stored: Stored) -> list[str]:
    """A figure's title is its caption."""
    pattern = re.compile(r"plt\.title|\.set_title|\.suptitle")
    return [
        f"title inside a figure: {first_line(cell)}"
        for cell in stored.code
        if pattern.search(cell.source)
    ]


def headings(stored: Stored) -> list[str]:
    """A heading says something, and prose follows it before code does."""
    faults = []
    for cell in stored.cells[1:]:
        if cell.cell_type != "markdown" or not cell.source.startswith("## "):
            continue
        heading, _, prose = cell.source.partition("\n")
        words = heading.removeprefix("## ").strip()
        if words in CLOSING:
            continue
        if len(words.split()) < 3 or words.lower() in EMPTY_HEADINGS:
            faults.append(f"heading says nothing: {words!r}")
        if len(prose.split()) < 12:
            faults.append(f"no prose below heading {words!r}")
    return faults


def closing(stored: Stored) -> list[str]:
    """Contract, then Summary, Exercises with solutions, Next and References."""
    end = max(i for i, cell in enumerate(stored.cells) if cell.cell_type == "code")
    contract = stored.cells[end].source
    text = "\n".join(cell.source for cell in stored.cells[end + 1 :])
    faults = [
        f"no heading `## {name}` after the last code cell"
        for name in CLOSING
        if not re.search(rf"^#+ {name}\b", text, re.MULTILINE)
    ]
    if "require_made(" not in contract and "assert " not in contract:
        faults.append("the last code cell is no contract: call notebook.require_made")
    exercises = re.split(r"^#+ Exercises\b", text, flags=re.MULTILINE)[-1]
    exercises = re.split(r"^#+ Next\b", exercises, flags=re.MULTILINE)[0]
    count = len(re.findall(r"^\d+\. ", exercises, re.MULTILINE))
    if not 2 <= count <= 4:
        faults.append(f"{count} numbered exercises; two to four are wanted")
    if "<details>" not in exercises:
        faults.append("exercises without a collapsed solution (<details>)")
    return faults


def no_path_tricks(stored: Stored) -> list[str]:
    """Paths come from the library; no output shows where a machine keeps its files."""
    return [
        f"path trick or private path: {first_line(cell)}"
        for cell in stored.cells
        if TRICKS.search(cell.source) or PRIVATE.search(cell.source)
    ] + [
        f"private path in the output of {first_line(cell)}"
        for cell in stored.code
        if PRIVATE.search(output_text(cell))
    ]
