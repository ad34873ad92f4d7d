"""The house style of a notebook, as far as a program can check it.

Each rule takes a `Stored` notebook and returns what is wrong with it, one line per
fault; an empty list is a pass.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from braintumor.parameters import Parameters, declared_names
from braintumor.workflow import closure, mirror

LONGEST_CELL = 25  # lines
LARGEST_FILE = 1_000_000  # bytes
FEWEST_COMPARED = 3  # cells per notebook that nbval really compares
WARNED = ("06", "07")  # notebooks that show scores or take uploads
CLOSING = ("Summary", "Exercises", "Next", "References")
EMPTY_HEADINGS = {"eda", "introduction", "setup", "imports", "plots", "training"}
TRICKS = re.compile(r"sys\.path|os\.chdir|%cd(?! braintumor)|[\"']\.\./|(?<!\w)\.\./\w")
PRIVATE = re.compile(
    r"(?<![\w./])/(?:home|root|tmp|usr|var|opt|mnt|media|srv|Users|content|work\w*)/\w"
    r"|[A-Z]:\\\\?\w"
)
COMPARED = re.compile(r"^#\s*NBVAL_CHECK_OUTPUT", re.MULTILINE)
NOT_COMPARED = ("nbval-ignore-output", "nbval-skip")
CAPTION = re.compile(r"\*\*Figure (\d+)\.(\d+)\.\*\*")
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


Rule = Callable[[Stored], list[str]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Add a rule to those that every notebook keeps."""
    RULES.append(function)
    return function


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


@rule
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


@rule
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


@rule
def colab_cell(stored: Stored) -> list[str]:
    """The second cell fetches the project in Colab, and does nothing elsewhere."""
    cells = stored.tagged("colab")
    if len(cells) != 1 or stored.cells[1:2] != cells:
        return ["the second cell, and it alone, must be tagged `colab`"]
    body = statements(cells[0].source)
    guarded = isinstance(body[-1], ast.If) and "google.colab" in ast.unparse(body[-1])
    rest = all(isinstance(node, ast.Import) for node in body[:-1])
    return [] if guarded and rest else ["Colab cell acts outside `google.colab`"]


@rule
def imports(stored: Stored) -> list[str]:
    """The third cell imports; no other does; the package's modules, not objects."""
    faults = []
    for position, cell in enumerate(stored.cells):
        if cell.cell_type != "code" or position == 1:
            continue
        found = [n for n in ast.walk(ast.Module(statements(cell.source), [])) if _is(n)]
        if position == 2 and len(found) != len(statements(cell.source)):
            faults.append("the third cell holds something else than imports")
        if position != 2 and found:
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


@rule
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
    if not after or "parameters.check(globals())" not in after[0].source:
        faults.append("the cell after it does not call parameters.check(globals())")
    return faults


@rule
def short_cells(stored: Stored) -> list[str]:
    """No code cell is longer than the limit."""
    return [
        f"{len(cell.source.splitlines())} lines, {LONGEST_CELL} at most: "
        + first_line(cell)
        for cell in stored.code
        if len(cell.source.splitlines()) > LONGEST_CELL
    ]


@rule
def captions(stored: Stored) -> list[str]:
    """Below every figure its caption and a **Notice**, numbered without a gap."""
    faults, expected = [], 1
    for cell, after in zip(stored.cells, [*stored.cells[1:], None], strict=True):
        if cell.cell_type != "code" or not _pictures(cell):
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


def _pictures(cell: NotebookNode) -> bool:
    return any(kind in o.get("data", {}) for o in cell.outputs for kind in PICTURES)


@rule
def no_titles_in_figures(stored: Stored) -> list[str]:
    """A figure's title is its caption."""
    pattern = re.compile(r"plt\.title|\.set_title|\.suptitle")
    return [
        f"title inside a figure: {first_line(cell)}"
        for cell in stored.code
        if pattern.search(cell.source)
    ]


@rule
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


@rule
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


@rule
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


def output_text(cell: NotebookNode) -> str:
    """Return every textual output of a cell: streams, text, HTML, tracebacks."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts += output.get("traceback", [])
        data = output.get("data", {})
        parts += [str(data[k]) for k in data if k.startswith("text/")]
    return "\n".join(parts)


@rule
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


@rule
def ran_once(stored: Stored) -> list[str]:
    """Cells ran once, from top to bottom, in one kernel."""
    counts = [cell.execution_count for cell in stored.code]
    whole = counts == [*range(1, len(counts) + 1)]
    return [] if whole else [f"execution counts are {counts}: run `make notebooks`"]


@rule
def fresh_outputs(stored: Stored) -> list[str]:
    """The stamp says that this very code made the outputs."""
    fresh = mirror.stamp_of(stored.content) == mirror.code_digest(stored.content)
    return [] if fresh else ["outputs are of other code: run `make notebooks`"]


@rule
def text_mirror(stored: Stored) -> list[str]:
    """The mirror under text/ equals the notebook."""
    path = mirror.mirror_path(stored.path)
    if not path.is_file():
        return [f"no mirror text/{path.name}: run `make notebooks`"]
    same = path.read_text(encoding="utf-8") == mirror.mirror_text(stored.content)
    return [] if same else [f"text/{path.name} differs: run `make notebooks`"]


@rule
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
