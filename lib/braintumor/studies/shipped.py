"""The shipped model and a fixed draw of test slices, for studies that change slices.

Decoded here are the files themselves, not the cache: what a study changes is a slice
at its own size, before the project's resize and filter.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from braintumor import paths
from braintumor.data import images, manifest, sources
from braintumor.data.cache import preprocess_slice
from braintumor.data.decoding import read_file
from braintumor.evaluation.calibration import calibrate
from braintumor.modeling import contract, light
from braintumor.modeling.gradcam import compute_logits
from braintumor.modeling.recipes import Recipe, recipe_from_dict
from braintumor.modeling.runtime import load_model
from braintumor.studies.setting import Setting

MODEL = "densenet121_four_class"
DATASET = "nickparvar"
PER_CLASS = 75  # groups; one slice of each
VIEWS = ("as_shipped", "deduplicated")


@dataclass(frozen=True)
class Shipped:
    """The model as the demo answers with it, without its gate.

    Attributes:
        model: in the light runtime.
        recipe: side, filter and classes.
        temperature: of the calibrated probabilities.
        threshold: of the largest of them; the model abstains below.
    """

    model: light.LightModel
    recipe: Recipe
    temperature: float
    threshold: float

    def answer(self, slices: Sequence[np.ndarray]) -> np.ndarray:
        """Return calibrated probabilities (n, classes) of decoded slices, any size."""
        side, filtering = self.recipe.side, self.recipe.filtering
        pixels = [
            preprocess_slice(one, side=side, filtering=filtering) for one in slices
        ]
        features = self.model.features(np.stack(pixels))
        return calibrate(compute_logits(self.model.head, features), self.temperature)


@dataclass(frozen=True)
class Draw:
    """Slices that a study looks at.

    Attributes:
        rows: of the splits, one per slice, in the order of `pixels`.
        pixels: decoded slices uint8, each (height, width).
        labels: (n,) int class positions.
    """

    rows: pd.DataFrame
    pixels: list[np.ndarray]
    labels: np.ndarray

    @property
    def names(self) -> list[str]:
        """The `slice_id` of each."""
        return self.rows["slice_id"].tolist()

    @property
    def groups(self) -> np.ndarray:
        """The group of each, (n,) int."""
        return self.rows["group_id"].to_numpy()

    def in_view(self, view: str) -> np.ndarray:
        """Mark (n,) bool the slices that a view tests on."""
        return (self.rows[view] == "test").to_numpy()

    def count(self) -> pd.DataFrame:
        """Return slices and groups by view and class."""
        parts = []
        for view in VIEWS:
            grouped = self.rows[self.in_view(view)].groupby("label")
            counts = grouped["group_id"].agg(n="size", groups="nunique").reset_index()
            parts.append(counts.assign(view=view))
        return pd.concat(parts, ignore_index=True)[["view", "label", "n", "groups"]]


def load_shipped(setting: Setting) -> Shipped:
    """Load the shipped model.

    Raises:
        ArtifactError: missing or altered files.
        ValueError: it was trained in another run, so these splits are not its own.
    """
    folder = paths.models_root() / MODEL
    setting.read(folder / contract.CONTRACT)
    promises = contract.read_contract(folder)
    trained = promises["shipped"]["run"]
    if trained != setting.run:
        raise ValueError(
            f"{MODEL} was trained in run {trained}, not {setting.run}: pass `--run "
            f"{trained}`, so that its test slices are looked at."
        )
    fitted = json.loads(setting.read(folder / "calibration.json").read_text("utf-8"))
    return Shipped(
        load_model(folder, "light"),
        recipe_from_dict(promises["recipe"]),
        fitted["temperature"],
        fitted["threshold"],
    )


def draw_test(setting: Setting, classes: tuple[str, ...]) -> Draw:
    """Draw slices of the official test and decode their files.

    Raises:
        ValueError: a file is not the one that was split.
    """
    splits = manifest.load_manifest(setting.read(setting.paths.splits(DATASET)))
    rows = draw_rows(splits, per_class=PER_CLASS, seed=setting.seed)
    root = sources.locate(DATASET)
    pixels = []
    for row in rows.itertuples():
        content = read_file(root / row.path)
        if hashlib.sha256(content).hexdigest() != row.sha256:
            raise ValueError(f"{row.path} is not the file that was split: restore it.")
        pixels.append(images.decode_slice(content))
    labels = [classes.index(label) for label in rows["label"]]
    return Draw(rows, pixels, np.array(labels))


def draw_rows(splits: pd.DataFrame, *, per_class: int, seed: int) -> pd.DataFrame:
    """Draw test slices by class and group: one slice of each drawn group.

    Args:
        splits: manifest with a column per view.
        per_class: groups of each class; all of them where there are fewer.
        seed: of the draw.

    Returns:
        Rows of `splits`, by `slice_id`; the order of `splits` has no influence.
    """
    test = splits[splits[VIEWS[0]] == "test"].sort_values("slice_id")
    mixed = test.sample(frac=1, random_state=seed)
    firsts = mixed.drop_duplicates(["label", "group_id"])
    return firsts.groupby("label").head(per_class).sort_values("slice_id")
