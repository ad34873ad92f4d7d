"""The figures as a file that is tracked, and as the tables of docs/serving.md."""

import csv
import io
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from braintumor import paths
from braintumor.demo.soak.verdicts import Row

BEGIN = "<!-- begin: make soak -->"
END = "<!-- end -->"
HEADINGS = {
    "machine": "Measured on",
    "light": "On ONNX Runtime, the default",
    "keras": "On Keras and TensorFlow",
    "overload": "Four times as much as can be answered",
    "identity": "Every answer belongs to its slice",
    "memory": "Memory",
    "stop": "Stopping",
    "bad uploads": "Uploads from an enemy",
}


def table_path() -> Path:
    """Return where the figures are kept."""
    return paths.results_root() / "demo" / "serving.csv"


def page_path() -> Path:
    """Return the page that shows them."""
    return paths.project_root() / "docs" / "serving.md"


def describe_machine() -> list[Row]:
    """Return what the figures were measured on."""
    facts = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{_memory() >> 30} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("onnxruntime", "waitress")},
        "date": datetime.now(UTC).date().isoformat(),
    }
    return [Row("machine", name, value, "", 1) for name, value in facts.items()]


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def as_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV with a header."""
    stream = io.StringIO()
    names = [field.name for field in fields(Row)]
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(asdict(row) | {"value": show_value(row.value)})
    return stream.getvalue()


def show_value(value: float | str) -> str:
    """Return a figure with three digits that count, a word as it is."""
    if isinstance(value, str):
        return value
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def read_rows(path: Path) -> list[Row]:
    """Read a table back; every value stays text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [Row(**line) for line in csv.DictReader(stream)]


def as_markdown(rows: Sequence[Row]) -> str:
    """Return one table per proof."""
    parts = []
    for proof, heading in HEADINGS.items():
        chosen = [row for row in rows if row.proof == proof]
        if not chosen:
            continue
        parts.append(f"### {heading}\n")
        if proof == "machine":
            facts = ", ".join(f"{row.measure} {row.value}" for row in chosen)
            parts.append(f"{facts[0].upper()}{facts[1:]}.\n")
            continue
        parts.append(
            "| figure | value | n | must be | holds |\n|---|---:|---:|---:|---|"
        )
        for row in chosen:
            value = f"{row.value} {row.unit}".strip()
            n = f"{int(row.n):,}"
            parts.append(
                f"| {row.measure} | {value} | {n} | {row.limit} | {row.holds} |"
            )
        parts.append("")
    return "\n".join(parts)


def fill_page(text: str, rows: Sequence[Row]) -> str:
    """Return a page with the tables between its two marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/serving.md needs {BEGIN!r} and, further down, {END!r}.")
    return f"{before}{BEGIN}\n\n{as_markdown(rows)}\n{END}{after}"


def write(rows: Sequence[Row]) -> None:
    """Write table and page."""
    table_path().write_text(as_csv(rows), encoding="utf-8")
    text = page_path().read_text(encoding="utf-8")
    page_path().write_text(fill_page(text, read_rows(table_path())), encoding="utf-8")
