"""Repeats are planted among slices; the searches for repeats have to find them."""

from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import crops, manifest, planting, sources, twins
from braintumor.data.planted_search import search_planted
from braintumor.evaluation import regrouping, statistics
from braintumor.studies.setting import Setting

QUESTION = "Which planted repeats are found, and what else is called a repeat?"
NEEDS = ("nickparvar", "phantom")
COSTS = "2 minutes on two cores"
AMONG = 2000  # training and validation slices that repeats are planted among
SIMILARITIES = (0.95, 0.96, 0.97, 0.98, 0.99)


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Plant repeats of training slices and of phantoms, and look for them twice.

    First with the search that makes the project's groups ("whole"), then with one more
    that looks for slices cut from one another ("crops"). The second one's similarity
    is the lowest of `SIMILARITIES` at which it calls no more phantoms of
    two patients alike than the first one does: no real slice chooses it.

    Returns:
        `found`: source × search × kind. `crops`: source × search × share that a crop
        leaves. `alarms`: phantoms of two patients called repeats, by search and
        similarity. `unseen`: group-disjoint test slices of which the second search
        finds a repeat in training or validation, by similarity.
    """
    splits = manifest.load_manifest(setting.read(setting.paths.splits("nickparvar")))
    real, made = sources.locate("nickparvar"), sources.locate("phantom")
    phantoms = manifest.build_manifest("phantom", made)
    patients = pd.factorize(phantoms["patient_id"])[0]
    alarms = mark_used(count_alarms(phantoms, made, patients))
    used = alarms[alarms["used"] & (alarms["search"] == "crops")]
    similarity = float(used["similarity"].iloc[0])
    seen = splits[splits["as_shipped"].isin(regrouping.SEEN)]
    seen = seen.sample(AMONG, random_state=setting.seed)
    judged = [
        search_planted(slices, root, groups, similarity, seed=setting.seed).assign(
            source=source
        )
        for source, slices, root, groups in (
            ("nickparvar", seen, real, seen["group_id"].to_numpy()),
            ("phantom", phantoms, made, patients),
        )
    ]
    repeats = pd.concat(judged, ignore_index=True)
    return {
        "found": count_found(repeats[repeats["kept"] == planting.KEPT], "kind"),
        "crops": count_found(repeats[repeats["kind"] == "crop"], "kept"),
        "alarms": alarms,
        "unseen": search_unseen(splits, real, similarity),
    }


def count_found(repeats: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count found repeats, with exact 95 % intervals.

    Args:
        repeats: rows of `search_planted` with `source`.
        by: the column to count by, beside source and search.
    """
    rows = []
    order = ["source", "search", by]
    for keys, part in repeats.groupby(order, sort=False):
        found = int(part["found"].sum())
        interval = statistics.exact_interval(found, len(part))
        row = dict(zip(order, keys, strict=True)) | {"planted": len(part)}
        row |= {"found": found, "share": found / len(part)}
        row |= {"low": interval.low, "high": interval.high}
        row |= {"paired_with_strangers": int((part["strangers"] > 0).sum())}
        rows.append(row | {"strangers": int(part["strangers"].sum())})
    return pd.DataFrame(rows)


def count_alarms(
    slices: pd.DataFrame, root: Path, patients: np.ndarray
) -> pd.DataFrame:
    """Count pairs of two patients that the searches call repeats.

    Args:
        slices: n rows of a manifest; needs `path`.
        root: folder that paths are relative to.
        patients: (n,) who is seen, known.

    Returns:
        One row per search and similarity: `pairs` of two patients in all, how many
        are `called` repeats, the `patients` and how many of them stand in such a pair.
    """
    rows = np.arange(len(slices))
    lowest = min(SIMILARITIES)
    whole = twins.find_twins(twins.thumbnails(slices, root), similarity=lowest)
    fine = twins.thumbnails(slices, root, side=crops.SIDE)
    found = crops.find_crops(fine, rows, rows, similarity=lowest)
    ends = np.sort(found[["asked", "among"]].to_numpy(), axis=1)
    cut = found.assign(left=ends[:, 0], right=ends[:, 1])
    cut = cut.sort_values("similarity").drop_duplicates(["left", "right"], keep="last")
    _, sizes = np.unique(patients, return_counts=True)
    of_two = len(slices) * (len(slices) - 1) // 2 - int(
        (sizes * (sizes - 1) // 2).sum()
    )
    counted = []
    for search, pairs in (("whole", whole), ("crops", cut)):
        ends = patients[pairs[["left", "right"]].to_numpy()]
        false = ends[:, 0] != ends[:, 1]
        for similarity in SIMILARITIES:
            called = ends[false & (pairs["similarity"] > similarity).to_numpy()]
            row = {"search": search, "similarity": similarity, "pairs": of_two}
            row |= {"called": len(called), "patients": len(sizes)}
            counted.append(row | {"patients_called": len(np.unique(called))})
    return pd.DataFrame(counted)


def mark_used(alarms: pd.DataFrame) -> pd.DataFrame:
    """Mark the row of each search that is used: `used` (bool).

    The first search has the project's similarity. The second one gets the lowest at
    which it calls no more than the first; where there is none, the highest.
    """
    whole = (alarms["search"] == "whole") & (alarms["similarity"] == twins.SIMILARITY)
    allowed = int(alarms.loc[whole, "called"].iloc[0])
    second = alarms[alarms["search"] == "crops"]
    quiet = second[second["called"] <= allowed]
    row = quiet.index[0] if len(quiet) else second.index[-1]
    return alarms.assign(used=whole | (alarms.index == row))


def search_unseen(splits: pd.DataFrame, root: Path, used: float) -> pd.DataFrame:
    """Count group-disjoint test slices with a repeat, whole or cut, on another side.

    Args:
        splits: with the views.
        root: folder that paths are relative to.
        used: the similarity that the second search is used at.

    Returns:
        One row per similarity: `test_slices`, how many of them have a repeat in
        training or validation, in all and by class, and whether it is `used`.
    """
    thumbs = twins.thumbnails(splits, root, side=crops.SIDE)
    test = np.flatnonzero(splits["group_disjoint"] == "test")
    seen = np.flatnonzero(splits["group_disjoint"].isin(regrouping.SEEN))
    pairs = crops.find_crops(thumbs, test, seen, similarity=min(SIMILARITIES))
    rows = []
    for similarity in SIMILARITIES:
        met = np.unique(pairs.loc[pairs["similarity"] > similarity, "asked"])
        labels = splits["label"].iloc[met].value_counts()
        row = {"similarity": similarity, "used": similarity == used}
        row |= {"test_slices": len(test), "with_a_repeat": len(met)}
        rows.append(row | {n: int(labels.get(n, 0)) for n in sources.FOUR_CLASSES})
    return pd.DataFrame(rows)
