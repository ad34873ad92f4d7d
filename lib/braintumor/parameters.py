"""What a notebook may be told: every papermill parameter, its type and its range.

Papermill takes a misspelt name with a warning, and hands over `true` and `1e-3` as
strings; the defaults then win in silence. `check` is the second cell of every notebook
and refuses both by name.
"""

import ast
import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from braintumor.paths import RUN_NAME

SHARED = ("dataset", "binary_dataset", "profile", "seed", "run")  # profiles set these
INJECTED = "# Parameters"  # first line of the cell that papermill adds
SIMPLE = (str, int, float, bool, type(None))

SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Profile = Literal["quick", "cpu", "paper", "best"]


def _none_from_text(value: Any) -> Any:
    """Read the spellings of "not given" that a command line offers."""
    return None if value in ("None", "none", "null", "") else value


class ParameterError(ValueError):
    """A parameter is unknown or out of range; the message names it and the cure."""

    def _render_traceback_(self) -> list[str]:
        """Tell a notebook to show the sentence alone, without the way to it."""
        return [f"{type(self).__name__}: {self}"]


class Parameters(BaseModel):
    """Every parameter that some notebook takes, with its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    dataset: SourceName = "phantom"
    binary_dataset: SourceName = "phantom"
    profile: Profile = "quick"
    seed: int = Field(7, ge=0, lt=2**32)
    run: str = Field("interactive", pattern=f"^{RUN_NAME.pattern}$")
    # None leaves the choice to the recipe of the profile.
    epochs: Annotated[int | None, BeforeValidator(_none_from_text)] = Field(None, ge=1)
    side: Annotated[int | None, BeforeValidator(_none_from_text)] = Field(
        None, ge=32, le=1024
    )
    learning_rate: Annotated[float | None, BeforeValidator(_none_from_text)] = Field(
        None, gt=0, le=10
    )
    batch_size: Annotated[int | None, BeforeValidator(_none_from_text)] = Field(
        None, ge=1, le=4096
    )
    replicates: int = Field(1000, ge=10, le=1_000_000)
    model: SourceName = "densenet121_four_class"

    def overrides(self) -> dict[str, int | float]:
        """Return the recipe fields that were asked for, without those left alone."""
        names = ("epochs", "side", "learning_rate", "batch_size")
        chosen = {name: getattr(self, name) for name in names}
        return {name: value for name, value in chosen.items() if value is not None}


def check(namespace: Mapping[str, Any]) -> Parameters:
    """Read the parameters of a notebook and refuse what it does not know.

    Args:
        namespace: `globals()` of the notebook, right after its parameters cell.

    Returns:
        The parameters, with their types and inside their ranges.

    Raises:
        ParameterError: a name that the parameters cell does not hold (papermill was
            given a misspelt one), or a value outside its range.
    """
    declared, given = _names(namespace)
    unknown = [name for name in given if name not in {*declared, *SHARED}]
    unknown += [name for name in declared if name not in Parameters.model_fields]
    if unknown:
        raise ParameterError(_unknown_message(unknown, declared))
    values = {name: namespace[name] for name in {*declared, *given}}
    try:
        return Parameters(**values)
    except ValidationError as error:
        raise ParameterError(range_message(error)) from None


def declared_names(source: str) -> list[str]:
    """Return the annotated names of a parameters cell, in order."""
    return [
        node.target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


def _names(namespace: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the names that were declared, and those that were set beside them.

    The kernel's history `In` tells both apart even when the cell is run again in a
    kernel full of other variables; without a history every simple value counts.
    """
    cells = [cell for cell in namespace.get("In", ()) if _parses(cell)]
    own = [c for c in cells if {*declared_names(c)} & {*Parameters.model_fields}]
    if own:
        injected = [cell for cell in cells if cell.startswith(INJECTED)][-1:]
        given = [name for cell in (own[-1], *injected) for name in _assigned(cell)]
        return declared_names(own[-1]), [name for name in given if name in namespace]
    declared = [n for n in namespace.get("__annotations__", {}) if n in namespace]
    simple = [
        name
        for name, value in namespace.items()
        if not name.startswith("_") and isinstance(value, SIMPLE)
    ]
    return declared, simple


def _parses(source: str) -> bool:
    """Tell whether a cell is plain Python (a cell with magics is not)."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _assigned(source: str) -> list[str]:
    """Return the names that the top level of a cell assigns plainly."""
    return [
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]


def _unknown_message(unknown: Iterable[str], declared: Iterable[str]) -> str:
    known = sorted({*declared} & {*Parameters.model_fields})
    hints = []
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1)
        hints.append(f"{name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    return f"Unknown parameter {', '.join(hints)}. Known here: {', '.join(known)}."


def range_message(error: ValidationError) -> str:
    """Write a refusal in one line: name, value, and what was expected."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'][:1]))}={fault['input']!r}: {fault['msg']}"
        for fault in error.errors()
    )
