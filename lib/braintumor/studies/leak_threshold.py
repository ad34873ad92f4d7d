"""How much of the test is left, and what it is worth, as twins are told ever finer."""

import numpy as np
import pandas as pd

from braintumor.data import audit, manifest, sources, twins
from braintumor.evaluation import predictions, regrouping
from braintumor.studies.setting import Setting

QUESTION = "How do groups, test and accuracy change with the similarity of twins?"
NEEDS = ("nickparvar",)
COSTS = "2 minutes on two cores"
SIMILARITIES = (0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 0.9999)
EQUAL = 1.0  # stands for no search at all: equal pixels alone make a group
SEARCHES = {"turned": "similarity", "upright": "upright"}
METRICS = ("accuracy", *(f"recall_{label}" for label in sources.FOUR_CLASSES))
COLUMNS = ("model", "metric", "value", "low", "high", "n", "groups")


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Group the slices anew at every similarity, and score the run's answers there.

    No model is trained again: training and validation stay what they were, only the
    test shrinks. The similarity of the project's groups, 0.95, was fixed before.

    Returns:
        `groups`: search (with flips and turns, or upright only) × similarity: how many
        groups there are, and how many test slices have no group member in training or
        validation, in all and by class. `scores`: similarity × model × metric on those
        test slices, for the search with flips and turns.
    """
    splits = manifest.load_manifest(setting.read(setting.paths.splits("nickparvar")))
    answers = read_answers(setting)
    pairs = find_pairs(setting, splits)
    counted, scored = [], []
    for search, column in SEARCHES.items():
        for similarity in (*SIMILARITIES, EQUAL):
            groups = group(splits, pairs, column, similarity)
            kept = regrouping.keep_unseen(splits["as_shipped"], groups)
            left = count(splits, groups, kept)
            counted.append({"search": search, "similarity": similarity, **left})
            if search == "turned":
                rows = regrouping.rescore(
                    answers, splits["slice_id"], kept, groups, seed=setting.seed
                )
                rows = rows.loc[rows["metric"].isin(METRICS), list(COLUMNS)]
                rows.insert(0, "similarity", similarity)
                scored.append(rows)
    return {
        "groups": pd.DataFrame(counted),
        "scores": pd.concat(scored, ignore_index=True),
    }


def find_pairs(setting: Setting, splits: pd.DataFrame) -> pd.DataFrame:
    """Return all pairs of slices above the lowest similarity, by row position.

    Those above the project's own similarity are the run's, so that its groups come out
    again to the slice; the others are looked for now.
    """
    stored = read_twins(setting, splits)
    lowest = min(SIMILARITIES)
    thumbs = twins.thumbnails(splits, sources.locate("nickparvar"))
    found = twins.find_twins(thumbs, similarity=lowest)
    both = pd.concat([stored, found[stored.columns]], ignore_index=True)
    both = both.drop_duplicates(["left", "right"], ignore_index=True)
    known = both.index < len(stored)
    # A pair that only rounding brings to the run's similarity belongs below it.
    below = twins.SIMILARITY - 10.0**-twins.DECIMALS
    for column in SEARCHES.values():
        both[column] = both[column].mask(~known, both[column].clip(upper=below))
    return both


def read_twins(setting: Setting, splits: pd.DataFrame) -> pd.DataFrame:
    """Return the run's twins with row positions `left` and `right` in the splits."""
    stored = pd.read_csv(setting.read(setting.paths.twins("nickparvar")))
    rows = pd.Series(np.arange(len(splits)), index=splits["slice_id"])
    ends = {end: rows[stored[end]].to_numpy() for end in ("left", "right")}
    return stored.assign(**ends)[["left", "right", *SEARCHES.values()]]


def read_answers(setting: Setting) -> dict[str, pd.DataFrame]:
    """Return the run's predictions for Nickparvar's test, by model.

    Raises:
        FileNotFoundError: the run has none.
    """
    folder = setting.paths.predictions("any").parent
    answers = {}
    for file in sorted(folder.glob("*.csv")) or [folder / "densenet121_four_class.csv"]:
        table = predictions.read_predictions(setting.read(file))
        if table["slice_id"].str.startswith("nickparvar/").all():
            answers[file.stem] = table
    return answers


def group(
    splits: pd.DataFrame, pairs: pd.DataFrame, column: str, similarity: float
) -> pd.Series:
    """Return the group of every slice (n,) where twins reach a similarity.

    Args:
        splits: n slices.
        pairs: `left`, `right` (row positions) and similarities, to four decimals.
        column: the similarity that counts: under flips and turns, or upright.
        similarity: that twins reach; `EQUAL` for equal pixels alone.
    """
    twinned = pairs[(pairs[column] >= similarity) & (similarity < EQUAL)]
    return audit.assign_groups(splits, twinned)


def count(splits: pd.DataFrame, groups: pd.Series, kept: pd.Series) -> dict[str, int]:
    """Count groups in all, and what they leave of the test."""
    left = regrouping.count_left(splits["label"], groups, kept, sources.FOUR_CLASSES)
    return {
        "groups": groups.nunique(),
        "largest_group": int(groups.value_counts().iloc[0]),
        "test_slices": left.pop("slices"),
        "test_groups": left.pop("groups"),
        **left,
        "groups_of_the_run": int((groups == splits["group_id"]).all()),
    }
