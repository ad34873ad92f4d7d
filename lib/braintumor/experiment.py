"""From the name of a data set to a trained artifact, without opening a notebook.

The notebooks walk the same steps one by one; this is the same walk in one call.
"""

from pathlib import Path

import pandas as pd

from braintumor import runs
from braintumor.data import audit, check, manifest, sources, splits


def prepare_splits(source: str, *, run: str, seed: int) -> pd.DataFrame:
    """Return a source's split manifest, made on the first call of a run.

    Args:
        source: name of a data set.
        run: name of the run that keeps the table.
        seed: decides validation, and test where none is official.

    Raises:
        BadDataError: the source has files that must be cured first; names them.
        MissingSourceError: the source is not on this machine.
    """
    file = runs.run_paths(run).splits(source)
    if not file.exists():
        root = sources.locate(source)
        check.check_source(source, root).raise_for_errors()
        built = manifest.build_manifest(source, root)
        audited = audit.audit_manifest(built, root).manifest
        manifest.save_manifest(splits.add_views(audited, seed=seed), file)
    return manifest.load_manifest(file)


def train_model(
    model: str,
    *,
    dataset: str,
    profile: str,
    seed: int,
    run: str,
    devices: int | None = None,
    **changes,
) -> Path:
    """Train one model of a run, or go on where it was killed.

    Args:
        model: one of `recipes.MODELS`.
        dataset: name of the source that it learns from.
        profile: which recipe.
        seed: of the split and of the training.
        run: name of the run's folder.
        devices: how many share each batch; None as in `sharing.share_batches`.
        **changes: of the recipe, as for `recipes.get_recipe`.

    Returns:
        The folder of the artifact.

    Raises:
        ValueError: an unknown model, profile or change.
        SharingError: the batches cannot be shared as asked.
        TrainingDivergedError: the loss left the finite numbers.
    """
    from braintumor.modeling import artifact, inputs, recipes, sharing, training

    recipe = recipes.get_recipe(model, profile, **changes)
    folder = runs.run_paths(run).model(model)
    with sharing.share_batches(devices):  # refuses before anything is read
        table = prepare_splits(dataset, run=run, seed=seed)
        data = inputs.load_training_data(table, sources.locate(dataset), recipe)
        trained = training.train(recipe, data, folder / "checkpoint", seed=seed)
    told = {"dataset": dataset} | training.describe_training(trained, data, seed)
    if sharing.is_first():
        artifact.save_artifact(
            trained.classifier.model,
            recipe,
            folder,
            history=trained.history,
            facts=told,
        )
    sharing.await_all("the artifact is written")
    return folder
