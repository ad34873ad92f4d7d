"""The report of a run: its notebooks as pages, and one index page to open."""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from braintumor import runs
from braintumor.reporting.headline import headline
from braintumor.reporting.noise import is_start_up_noise
from braintumor.reporting.report_page import BACK_LINK, PAGE, PAGE_STYLE
from braintumor.runs import RunPaths

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def build_report(run: str) -> Path:
    """Write one page per executed notebook, and the index that links them.

    Args:
        run: name of a run whose notebooks were executed.

    Returns:
        The index page, written last.

    Raises:
        FileNotFoundError: nothing was executed under that name.
    """
    files = runs.run_paths(run)
    copies = sorted(files.notebooks.glob("[0-9][0-9]_*.ipynb"))
    copies = [copy for copy in copies if copy.name.count(".") == 1]
    if not copies:
        raise FileNotFoundError(
            f"Run {run!r} has no executed notebook. Make it with `make run RUN={run}`."
        )
    files.report.mkdir(parents=True, exist_ok=True)
    index = files.report / "index.html"
    index.unlink(missing_ok=True)
    notebooks = [_write_page(copy, files) for copy in copies]
    unfinished = files.report / ".index.unfinished"
    unfinished.write_text(_render(run, files, notebooks), encoding="utf-8")
    return unfinished.replace(index)


def _write_page(copy: Path, files: RunPaths) -> dict[str, Any]:
    """Convert one executed notebook; return what the index says of it."""
    import nbformat
    from nbconvert import HTMLExporter

    notebook = _for_readers(nbformat.read(copy, as_version=4))
    title, finding = _opening(notebook.cells)
    exporter = HTMLExporter(embed_images=True, exclude_input_prompt=True)
    exporter.register_preprocessor(
        "nbconvert.preprocessors.CoalesceStreamsPreprocessor", enabled=True
    )
    resources = {"metadata": {"name": title or copy.stem}}
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    page = page.replace("</head>", f"{PAGE_STYLE}</head>", 1)
    page = re.sub(r"(<body[^>]*>)", rf"\1{BACK_LINK}", page, count=1)
    (files.report / f"{copy.stem}.html").write_text(page, encoding="utf-8")
    record = _record(files.provenance(copy.stem))
    return {
        "name": copy.stem,
        "page": f"{copy.stem}.html",
        "title": title or copy.stem,
        "finding": finding,
        "facts": record,
        "record": json.dumps(record, indent=1),
        "time": duration(record.get("seconds", 0)),
    }


def _for_readers(notebook: Any) -> Any:
    """Leave out what a page cannot show, or nobody wants to read.

    Behind a page there is no kernel, so a widget's output keeps its text alone; what
    TensorFlow logs when it is imported goes.
    """
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output in outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if outputs:
            cell.outputs = [one for one in outputs if not is_start_up_noise(one)]
    return notebook


def _opening(cells: Iterable[Any]) -> tuple[str, str]:
    """Return the title and the quoted finding of a notebook's first cell."""
    lines = next(iter(cells)).source.splitlines()
    title = next((line[2:] for line in lines if line.startswith("# ")), "")
    finding = " ".join(line[1:].strip() for line in lines if line.startswith(">"))
    return title.strip(), finding.replace("**", "").replace("`", "").strip()


def _record(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _render(run: str, files: RunPaths, notebooks: list[dict[str, Any]]) -> str:
    from jinja2 import Environment

    records = [notebook["facts"] for notebook in notebooks if notebook["facts"]]
    last = records[-1] if records else {}
    parameters = {k: v for record in records for k, v in record["parameters"].items()}
    sources = {parameters.get("dataset"), parameters.get("binary_dataset")}
    return (
        Environment(autoescape=True, trim_blocks=True)
        .from_string(PAGE)
        .render(
            run=run,
            phantom="phantom" in sources,
            finished=last.get("finished", "")[:16].replace("T", " ") + " UTC",
            minutes=duration(sum(record["seconds"] for record in records)),
            machine=_machine(last.get("hardware", {})),
            code=_code(last.get("code", {})),
            tasks=headline(files.results),
            notebooks=notebooks,
            figures=_figures(files, notebooks),
            facts=_facts(parameters, last),
        )
    )


def _figures(files: RunPaths, notebooks: list[dict[str, Any]]) -> list[dict[str, str]]:
    pages = {notebook["name"][:2]: notebook["page"] for notebook in notebooks}
    return [
        {
            "file": f"../figures/{figure.name}",
            "page": pages.get(figure.name[:2], f"../figures/{figure.name}"),
            "title": f"{figure.stem[:2]} · {figure.stem[3:].replace('_', ' ')}",
        }
        for figure in sorted(files.figures.glob("*.png"))
    ]


def _facts(parameters: dict[str, Any], last: dict[str, Any]) -> list[tuple[str, Any]]:
    told = {name: v for name, v in parameters.items() if v is not None}
    return [*told.items(), *last.get("versions", {}).items()]


def _machine(hardware: dict[str, Any]) -> str:
    parts = [*hardware.get("accelerators", []), hardware.get("processor", "")]
    parts += [f"{hardware.get('cores')} cores", f"{hardware.get('memory_gib')} GiB"]
    return ", ".join(part for part in parts if part)


def _code(code: dict[str, Any]) -> str:
    if not code.get("commit"):
        return "code without a commit"
    return f"commit {code['commit'][:10]}{' with changes' if code['dirty'] else ''}"


def duration(seconds: float) -> str:
    """Write a duration as a person would: "12 s", "3 min 5 s", "2 h 4 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    build_report(sys.argv[1])
