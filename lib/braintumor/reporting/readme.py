"""The generated sections of README.md; a test keeps them equal to their artefacts."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from braintumor.reporting import tables
from braintumor.reporting.palette import show_name


def update_results(text: str, results: pd.DataFrame, metric: str = "accuracy") -> str:
    """Put the current results between README's `results` markers.

    A test compares the returned text with the file: a number edited by hand, or one
    that the artefacts no longer bear out, fails it.

    Args:
        text: README as it is.
        results: the stacked results tables to show.
        metric: which rows to show.

    Returns:
        README as it must be; `text` itself where nothing changes.

    Raises:
        ValueError: the markers are not there exactly once, in order.
    """
    body = tables.as_markdown(tables.three_views(results, metric))
    names = ", ".join(f"`{name}`" for name in sorted(results["run"].unique()))
    legend = (
        f"{show_name(metric).capitalize()}, 95 % interval over groups, n slices. "
        f"Runs: {names}."
    )
    return _replace_section(text, "results", f"{legend}\n\n{body}")


def update_audit(text: str, summary: Mapping[str, Any]) -> str:
    """Put an audit's counts between README's `audit` markers.

    Args:
        text: README as it is.
        summary: the audit's counts, as notebook 01 writes them.

    Returns:
        README as it must be.

    Raises:
        ValueError: the markers are not there exactly once, in order.
    """
    n = summary["test_slices"]
    alone = summary["test_outside_training_groups"]
    rows = {
        "with the very pixels of a training slice": summary["pixel_repeats_across"],
        "with a copy in training (correlation above 0.999)": summary[
            "near_copies_across_upright"
        ],
        "the same, mirrored or turned copies counted": summary["near_copies_across"],
        f"with a twin in training (above {summary['similarity']:g}), mirrored or "
        "turned ones counted": summary["near_twins_across"],
        "of a group that training has not seen": sum(alone.values()),
    }
    lines = [f"| of the {n:,} test slices of `{summary['source']}` | slices | share |"]
    lines += ["|---|---:|---:|"]
    lines += [
        f"| {name} | {count:,} | {count / n:.1%} |" for name, count in rows.items()
    ]
    left = ", ".join(f"{count:,} {show_name(name)}" for name, count in alone.items())
    lines += ["", f"The slices of unseen groups are {left}."]
    return _replace_section(text, "audit", "\n".join(lines) + "\n")


def readme_runs(text: str) -> list[str]:
    """Return the names of the runs that README's results section shows."""
    begin, end = _markers("results")
    section = text.partition(begin)[2].partition(end)[0]
    names = re.search(r"^.*Runs: (.*)\.$", section, re.MULTILINE)
    return re.findall(r"`([^`]+)`", names[1]) if names else []


def _replace_section(text: str, name: str, body: str) -> str:
    begin, end = _markers(name)
    ordered = text.find(begin) < text.find(end)
    if text.count(begin) != 1 or text.count(end) != 1 or not ordered:
        raise ValueError(f"README needs one line {begin} and, below it, one {end}.")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{body}{end}{rest.split(end)[1]}"


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
