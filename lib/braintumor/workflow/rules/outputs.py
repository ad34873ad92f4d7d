"""Stored outputs: clean, fresh, mirrored, and really compared by nbval."""

import re

from nbformat import NotebookNode

from braintumor.workflow import mirror
from braintumor.workflow.rules.reading import PICTURES, Stored, first_line, tags

FEWEST_COMPARED = 3  # cells per notebook that nbval really compares
COMPARED = re.compile(r"^#\s*NBVAL_CHECK_OUTPUT", re.MULTILINE)
NOT_COMPARED = ("nbval-ignore-output", "nbval-skip")


def clean_outputs(stored: Stored) -> list[str]:
    """No error, nothing on stderr, and one output per cell."""
    faults = []
    for cell in stored.code:
        kinds = [output.output_type for output in cell.outputs]
        streams = [output.get("name") for output in cell.outputs]
        if "error" in kinds:
            faults.append(f"error output: {first_line(cell)}")
        if "stderr" in streams:
            faults.append(f"stderr output: {first_line(cell)}")
        if len(kinds) > 1:
            faults.append(f"{len(kinds)} outputs instead of one: {first_line(cell)}")
    return faults


def ran_once(stored: Stored) -> list[str]:
    """Cells ran once, from top to bottom, in one kernel."""
    counts = [cell.execution_count for cell in stored.code]
    whole = counts == [*range(1, len(counts) + 1)]
    return [] if whole else [f"execution counts are {counts}: run `make notebooks`"]


def fresh_outputs(stored: Stored) -> list[str]:
    """The stamp says that this very code made the outputs."""
    fresh = mirror.stamp_of(stored.content) == mirror.code_digest(stored.content)
    return [] if fresh else ["outputs are of other code: run `make notebooks`"]


def text_mirror(stored: Stored) -> list[str]:
    """The mirror under text/ equals the notebook."""
    path = mirror.mirror_path(stored.path)
    if not path.is_file():
        return [f"no mirror text/{path.name}: run `make notebooks`"]
    same = path.read_text(encoding="utf-8") == mirror.mirror_text(stored.content)
    return [] if same else [f"text/{path.name} differs: run `make notebooks`"]


def compared_cells(stored: Stored) -> list[str]:
    """Enough cells are really compared: marked, executed, with a stored text output."""
    count = sum(map(is_compared, stored.code))
    if count >= FEWEST_COMPARED:
        return []
    return [f"nbval compares {count} cells; tag {FEWEST_COMPARED} nbval-check-output"]


def is_compared(cell: NotebookNode) -> bool:
    """Tell whether nbval would notice another output of this cell."""
    marked = "nbval-check-output" in tags(cell) or COMPARED.search(cell.source)
    skipped = any(tag in tags(cell) for tag in NOT_COMPARED)
    text = any(
        output.get("text") or "text/plain" in output.get("data", {})
        for output in cell.outputs
        if not any(kind in output.get("data", {}) for kind in PICTURES)
    )
    return bool(marked and not skipped and cell.execution_count and text)
