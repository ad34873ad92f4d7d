"""The headline of a run: one metric in the three views, models above baselines."""

import csv
from pathlib import Path
from typing import Any

from braintumor.reporting.published import published_accuracy
from braintumor.reporting.tables import BASELINES, BINARY

VIEWS = {
    "as_shipped": "as shipped",
    "deduplicated": "deduplicated",
    "group_disjoint": "group-disjoint",
}
HEADLINE = "accuracy"


def headline(results: Path) -> list[dict[str, Any]]:
    """Arrange the headline metric by task, model and view.

    Args:
        results: the results table of a run; it may be missing.

    Returns:
        One entry per task: title, views with their n, and rows of cells; trained models
        stand first, then the baselines. A model without a view has None there.
    """
    if not results.is_file():
        return []
    with results.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == HEADLINE]
    binary = [row for row in rows if row["model"].endswith(BINARY)]
    four = [row for row in rows if not row["model"].endswith(BINARY)]
    tasks = [("Four classes", four), ("Tumour or no tumour", binary)]
    return [_task(title, chosen) for title, chosen in tasks if chosen]


def _task(title: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    by_place = {(row["model"], row["view"]): row for row in rows}
    sizes = {row["view"]: f"{int(float(row['n'])):,}" for row in rows}
    published = published_accuracy(rows[0]["dataset"])
    models = sorted({row["model"] for row in rows}, key=lambda m: (_is_baseline(m), m))
    return {
        "title": f"{title} · {rows[0]['dataset']}",
        "views": [{"title": t, "n": sizes.get(view, "–")} for view, t in VIEWS.items()],
        "rows": [
            {
                "model": _spoken(model),
                "baseline": _is_baseline(model),
                "published": f"{published[model]:.2f}" if model in published else None,
                "cells": [_cell(by_place.get((model, view))) for view in VIEWS],
            }
            for model in models
        ],
    }


def _spoken(model: str) -> str:
    return model.removesuffix(BINARY).removesuffix("_four_class").replace("_", " ")


def _is_baseline(model: str) -> bool:
    return model.removesuffix(BINARY) in BASELINES


def _cell(row: dict[str, str] | None) -> dict[str, str] | None:
    if row is None or not row["value"]:
        return None
    interval = f"{float(row['low']):.3f}–{float(row['high']):.3f}" if row["low"] else ""
    return {"value": f"{float(row['value']):.3f}", "interval": interval}
