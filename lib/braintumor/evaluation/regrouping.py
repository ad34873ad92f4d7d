"""What another way of grouping leaves of a test, and what models score there."""

from collections.abc import Mapping, Sequence

import pandas as pd

from braintumor.evaluation import metrics
from braintumor.evaluation.predictions import class_names

VIEW = "group_disjoint"  # the column of a predictions table that a rule is written to
SEEN = ("training", "validation")


def keep_unseen(sides: pd.Series, groups: pd.Series) -> pd.Series:
    """Mark (n,) the test slices whose group has no training or validation slice.

    Args:
        sides: (n,) "training", "validation", "test" or "excluded".
        groups: (n,) what belongs together, indexed alike.
    """
    return (sides == "test") & ~groups.isin(groups[sides.isin(SEEN)])


def count_left(
    labels: pd.Series, groups: pd.Series, kept: pd.Series, classes: Sequence[str]
) -> dict[str, int]:
    """Count what is left of a test: `slices`, `groups`, and slices of each class.

    Args:
        labels: (n,) class names.
        groups: (n,) what belongs together.
        kept: (n,) bool.
        classes: class names, in order.
    """
    left = labels[kept].value_counts()
    return {
        "slices": int(kept.sum()),
        "groups": groups[kept].nunique(),
        **{name: int(left.get(name, 0)) for name in classes},
    }


def rescore(
    answers: Mapping[str, pd.DataFrame],
    slice_ids: pd.Series,
    kept: pd.Series,
    groups: pd.Series,
    *,
    seed: int,
    replicates: int = 1000,
) -> pd.DataFrame:
    """Evaluate stored predictions on chosen test slices, with intervals over groups.

    Args:
        answers: model name -> predictions table.
        slice_ids: (n,) of the slices that the rule speaks of.
        kept: (n,) bool: whether a slice belongs to this test.
        groups: (n,) int: what belongs together under this rule.
        seed: of the bootstrap.
        replicates: of the bootstrap.

    Returns:
        The rows of `metrics.evaluate`, with `model` in front.

    Raises:
        ValueError: the rule says nothing of a predicted slice.
    """
    rule = pd.DataFrame(
        {VIEW: kept.to_numpy().astype(int), "group_id": groups.to_numpy()},
        index=pd.Index(slice_ids, name="slice_id"),
    )
    parts = []
    for model, table in answers.items():
        unknown = table.loc[~table["slice_id"].isin(rule.index), "slice_id"]
        if len(unknown):
            raise ValueError(
                f"{model}: the splits have no slice {unknown.iloc[0]}. Take splits and "
                "predictions of one run."
            )
        asked = table.drop(columns=[*rule]).join(rule, on="slice_id")
        rows = metrics.evaluate(
            asked,
            classes=class_names(table),
            view=VIEW,
            replicates=replicates,
            seed=seed,
        )
        rows.insert(0, "model", model)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)
