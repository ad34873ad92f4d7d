"""Slices with a known lesion, and what a model gives for them: what studies explain."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from braintumor.data import cache, figshare, images, manifest, sources
from braintumor.data.cache import preprocess_slice
from braintumor.evaluation import localization
from braintumor.modeling.contract import read_contract
from braintumor.modeling.gradcam import HeadWeights, compute_heats, compute_logits
from braintumor.modeling.recipes import Recipe, recipe_from_dict
from braintumor.modeling.runtime import load_model
from braintumor.studies import exposure
from braintumor.studies.setting import Setting

SIDE = 128  # pixels of the pictures on which lesions are drawn


@dataclass(frozen=True)
class Lesions:
    """Slices of one source, each with its lesion.

    Attributes:
        rows: of the manifest, and `block`, the group of each slice; of figshare also
            what `exposure.describe` says.
        root: folder of the source.
        images: (n, SIDE, SIDE) uint8.
        masks: (n, SIDE, SIDE) bool, none empty.
        distances: (n, SIDE, SIDE) float32, to the lesion, as fractions of the side.
    """

    rows: pd.DataFrame
    root: Path
    images: np.ndarray
    masks: np.ndarray
    distances: np.ndarray

    @property
    def groups(self) -> np.ndarray:
        """(n,) the group of each slice."""
        return self.rows["block"].to_numpy()

    def select(self, chosen: np.ndarray) -> "Lesions":
        """Return some of the slices, by position or as a mask."""
        return replace(
            self,
            rows=self.rows[chosen] if chosen.dtype == bool else self.rows.iloc[chosen],
            images=self.images[chosen],
            masks=self.masks[chosen],
            distances=self.distances[chosen],
        )


@dataclass(frozen=True)
class Explained:
    """What a model gives for slices.

    Attributes:
        recipe: of the model.
        head: in numpy.
        pixels: (n, side, side) uint8, as the model takes them.
        features: (n, h, w, c) float32.
        true: (n,) int, position of the true class.
        predicted: (n,) int, of the most probable one.
    """

    recipe: Recipe
    head: HeadWeights
    pixels: np.ndarray
    features: np.ndarray
    true: np.ndarray
    predicted: np.ndarray

    @property
    def cells(self) -> tuple[int, int]:
        """Height and width of the heat."""
        return self.features.shape[1:3]

    def heats(self, target: str) -> np.ndarray:
        """Return Grad-CAM (n, h, w) for the class called "true" or "predicted"."""
        return compute_heats(self.head, self.features, getattr(self, target))

    def select(self, chosen: np.ndarray) -> "Explained":
        """Return some of the slices, by position or as a mask."""
        return replace(
            self,
            pixels=self.pixels[chosen],
            features=self.features[chosen],
            true=self.true[chosen],
            predicted=self.predicted[chosen],
        )


def find_figshare(setting: Setting, splits: pd.DataFrame, source: str) -> Lesions:
    """Return figshare slices with their lesions and what of them a model has seen.

    Args:
        setting: is told what is read.
        splits: of the source that the model was trained on.
        source: its name.

    Raises:
        MissingSourceError: a source is not on this machine.
    """
    from braintumor.data.other_sources import compare_source

    rows = compare_source("figshare", splits, sources.locate(source))
    rows = exposure.choose_evenly(exposure.describe(rows))
    root = sources.locate("figshare")
    table = pd.read_csv(setting.read(root / figshare.BOXES)).set_index("index")
    columns = ["x_center", "y_center", "width", "height"]
    boxes = table.loc[rows["number"], columns].to_numpy(float)
    return _gather(rows, root, localization.draw_boxes(boxes, SIDE))


def find_phantoms() -> Lesions:
    """Return the phantom slices that show their lesion, with its mask."""
    root = sources.locate("phantom")
    rows = manifest.build_manifest("phantom", root)
    rows = rows[rows["label"] != "no_tumor"]
    masks = np.stack(
        [
            preprocess_slice(
                images.decode_slice(root / "masks" / path), side=SIDE, filtering=None
            )
            for path in rows["path"]
        ]
    )
    shown = (masks > 127).any(axis=(1, 2))
    rows = rows.assign(block=rows["patient_id"])[shown].reset_index(drop=True)
    return _gather(rows, root, masks[shown] > 127)


def explain(folder: Path, lesions: Lesions) -> Explained:
    """Run an artifact over slices, in its light form.

    Raises:
        ArtifactError: the artifact is missing or altered.
    """
    recipe = recipe_from_dict(read_contract(folder)["recipe"])
    slices = cache.load_slices(
        lesions.rows, lesions.root, side=recipe.side, filtering=recipe.filtering
    )
    model = load_model(folder, "light")
    features = model.features(slices.images)
    return Explained(
        recipe=recipe,
        head=model.head,
        pixels=slices.images,
        features=features,
        true=find_true(lesions.rows["label"], recipe.classes),
        predicted=compute_logits(model.head, features).argmax(axis=1),
    )


def find_true(labels: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Return the position of each slice's class (n,); two classes know only "tumor"."""
    names = labels.where(labels.isin(classes), "tumor")
    return pd.Index(classes).get_indexer(names)


def _gather(rows: pd.DataFrame, root: Path, masks: np.ndarray) -> Lesions:
    slices = cache.load_slices(rows, root, side=SIDE)
    distances = localization.measure_distances(masks)
    return Lesions(rows, root, np.asarray(slices.images), masks, distances)
