"""The house style of a notebook, as far as a program can check it.

Each rule takes a `Stored` notebook and returns what is wrong with it, one line per
fault; an empty list is a pass.
"""

from collections.abc import Callable

from braintumor.workflow.rules import body, opening, outputs
from braintumor.workflow.rules.reading import Stored, read

__all__ = ["RULES", "Stored", "read"]

RULES: tuple[Callable[[Stored], list[str]], ...] = (
    opening.file_name,
    opening.opening,
    opening.colab_cell,
    opening.imports,
    opening.parameters_cell,
    body.short_cells,
    body.captions,
    body.no_titles_in_figures,
    body.headings,
    body.closing,
    body.no_path_tricks,
    outputs.clean_outputs,
    outputs.ran_once,
    outputs.fresh_outputs,
    outputs.text_mirror,
    outputs.compared_cells,
)
