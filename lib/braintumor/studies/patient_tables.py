"""Tables of the patient study: how sure the numbers are, and how near the next one."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from braintumor.data import numbering, sources
from braintumor.evaluation.regrouping import SEEN

MATCHED = 0.95  # similarity of a slice and the numbered one that it is taken for
SURELY = (0.99, 0.999)  # further similarities at which matches are counted
DISTANCES = (0, 1, 2, 3)  # in numbers; the last one stands for all beyond, too
VIEWS = ("as_shipped", "deduplicated", "group_disjoint")


def count_matches(splits: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Count, by class and in all, the slices that have a number.

    Args:
        splits: n slices.
        matches: n rows of `numbering.match_numbers`, with `matched`.

    Returns:
        `slices`, `matched`, `above_…` (more surely), how many of the matched lie
        `upright` and `mirrored` on theirs, their `numbers` (distinct ones),
        `second_number` (matched ones that a second number is as like as `MATCHED`),
        `lowest_matched` and `highest_other`: the gap between the two shows how clear
        the cut is.
    """
    rows = []
    for label in (*sources.FOUR_CLASSES, "all"):
        part = matches if label == "all" else matches[splits["label"] == label]
        sure, other = part[part["matched"]], part[~part["matched"]]
        row = {"label": label, "slices": len(part), "matched": len(sure)}
        row |= {f"above_{s}": int((part["similarity"] > s).sum()) for s in SURELY}
        row |= {"upright": int((sure["orientation"] == "upright").sum())}
        row |= {"mirrored": int((sure["orientation"] == "mirror").sum())}
        row |= {"numbers": sure["number"].nunique()}
        row |= {"second_number": int((sure["second"] > MATCHED).sum())}
        row |= {"lowest_matched": sure["similarity"].min()}
        rows.append(row | {"highest_other": other["similarity"].max()})
    return pd.DataFrame(rows)


def list_disagreements(
    splits: pd.DataFrame, numbered: pd.DataFrame, matches: pd.DataFrame
) -> pd.DataFrame:
    """List the slices that Cheng's set puts into another class.

    Returns:
        `slice_id`, `label`, `side`, and of the numbered slice `number`, `similarity`,
        `orientation`, `label_there`.
    """
    there = matches["number"].map(numbered.set_index("number")["label"])
    listed = pd.DataFrame(
        {
            "slice_id": splits["slice_id"],
            "label": splits["label"],
            "side": splits["as_shipped"],
            **{name: matches[name] for name in ("number", "similarity", "orientation")},
            "label_there": there,
        }
    )
    return listed[matches["matched"] & (splits["label"] != there)]


def count_runs(
    numbered: pd.DataFrame, alike: np.ndarray, rules: Mapping[str, tuple[int, int]]
) -> pd.DataFrame:
    """Set stand-ins beside patients, by class and in all.

    Args:
        numbered: m slices in order of their number: `label`.
        alike: (m − 1,) of `numbering.compare_neighbours`.
        rules: name of a stand-in -> how many runs, and how long one may be.

    Returns:
        `stand_in`, `label`, `slices`, `runs`, `patients` (published), `median_run`,
        `largest_run`, and in all `largest_patient` (published).
    """
    labels = numbered["label"].to_numpy()
    rows = []
    for name, (runs, largest) in rules.items():
        found = numbering.cut_runs(alike, labels, runs=runs, largest=largest)
        for label in (*numbering.PATIENTS, "all"):
            sizes = np.bincount(found[(labels == label) | (label == "all")])
            sizes = pd.Series(sizes[sizes > 0])
            row = {"stand_in": name, "label": label, "slices": sizes.sum()}
            row |= {"runs": len(sizes), "patients": numbering.PATIENTS.get(label)}
            row |= {"median_run": sizes.median(), "largest_run": sizes.max()}
            rows.append(row)
        rows[-1]["patients"] = sum(numbering.PATIENTS.values())
        rows[-1]["largest_patient"] = numbering.LARGEST_PATIENT
    return pd.DataFrame(rows)


def count_distances(splits: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Count how near in number the next training or validation slice is.

    Args:
        splits: n slices with the views; the sides are those of `as_shipped`.
        matches: n rows of `numbering.match_numbers`, with `matched`.

    Returns:
        One row per view: `test_slices`, `without_number`, and how many of the others
        have the next one at a distance of 0, 1, 2 or more numbers.
    """
    known, number = matches["matched"], matches["number"].to_numpy()
    seen = np.unique(number[(known & splits["as_shipped"].isin(SEEN)).to_numpy()])
    rows = []
    for view in VIEWS:
        test = (splits[view] == "test").to_numpy()
        asked = number[test & known.to_numpy()]
        near = np.abs(asked[:, None] - seen[None]).min(axis=1)
        counts = np.bincount(np.minimum(near, DISTANCES[-1]), minlength=len(DISTANCES))
        row = {"view": view, "test_slices": int(test.sum())}
        row |= {"without_number": int(test.sum()) - len(asked)}
        names = [f"distance_{d}" for d in DISTANCES[:-1]] + ["further"]
        rows.append(row | dict(zip(names, map(int, counts), strict=True)))
    return pd.DataFrame(rows)
