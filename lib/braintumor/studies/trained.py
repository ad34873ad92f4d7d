"""Trains a network for a study once: a second call finds it, a killed one goes on."""

from pathlib import Path

import pandas as pd

from braintumor.data import sources
from braintumor.modeling.contract import CONTRACT, read_contract
from braintumor.modeling.recipes import Recipe, recipe_from_dict


def train_once(
    recipe: Recipe, splits: pd.DataFrame, folder: Path, *, source: str, seed: int
) -> Path:
    """Train a recipe on a split, or return what an earlier call has trained.

    Args:
        recipe: what is trained.
        splits: manifest with a column per view.
        folder: of the artifact and its checkpoint.
        source: name of the data set.
        seed: of the training.

    Returns:
        `folder`.

    Raises:
        ValueError: the folder holds a network of another recipe or other slices.
    """
    from braintumor.modeling import artifact, inputs, training

    data = inputs.load_training_data(splits, sources.locate(source), recipe)
    if (folder / CONTRACT).is_file():
        contract = read_contract(folder)
        sizes = (len(data.training), len(data.validation), seed)
        names = ("training_slices", "validation_slices", "seed")
        same = sizes == tuple(contract["facts"][name] for name in names)
        if same and recipe_from_dict(contract["recipe"]) == recipe:
            return folder
        raise ValueError(f"{folder} holds another network: move it away.")
    trained = training.train(recipe, data, folder / "checkpoint", seed=seed)
    told = {"dataset": source} | training.describe_training(trained, data, seed)
    return artifact.save_artifact(
        trained.classifier.model, recipe, folder, history=trained.history, facts=told
    )


def answer_test(folder: Path, splits: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Return a trained network's predictions table of a split's test side."""
    from braintumor import examination
    from braintumor.modeling import artifact

    return examination.examine_model(artifact.load_artifact(folder), splits, root)
