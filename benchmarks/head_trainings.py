"""Two ways to train a head on a frozen backbone: as published, and ours."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

SEED = 7


@dataclass(frozen=True)
class Task:
    """What both ways are given.

    Attributes:
        root: folder of the files.
        splits: their split manifest.
        asked: whether the test side is to be answered; that is not timed.
    """

    root: Path
    splits: pd.DataFrame
    asked: bool = True

    def files(self, side: str) -> pd.DataFrame:
        """Return `path` and `label` of the slices of a side."""
        return self.splits.loc[self.splits["as_shipped"] == side, ["path", "label"]]


def make_task(home: Path, slices: int) -> Task:
    """Generate phantoms, audit them and cut validation from training."""
    from braintumor.data import audit, manifest, phantom, splits

    root = phantom.generate(home / "phantom", slices=slices, seed=SEED)
    built = manifest.build_manifest("phantom", root)
    audited = audit.audit_manifest(built, root).manifest
    return Task(root, splits.add_views(audited, seed=SEED))


def adapt_recipe(model: str, side: int, epochs: int):
    """Return the published recipe, without ImageNet's weights and the smoothing.

    Both ways smooth once, before they train: that costs them the same.
    """
    from braintumor.modeling.recipes import get_recipe

    recipe = get_recipe(model, "paper", side=side, epochs=epochs)
    frozen = replace(recipe.frozen, views=1)
    return replace(recipe, weights=None, filtering=None, frozen=frozen)


Done = tuple[float, pd.DataFrame | None]  # seconds, and answers to the test if asked


def train_published(recipe, task: Task, epochs: int, seed: int) -> Done:
    """Train the head as published."""
    import keras

    from braintumor.modeling import backbones, optimizers

    keras.utils.set_random_seed(seed)
    classifier = backbones.build_classifier(replace(recipe, precision="float32"))
    backbones.open_layers(classifier, recipe.frozen, frozen=True)
    optimizers.compile_network(classifier.model, recipe, recipe.frozen)
    batches = read_as_published(recipe, task, "training", seed)
    validation = read_as_published(recipe, task, "validation", seed)
    classifier.model.train_on_batch(*batches[0])  # compiled before the clock starts
    classifier.model.test_on_batch(*validation[0])
    start = time.perf_counter()
    classifier.model.fit(batches, epochs=epochs, validation_data=validation, verbose=0)
    return time.perf_counter() - start, ask_test(recipe, task, classifier)


def read_as_published(recipe, task: Task, side: str, seed: int):
    """Return the iterator over files that the published notebooks use.

    Keras keeps it for old code only; validation is not changed, but for its frame.
    """
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    moved = recipe.augmentation
    changes = dict(
        rotation_range=moved.rotation,
        width_shift_range=moved.shift,
        height_shift_range=moved.shift,
        brightness_range=(1 - moved.brightness, 1 + moved.brightness),
        horizontal_flip=moved.flip,
    )
    generator = ImageDataGenerator(**changes if side == "training" else {})
    return generator.flow_from_dataframe(
        task.files(side),
        directory=str(task.root),
        x_col="path",
        y_col="label",
        classes=list(recipe.classes),
        target_size=(recipe.side, recipe.side),
        batch_size=recipe.batch_size,
        shuffle=side == "training",
        seed=seed,
    )


def train_ours(recipe, task: Task, seed: int) -> Done:
    """Train the head our way, from files to checkpoint."""
    from braintumor.modeling import inputs, training

    start = time.perf_counter()
    data = inputs.load_training_data(task.splits, task.root, recipe)
    with TemporaryDirectory() as folder:
        trained = training.train(recipe, data, Path(folder), seed=seed)
    seconds = time.perf_counter() - start
    return seconds, ask_test(recipe, task, trained.classifier)


def ask_test(recipe, task: Task, classifier) -> pd.DataFrame | None:
    """Return a network's predictions table of the test side, if it is asked."""
    if not task.asked:
        return None
    from braintumor import examination
    from braintumor.modeling import artifact

    loaded = artifact.LoadedModel(classifier.model, {}, recipe)
    return examination.examine_model(loaded, task.splits, task.root)
