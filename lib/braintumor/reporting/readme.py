"""The generated sections of README.md; a test keeps them equal to their artefacts."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from braintumor.reporting import tables
from braintumor.reporting.palette import show_name

PATIENT_METRICS = ("accuracy", "sensitivity", "specificity")
POINTERS = {  # explanation → for which class
    "grad_cam": "predicted",
    "picture_centre": "none",
    "edges": "none",
    "random_point": "none",
}


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
    return replace_section(text, "results", f"{legend}\n\n{body}")


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
    return replace_section(text, "audit", "\n".join(lines) + "\n")


def update_patients(text: str, scores: pd.DataFrame, pointing: pd.DataFrame) -> str:
    """Put the study of unseen patients between README's `patients` markers.

    Args:
        text: README as it is.
        scores: table `scores` of study `unseen_patients`.
        pointing: its table `pointing`.

    Returns:
        README as it must be.

    Raises:
        ValueError: the markers are not there exactly once, in order.
    """
    shown = scores[scores["metric"].isin(PATIENT_METRICS)]
    cells = shown.assign(cell=[tables.show_score(row) for row in shown.itertuples()])
    wide = cells.pivot(index="model", columns="metric", values="cell")
    wide = wide.loc[tables.order_models(wide.index), list(PATIENT_METRICS)]
    groups = scores.loc[scores["metric"] == "accuracy", "groups"].iloc[0]
    lines = [f"95 % intervals over {groups:,} groups that are held out whole.", ""]
    lines += [f"| model | {' | '.join(PATIENT_METRICS)} |", "|---|---|---|---|"]
    lines += [f"| {name} | {' | '.join(row)} |" for name, row in wide.T.items()]
    free = pointing[pointing["subset"] == "twin_free"].set_index(
        ["explanation", "target", "score"]
    )
    told = {
        name: tables.show_score(free.loc[(name, target, "pointing")])
        for name, target in POINTERS.items()
    }
    lines += [
        "",
        "Of figshare slices of the held-out stand-ins, the hottest place of the "
        f"network's Grad-CAM lies inside the tumour's box in {told['grad_cam']}; the "
        f"middle of the picture in {told['picture_centre']}, the strongest edge in "
        f"{told['edges']}, a random point in {told['random_point']}.",
    ]
    return replace_section(text, "patients", "\n".join(lines) + "\n")


def readme_runs(text: str) -> list[str]:
    """Return the names of the runs that README's results section shows."""
    begin, end = _markers("results")
    section = text.partition(begin)[2].partition(end)[0]
    names = re.search(r"^.*Runs: (.*)\.$", section, re.MULTILINE)
    return re.findall(r"`([^`]+)`", names[1]) if names else []


def replace_section(text: str, name: str, body: str) -> str:
    """Put a body between a page's markers of that name.

    Raises:
        ValueError: the markers are not there exactly once, in order.
    """
    begin, end = _markers(name)
    ordered = text.find(begin) < text.find(end)
    if text.count(begin) != 1 or text.count(end) != 1 or not ordered:
        raise ValueError(f"The text needs one line {begin} and, below it, one {end}.")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{body}{end}{rest.split(end)[1]}"


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
