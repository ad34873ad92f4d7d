"""How a notebook opens: its name, first cell, imports and parameters."""

import ast
import re

from braintumor.parameters import Parameters, declared_names
from braintumor.workflow import closure
from braintumor.workflow.rules.reading import Stored, first_line, statements

LARGEST_FILE = 1_000_000  # bytes
CHECK = "parameters.check(globals())"
WARNED = ("06", "07", "08")  # notebooks that show scores or take uploads


def file_name(stored: Stored) -> list[str]:
    """Two digits and lower-case words; under one megabyte; the plain kernel."""
    faults = []
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", stored.path.stem):
        faults.append("name is not <two digits>_<lower_case_words>")
    if stored.path.stat().st_size > LARGEST_FILE:
        faults.append(f"larger than {LARGEST_FILE:,} bytes: save smaller figures")
    if stored.content.metadata.get("kernelspec", {}).get("name") != "python3":
        faults.append("kernel is not python3")
    return faults


def opening(stored: Stored) -> list[str]:
    """Title, quoted finding, the table of needs, the Colab badge, the warning."""
    wanted = {
        f"title `# {stored.number} · …`": rf"\A# {stored.number} · \S",
        "quoted finding": r"^> \S",
        "**Needs** row": r"^\|.*\*\*Needs\*\*",
        "**Makes** row": r"^\|.*\*\*Makes\*\*",
        "**Time** row": r"^\|.*\*\*Time\*\*",
        "Colab badge to this file": rf"colab-badge.*/notebooks/{stored.path.name}\)",
    }
    if stored.number in WARNED:
        wanted["warning"] = r"[Nn]ot for\s+diagnosis"
    return [
        f"first cell has no {what}"
        for what, pattern in wanted.items()
        if not re.search(pattern, stored.opening, re.MULTILINE)
    ]


def colab_cell(stored: Stored) -> list[str]:
    """The second cell fetches the project in Colab, and does nothing elsewhere."""
    cells = stored.tagged("colab")
    if len(cells) != 1 or stored.cells[1:2] != cells:
        return ["the second cell, and it alone, must be tagged `colab`"]
    body = statements(cells[0].source)
    guarded = isinstance(body[-1], ast.If) and "google.colab" in ast.unparse(body[-1])
    rest = all(isinstance(node, ast.Import) for node in body[:-1])
    return [] if guarded and rest else ["Colab cell acts outside `google.colab`"]


def imports(stored: Stored) -> list[str]:
    """The third cell imports, heavy things below the check; modules, not objects.

    What takes long to import may wait in the cell right below the parameters' check,
    so that a misspelt parameter is refused at once.
    """
    faults = []
    for position, cell in enumerate(stored.cells):
        if cell.cell_type != "code" or position == 1:
            continue
        found = [n for n in ast.walk(ast.Module(statements(cell.source), [])) if _is(n)]
        waits = CHECK in stored.cells[position - 1].source
        mixed = len(found) != len(statements(cell.source))
        if mixed and (position == 2 or (waits and found)):
            faults.append(f"imports and something else: {first_line(cell)}")
        if position != 2 and found and not waits:
            faults.append(f"import outside the third cell: {first_line(cell)}")
        for node in found:
            faults += _objects(node)
    return faults


def _is(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _objects(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.ImportFrom) or not node.module:
        return []
    package = closure.PACKAGE.name
    if node.module.split(".")[0] != package:
        return []
    place = closure.PACKAGE.parent.joinpath(*node.module.split("."))
    return [
        f"imports the object {alias.name} of {node.module}: import the module"
        for alias in node.names
        if not (place / f"{alias.name}.py").is_file()
        and not (place / alias.name / "__init__.py").is_file()
    ]


def parameters_cell(stored: Stored) -> list[str]:
    """One parameters cell, annotated, commented, nothing else; checked right after."""
    cells = stored.tagged("parameters")
    if len(cells) != 1:
        return [f"{len(cells)} cells tagged `parameters` instead of one"]
    source = cells[0].source
    faults = [
        f"no annotated parameter: {ast.unparse(node)}"
        for node in statements(source)
        if not isinstance(node, ast.AnnAssign) or node.value is None
    ]
    lines = [line for line in source.splitlines() if line.strip()]
    faults += [f"no comment: {line}" for line in lines if "  # " not in line]
    unknown = {*declared_names(source)} - {*Parameters.model_fields}
    faults += [f"Parameters has no field {name}" for name in sorted(unknown)]
    after = stored.code[stored.code.index(cells[0]) + 1 :]
    if not after or CHECK not in after[0].source:
        faults.append(f"the cell after it does not call {CHECK}")
    return faults
