"""A stored notebook as the rules see it."""

import ast
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from braintumor.workflow import closure

PICTURES = ("image/png", "image/svg+xml")


@dataclass(frozen=True)
class Stored:
    """One notebook of the repository.

    Attributes:
        path: the `.ipynb` file.
        content: what it holds.
    """

    path: Path
    content: NotebookNode

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.path.stem[:2]

    @property
    def cells(self) -> list[NotebookNode]:
        """Its cells, in order."""
        return self.content.cells

    @property
    def code(self) -> list[NotebookNode]:
        """Its code cells, in order."""
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def opening(self) -> str:
        """Its first cell, if that is prose."""
        first = self.cells[0]
        return first.source if first.cell_type == "markdown" else ""

    def tagged(self, tag: str) -> list[NotebookNode]:
        """Return the cells that carry a tag."""
        return [cell for cell in self.cells if tag in tags(cell)]


def read(path: Path) -> Stored:
    """Read one notebook."""
    return Stored(path, nbformat.read(path, as_version=4))


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def first_line(cell: NotebookNode) -> str:
    """Return how a cell begins, to name it in a fault."""
    return repr(cell.source.strip().split("\n")[0][:50])


def statements(source: str) -> list[ast.stmt]:
    """Parse a cell, its magics replaced."""
    return ast.parse(closure.MAGIC.sub(r"\1pass", source)).body


def output_text(cell: NotebookNode) -> str:
    """Return every textual output of a cell: streams, text, HTML, tracebacks."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts += output.get("traceback", [])
        data = output.get("data", {})
        parts += [str(data[k]) for k in data if k.startswith("text/")]
    return "\n".join(parts)


def has_picture(cell: NotebookNode) -> bool:
    """Tell whether a cell shows a figure."""
    return any(kind in o.get("data", {}) for o in cell.outputs for kind in PICTURES)
