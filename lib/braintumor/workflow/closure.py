"""What a notebook's outputs depend on: its own cells and every module behind them.

Found by reading syntax trees, so nothing is imported; a module whose name is put
together while the program runs is not seen.
"""

import ast
import hashlib
import json
import re
from functools import cache
from pathlib import Path

import braintumor

PACKAGE = Path(braintumor.__file__).parent
MAGIC = re.compile(r"^(\s*)[!%].*$", re.MULTILINE)


def notebook_cells(notebook: Path) -> list[tuple[str, str]]:
    """Return the type and the source of each cell, in order."""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


def import_closure(source: Path, package: Path = PACKAGE) -> list[Path]:
    """Return the package's modules that a notebook or a module imports, transitively.

    Args:
        source: an `.ipynb` or a `.py` file.
        package: the folder of the package; only its own modules are followed.

    Returns:
        Sorted paths of `.py` files (the `__init__.py` on the way included) and of the
        data files that lie beside them.
    """
    found: set[Path] = set()
    waiting = {*_imports(source, package)}
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting |= _imports(module, package)
    beside = {file for module in found for file in module.parent.iterdir()}
    data = {f for f in beside if f.is_file() and f.suffix not in (".py", ".pyc")}
    return sorted(found | data)


def digest(source: Path, package: Path = PACKAGE) -> str:
    """Return 16 hex digits that change with the cells or with a module behind them.

    Outputs, execution counts and file times do not count.

    Args:
        source: an `.ipynb` or a `.py` file.
        package: the folder of the package.
    """
    content = hashlib.sha256()
    if source.suffix == ".ipynb":
        content.update(json.dumps(notebook_cells(source)).encode())
    else:
        content.update(source.read_bytes())
    for file in import_closure(source, package):
        content.update(file.relative_to(package).as_posix().encode())
        content.update(hashlib.sha256(file.read_bytes()).digest())
    return content.hexdigest()[:16]


@cache
def _imports(source: Path, package: Path) -> frozenset[Path]:
    """Return the modules that one file imports itself."""
    if source.suffix == ".ipynb":
        code = "\n".join(
            text for kind, text in notebook_cells(source) if kind == "code"
        )
        text = MAGIC.sub(r"\1pass", code)
    else:
        text = source.read_text(encoding="utf-8")
    names: set[str] = set()
    for node in ast.walk(ast.parse(text, filename=str(source))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, source, package)
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return frozenset().union(*(_files(name, package) for name in names))


def _absolute(node: ast.ImportFrom, source: Path, package: Path) -> str:
    """Return the full name of the module in `from <module> import …`."""
    if not node.level:
        return node.module or ""
    here = source.relative_to(package.parent).parts[: -node.level]
    return ".".join((*here, *([node.module] if node.module else ())))


def _files(name: str, package: Path) -> set[Path]:
    """Return the files behind a dotted name: the packages on the way and the module."""
    parts = name.split(".")
    if parts[0] != package.name:
        return set()
    found = set()
    for depth in range(1, len(parts) + 1):
        place = package.parent.joinpath(*parts[:depth])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                found.add(file)
    return found
