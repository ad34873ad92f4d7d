import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from braintumor.data.sources import BINARY_CLASSES, FOUR_CLASSES
from braintumor.modeling import recipes


@pytest.mark.parametrize("model", recipes.MODELS)
@pytest.mark.parametrize("profile", recipes.PROFILES)
def test_every_model_has_every_profile(model, profile):
    recipe = recipes.get_recipe(model, profile)
    assert (recipe.model, recipe.profile) == (model, profile)
    assert recipe.classes == (BINARY_CLASSES if "binary" in model else FOUR_CLASSES)
    assert recipe.frozen.epochs or recipe.fine_tuning.epochs


def test_published_recipes_are_as_published():
    binary = recipes.get_recipe("vgg19_binary", "paper")
    assert (binary.side, binary.frozen.optimizer, binary.patience > 0) == (
        224,
        "sgd",
        True,
    )
    assert binary.frozen.schedule == "drops"
    for model in ("vgg16_four_class", "densenet121_four_class"):
        recipe = recipes.get_recipe(model, "paper")
        assert (recipe.side, recipe.batch_size, recipe.weights) == (150, 32, "imagenet")
        assert recipe.normalization == "unit"
        phase = recipe.frozen
        assert (phase.epochs, phase.optimizer, phase.learning_rate) == (
            20,
            "adam",
            1e-3,
        )


def test_a_recipe_survives_json_and_wrong_types_do_not():
    recipe = recipes.get_recipe("densenet121_four_class", "cpu")
    assert recipes.recipe_from_dict(asdict(recipe)) == recipe
    with pytest.raises(ValidationError, match="side"):
        recipes.recipe_from_dict(asdict(recipe) | {"side": "wide"})


def test_changes_reach_the_last_phase_and_none_changes_nothing():
    recipe = recipes.get_recipe(
        "vgg16_four_class", "quick", epochs=1, learning_rate=0.5, side=None
    )
    plain = recipes.get_recipe("vgg16_four_class", "quick")
    assert recipe.fine_tuning == replace(plain.fine_tuning, epochs=1, learning_rate=0.5)
    assert recipe.frozen == plain.frozen and recipe.side == plain.side
    assert recipes.get_recipe("vgg16_four_class", "paper", epochs=3).frozen.epochs == 3


def test_unknown_names_are_refused_by_name():
    with pytest.raises(ValueError, match="'resnet'.*vgg16_four_class"):
        recipes.get_recipe("resnet", "cpu")
    with pytest.raises(ValueError, match="epoch_count"):
        recipes.get_recipe("vgg19_binary", "cpu", epoch_count=3)


def test_description_tells_recipes_apart():
    told = [
        recipes.describe_recipe(recipes.get_recipe("vgg16_four_class", profile))
        for profile in ("cpu", "paper")
    ]
    assert told[0].keys() == told[1].keys()
    assert told[1]["weights at the start"] == "imagenet"
    assert told[0]["frozen phase"] == "left out"


def test_options_that_came_later_leave_older_recipes_as_they_were():
    plain = recipes.get_recipe("densenet121_four_class", "cpu")
    told = recipes.recipe_to_dict(plain)
    assert not {*told} & {"standardization", "appearance", "planting", "sampling"}
    assert recipes.recipe_from_dict(told) == plain
    assert "sampling" not in recipes.describe_recipe(plain)
    blind = recipes.get_recipe("densenet121_four_class", "source_blind")
    told = recipes.recipe_to_dict(blind)
    assert told["sampling"] == "groups" and told["standardization"]["crop"]
    assert recipes.recipe_from_dict(told) == blind
    assert recipes.describe_recipe(blind)["sampling"] == "one slice per group and epoch"


def test_the_shipped_model_keeps_its_recipe():
    """Its contract was written before the later options: it must read as it did."""
    path = Path(__file__).parents[2] / "data/models/densenet121_four_class"
    told = json.loads((path / "contract.json").read_text("utf-8"))["recipe"]
    recipe = recipes.recipe_from_dict(told)
    again = json.loads(json.dumps(recipes.recipe_to_dict(recipe)))
    # The shipped weights may be of a recipe with some of the options, or with none.
    assert again == told
