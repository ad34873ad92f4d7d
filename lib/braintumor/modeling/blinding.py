"""A recipe's options against learning where a slice comes from."""

from braintumor.modeling.recipes import Recipe
from braintumor.modeling.training_records import TrainingData


def choose_options(recipe: Recipe, data: TrainingData) -> dict:
    """Return what `SliceBatches` needs for the options that a recipe sets.

    Args:
        recipe: `appearance`, `planting` and `sampling`.
        data: `groups` where the recipe samples by them.

    Raises:
        ValueError: options that do not go together, or groups that are not there.
    """
    if recipe.sampling not in ("slices", "groups"):
        raise ValueError(f"sampling={recipe.sampling!r}: use slices or groups.")
    by_group = recipe.sampling == "groups"
    if (by_group or recipe.planting) and recipe.frozen.epochs:
        raise ValueError(
            "Stored features know neither groups nor planted lesions: set frozen to "
            "Phase(), or leave sampling and planting as they are."
        )
    if by_group and data.groups is None:
        raise ValueError("sampling=groups needs the groups of the slices.")
    return dict(
        appearance=recipe.appearance,
        groups=data.groups if by_group else None,
        planting=recipe.planting,
        healthy=recipe.classes.index("no_tumor"),
    )
