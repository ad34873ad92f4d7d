"""Do programs that see no tumour fall to chance when training labels are shuffled?"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor import examination
from braintumor.data import audit, manifest, native_sizes, sources
from braintumor.evaluation import baselines, shortcuts
from braintumor.evaluation.predictions import VIEWS
from braintumor.studies.setting import Setting

QUESTION = "Do programs that see no tumour fall to chance when labels are shuffled?"
NEEDS = ("nickparvar",)
COSTS = "two minutes on one core"
SOURCE = "nickparvar"
PERMUTATIONS = 8
CONTROLLED = ("border_statistics", "intensity_statistics")


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Score three baselines with their own training labels and with shuffled ones.

    Args:
        setting: names the run; its splits are read.

    Returns:
        `permuted`: one row per baseline and view. `sizes`: which native sizes and
        colour modes go with which class, on the training side.
    """
    frame = manifest.load_manifest(setting.read(setting.paths.splits(SOURCE)))
    root = sources.locate(SOURCE)
    for table in native_sizes.find_table(root):
        setting.read(table)
    classes = sources.FOUR_CLASSES
    features = examination.measure_shortcuts(frame, root)
    side = frame[VIEWS[0]].to_numpy()
    test, training = side == "test", side == "training"
    memory = training | (side == "validation")
    labels, thumbnails = frame["label"].to_numpy(), audit.thumbnails(frame, root)
    tests = {view: (frame[view] == "test").to_numpy()[test] for view in VIEWS}
    rows = []
    for name in ("nearest_neighbor", *CONTROLLED):
        known = memory if name == "nearest_neighbor" else training
        answer = _answerer(name, thumbnails, features, known, test, classes)
        scores = shortcuts.permute_labels(
            answer,
            labels[known],
            labels[test],
            classes,
            views=tests,
            permutations=PERMUTATIONS,
            seed=setting.seed,
        )
        rows.append(scores.assign(baseline=name))
    permuted = pd.concat(rows, ignore_index=True)
    permuted["groups"] = permuted["view"].map(
        {view: frame.loc[frame[view] == "test", "group_id"].nunique() for view in VIEWS}
    )
    columns = ["baseline", *permuted.columns.drop("baseline")]
    return {
        "permuted": permuted[columns],
        "sizes": count_sizes(frame[training], root),
    }


def _answerer(
    name: str,
    thumbnails: np.ndarray,
    features: dict[str, np.ndarray],
    known: np.ndarray,
    test: np.ndarray,
    classes: tuple[str, ...],
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that answers the test from training labels alone."""
    if name == "nearest_neighbor":
        return lambda labels: baselines.nearest_neighbor(
            thumbnails[known], labels, thumbnails[test], classes
        )
    table = features[name]
    return lambda labels: baselines.classify(table[known], labels, table[test], classes)


def count_sizes(frame: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Count classes by native size (512 by 512 or not) and colour mode.

    Args:
        frame: manifest rows.
        root: folder of the source.

    Returns:
        One row per class: `label`, `slices`, share of them that is 512 by 512, and that
        is stored as "RGB".
    """
    sizes = native_sizes.read_native_sizes(frame, root)
    square = (sizes.to_numpy() == 512).all(axis=1)
    facts = pd.DataFrame(
        {
            "label": frame["label"].to_numpy(),
            "share_512": square.astype(float),
            "share_rgb": (frame["mode"] == "RGB").to_numpy().astype(float),
        }
    )
    counts = facts.groupby("label").mean()
    counts.insert(0, "slices", facts["label"].value_counts())
    return counts.reset_index()
