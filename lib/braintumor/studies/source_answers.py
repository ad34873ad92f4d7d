"""What a model answers to slices of several sources: the part that studies share."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor import paths
from braintumor.data import cache, manifest, sources
from braintumor.data.leaks import VIEWS
from braintumor.data.other_sources import compare_source
from braintumor.data.twins import SIMILARITY
from braintumor.evaluation.calibration import calibrate
from braintumor.evaluation.source_scores import score_source
from braintumor.modeling.contract import CONTRACT, WEIGHTS, read_contract
from braintumor.modeling.gradcam import compute_logits
from braintumor.modeling.recipes import Recipe, recipe_from_dict
from braintumor.modeling.runtime import load_model
from braintumor.studies.setting import Setting

HOME = "nickparvar"
OTHERS = ("navoneel", "figshare")
MODEL = "densenet121_four_class"
BORROWED = "_and_validation"  # after a source: its tumours, healthy from validation
BLOCK = 256  # slices whose feature maps are held at once


@dataclass(frozen=True)
class Collection:
    """Slices that are judged together.

    Attributes:
        name: what a table calls them.
        slices: manifest rows, with `group_id`.
        root: folder that their paths are relative to.
    """

    name: str
    slices: pd.DataFrame
    root: Path

    @property
    def tumor(self) -> np.ndarray:
        """(n,) bool: any label but no_tumor."""
        return (self.slices["label"] != "no_tumor").to_numpy()

    @property
    def groups(self) -> np.ndarray:
        """(n,) names of groups that no other source shares."""
        return (
            self.slices["source"] + "/" + self.slices["group_id"].astype(str)
        ).to_numpy(str)


def collect_home(setting: Setting) -> dict[str, Collection]:
    """Return training, validation and official test of the run's own source."""
    splits = manifest.load_manifest(setting.read(setting.paths.splits(HOME)))
    root = sources.locate(HOME)
    return {
        side: Collection(side, part.reset_index(drop=True), root)
        for side in ("training", "validation", "test")
        for part in [splits[splits[VIEWS[0]] == side]]
    }


def collect_others(setting: Setting) -> tuple[dict[str, Collection], pd.DataFrame]:
    """Return the twin-free slices of the other sources, and what was left out.

    Returns:
        name -> slices, and one row per source and label: `source`, `label`, `slices`,
        `with_twin`, `twin_free`, `twin_free_groups`.
    """
    splits = manifest.load_manifest(setting.read(setting.paths.splits(HOME)))
    kept, counts = {}, []
    for name in OTHERS:
        compared = compare_source(name, splits, sources.locate(HOME))
        alone = compared["similarity"] <= SIMILARITY
        rest = compared[alone].reset_index(drop=True)
        kept[name] = Collection(name, rest, sources.locate(name))
        for label, part in compared.groupby("label"):
            free = rest[rest["label"] == label]
            left = (len(part), len(part) - len(free), len(free))
            counts.append((name, label, *left, free["group_id"].nunique()))
    columns = "source label slices with_twin twin_free twin_free_groups"
    return kept, pd.DataFrame(counts, columns=columns.split())


class Model:
    """A trained model that answers to collections, in the light form.

    Args:
        folder: of the artifact.
        setting: remembers the files that were read.
    """

    def __init__(self, folder: Path, setting: Setting):
        """Check the artifact and load it."""
        self.recipe: Recipe = recipe_from_dict(read_contract(folder)["recipe"])
        for name in (CONTRACT, WEIGHTS):
            setting.read(folder / name)
        self._loaded = load_model(folder, "light")

    @classmethod
    def shipped(cls, setting: Setting) -> "Model":
        """Return the model that comes with the project."""
        return cls(paths.models_root() / MODEL, setting)

    def prepare(self, collection: Collection) -> np.ndarray:
        """Return the slices (n, side, side) uint8 in the form that the model wants."""
        return cache.load_slices(
            collection.slices,
            collection.root,
            side=self.recipe.side,
            filtering=self.recipe.filtering,
            standardization=self.recipe.standardization,
        ).images

    def answer(self, images: np.ndarray) -> np.ndarray:
        """Return the class probabilities (n, classes) of prepared slices."""
        logits = [
            compute_logits(
                self._loaded.head, self._loaded.features(images[i : i + BLOCK])
            )
            for i in range(0, len(images), BLOCK)
        ]
        return calibrate(np.concatenate(logits))

    def score(self, probabilities: np.ndarray) -> np.ndarray:
        """Return (n,) how much a slice looks like any tumour: 1 − p(no tumour)."""
        return 1 - probabilities[:, self.recipe.classes.index("no_tumor")]


def score_all(
    model: Model,
    collections: dict[str, Collection],
    answers: dict[str, np.ndarray],
    threshold: float,
) -> pd.DataFrame:
    """Score every collection, and every other source with healthy slices of home.

    Figshare has no healthy slice and Navoneel hardly one without a twin: their tumours
    are ranked against the healthy validation slices, too. Those set the threshold, so
    only the area says something new there.
    """
    arrays = {
        name: (c.tumor, model.score(answers[name]), c.groups)
        for name, c in collections.items()
    }
    well = ~arrays["validation"][0]
    for name in [name for name in OTHERS if name in arrays]:
        ill = arrays[name][0]
        pairs = zip(arrays[name], arrays["validation"], strict=True)
        arrays[name + BORROWED] = tuple(np.append(a[ill], b[well]) for a, b in pairs)
    rows = [
        score_source(*array, threshold=threshold).assign(source=name)
        for name, array in arrays.items()
    ]
    table = pd.concat(rows, ignore_index=True).assign(threshold=threshold)
    return table[["source", *table.columns.drop("source")]]
