"""What a stored notebook keeps: plain metadata, a stamp of its code, a text mirror."""

import hashlib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from braintumor.reporting.noise import is_start_up_noise

# A widget lives as long as its kernel; without it a page shows the text beside it.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
MIRRORED = {
    "cell_metadata_filter": "tags",
    "notebook_metadata_filter": (
        "kernelspec,jupytext,-jupytext.text_representation.jupytext_version"
    ),
}


def code_digest(notebook: NotebookNode) -> str:
    """Return 16 hex digits of the SHA-256 of all code cells, in order."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(cells).encode()).hexdigest()[:16]


def stamp_of(notebook: NotebookNode) -> str | None:
    """Return the digest of the code that made the stored outputs."""
    return notebook.metadata.get("braintumor", {}).get("executed")


def mirror_path(notebook: Path) -> Path:
    """Return the text mirror of a stored notebook."""
    return notebook.parent / "text" / f"{notebook.stem}.py"


def mirror_text(notebook: NotebookNode) -> str:
    """Write a notebook's cells as a py:percent script."""
    import jupytext

    return jupytext.writes(tidy(notebook), fmt="py:percent")


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with plain metadata: what differs between machines is left out."""
    clean = nbformat.from_dict(notebook)
    stamp = notebook.metadata.get("braintumor")
    clean.metadata = nbformat.from_dict(
        {"kernelspec": KERNELSPEC, "jupytext": MIRRORED}
    )
    if stamp:
        clean.metadata["braintumor"] = stamp
    for position, cell in enumerate(clean.cells):
        same = sum(other.source == cell.source for other in clean.cells[:position])
        name = hashlib.sha256(f"{same}{cell.source}".encode()).hexdigest()
        cell.id = name[:8]  # by content: the same cell keeps its name in a diff
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if not is_start_up_noise(o)]
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET_VIEW, None)
    return clean
