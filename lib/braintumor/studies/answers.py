"""What a trained model of a run answers to real slices, through its light form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from braintumor import paths
from braintumor.data import cache, manifest, other_sources, sources
from braintumor.data.leaks import VIEWS
from braintumor.evaluation import calibration, predictions
from braintumor.evaluation.scores import NO_TUMOR
from braintumor.modeling import runtime
from braintumor.modeling.contract import CONTRACT, WEIGHTS, read_contract
from braintumor.modeling.gradcam import compute_logits
from braintumor.modeling.light import LightModel
from braintumor.modeling.recipes import Recipe, recipe_from_dict
from braintumor.studies.setting import Setting

DATASET = "nickparvar"
PLACES = ("validation", *VIEWS)
BLOCK = 256  # slices whose feature maps are held at once

Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Answers:
    """What a model answers to some slices, and what they are.

    Attributes:
        logits: (n, classes) float64, before the softmax.
        labels: (n,) int class positions; −1 where a source tells only "tumor".
        tumor: (n,) bool, whether the slice shows any tumour.
        group_ids: (n,) int.
        classes: names in column order.
    """

    logits: np.ndarray
    labels: np.ndarray
    tumor: np.ndarray
    group_ids: np.ndarray
    classes: tuple[str, ...]

    def take(self, rows: np.ndarray) -> "Answers":
        """Return the slices that a mask or an array of positions names."""
        parts = (self.logits, self.labels, self.tumor, self.group_ids)
        return Answers(*(part[rows] for part in parts), self.classes)

    def tumor_probability(self, temperature: float) -> np.ndarray:
        """Return (n,) the probability of any tumour, 0 to 1."""
        healthy = self.classes.index(NO_TUMOR)
        return 1 - calibration.calibrate(self.logits, temperature)[:, healthy]


@dataclass(frozen=True)
class Model:
    """A trained network that can be asked, and how slices must be prepared for it.

    Attributes:
        light: its light form.
        recipe: tells side, filter and classes.
    """

    light: LightModel
    recipe: Recipe

    def ask(self, images: np.ndarray) -> np.ndarray:
        """Return the logits (n, classes) float64 of prepared slices (n, side, side)."""
        blocks = [
            compute_logits(
                self.light.head, self.light.features(images[start : start + BLOCK])
            )
            for start in range(0, len(images), BLOCK)
        ]
        return np.concatenate(blocks).astype(np.float64)


def load_model(setting: Setting, name: str) -> Model:
    """Load a model of the run: as it is shipped with the project, else as trained."""
    folder = paths.models_root() / name
    shipped = (folder / CONTRACT).is_file()
    if not shipped or read_contract(folder)["shipped"]["run"] != setting.run:
        folder = setting.paths.model(name)
    for file in (CONTRACT, WEIGHTS):
        setting.read(folder / file)
    recipe = recipe_from_dict(read_contract(folder)["recipe"])
    return Model(runtime.load_model(folder, "light"), recipe)


def ask_sides(
    setting: Setting,
    model: Model,
    *,
    change: Change | None = None,
    places: Sequence[str] = PLACES,
) -> dict[str, Answers]:
    """Ask a model about validation and the three tests of the run.

    Args:
        setting: names the run.
        model: of that run.
        change: done to the prepared slices (n, side, side) uint8 before it looks.
        places: some of `PLACES`.

    Returns:
        place -> answers; the views share their slices.
    """
    splits = read_splits(setting)
    masks = {place: mark_place(splits, place) for place in places}
    asked = np.logical_or.reduce(list(masks.values()))
    images = prepare(splits, model, DATASET)[np.flatnonzero(asked)]
    images = images if change is None else change(images)
    every = answer(splits[asked], model, images)
    return {place: every.take(mask[asked]) for place, mask in masks.items()}


def recall_tests(setting: Setting, name: str) -> dict[str, Answers]:
    """Return what a model of the run answered when its tests were opened.

    The probabilities were written with six decimals; half of the last one stands for a
    0, so that a temperature can be applied.
    """
    table = predictions.read_predictions(setting.read(setting.paths.predictions(name)))
    splits = read_splits(setting)
    asked = splits[mark_place(splits, VIEWS[0])]
    classes = predictions.class_names(table)
    columns = [predictions.PREFIX + label for label in classes]
    found = table.set_index("slice_id").loc[asked["slice_id"], columns].to_numpy()
    logits = np.log(np.maximum(found, 0.5 * 10**-predictions.DECIMALS))
    every = _describe(asked, logits, classes)
    return {view: every.take(mark_place(asked, view)) for view in VIEWS}


def mark_place(splits: pd.DataFrame, place: str) -> np.ndarray:
    """Mark (n,) bool the slices of validation, or of one view's test."""
    if place == "validation":
        return (splits[VIEWS[0]] == "validation").to_numpy()
    return (splits[place] == "test").to_numpy()


def find_strange_slices(setting: Setting, source: str) -> pd.DataFrame:
    """Return another source's slices without a twin that the run's models learnt from.

    A slice with a twin among the training or validation slices proves nothing.
    """
    splits = read_splits(setting)
    return other_sources.twin_free(source, splits, sources.locate(DATASET))


def read_splits(setting: Setting) -> pd.DataFrame:
    """Return the run's splits; row positions and index agree."""
    return manifest.load_manifest(setting.read(setting.paths.splits(DATASET)))


def prepare(rows: pd.DataFrame, model: Model, source: str) -> np.ndarray:
    """Return the slices (n, side, side) uint8 of a manifest as the model wants them."""
    recipe = model.recipe
    return cache.load_slices(
        rows, sources.locate(source), side=recipe.side, filtering=recipe.filtering
    ).images


def answer(rows: pd.DataFrame, model: Model, images: np.ndarray) -> Answers:
    """Ask a model about prepared slices, and keep what the manifest says of them."""
    return _describe(rows, model.ask(images), model.recipe.classes)


def _describe(
    rows: pd.DataFrame, logits: np.ndarray, classes: tuple[str, ...]
) -> Answers:
    return Answers(
        logits=logits,
        labels=pd.Index(classes).get_indexer(rows["label"]),
        tumor=(rows["label"] != NO_TUMOR).to_numpy(),
        group_ids=rows["group_id"].to_numpy(),
        classes=classes,
    )
