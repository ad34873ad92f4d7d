"""From the few words of a command line to a whole plan."""

from collections.abc import Iterable
from typing import Any

from braintumor.parameters import ParameterError
from braintumor.sweeps import plan
from braintumor.workflow import settings

CHANGES = ("epochs", "side", "learning_rate", "batch_size", "binary_dataset")


def plan_sweep(
    dataset: str | None = None,
    profile: str | None = None,
    run: str | None = None,
    *,
    seeds: Iterable[str],
    folds: int,
    models: Iterable[str],
    threads: int = 1,
    **changes: Any,
) -> plan.Sweep:
    """Return a sweep, checked and complete.

    Args:
        dataset: a source; the profile's own by default.
        profile: `quick` by default, or `cpu` where a real source is named.
        run: `<dataset>-<profile>-<folds>folds` by default, plus what was changed. Seeds
            and models are no part of the name: more of them extend a sweep.
        seeds: of dealing and training.
        folds: 2 or more.
        models: keys of `settings.TRAININGS`.
        threads: of each training.
        **changes: `epochs`, `side` and the like, for every notebook.

    Raises:
        ParameterError: names the choice that is unknown, repeated or out of range.
        FileNotFoundError: the profile has no file.
    """
    models = _once("model", models)
    numbers = _once("seed", map(_read_seed, seeds))
    _check(models, folds, threads, changes)
    chosen = settings.resolve(dataset, profile, None, run, **changes)
    extra = "".join(f"-{name}{value}" for name, value in sorted(changes.items()))
    binary = any(model.endswith("_binary") for model in models)
    return plan.Sweep(
        name=run or f"{chosen['dataset']}-{chosen['profile']}-{folds}folds{extra}",
        dataset=chosen["dataset"],
        # Without a binary model there is no second source to audit.
        binary_dataset=chosen["binary_dataset" if binary else "dataset"],
        profile=chosen["profile"],
        seeds=numbers,
        folds=folds,
        models=models,
        threads=threads,
        changes={name: chosen[name] for name in changes if name != "binary_dataset"},
    )


def _check(
    models: tuple[str, ...], folds: int, threads: int, changes: dict[str, Any]
) -> None:
    """Refuse what `settings.resolve` does not look at."""
    for model in models:
        if model not in settings.TRAININGS:
            known = ", ".join(settings.TRAININGS)
            raise ParameterError(f"No model {model!r}: choose among {known}.")
    for name in changes:
        if name not in CHANGES:
            raise ParameterError(
                f"{name!r} is no parameter of a sweep: {', '.join(CHANGES)} are. "
                "Seeds, folds, models and the run's name have options of their own."
            )
    for name, value, least in (("folds", folds, 2), ("threads", threads, 1)):
        if value < least:
            raise ParameterError(f"{name}={value}: give {least} or more.")


def _once(what: str, given: Iterable[Any]) -> tuple[Any, ...]:
    """Return what was given, or refuse nothing at all and what is repeated."""
    values = tuple(given)
    for value in values:
        if values.count(value) > 1:
            raise ParameterError(f"{what} {value!r} stands twice; name each once.")
    if not values:
        raise ParameterError(f"No {what} is named; give one or more.")
    return values


def _read_seed(word: str) -> int:
    """Return a seed as a number that every library takes."""
    if not word.isdecimal() or int(word) >= 2**32:
        raise ParameterError(f"seed={word!r}: give a whole number from 0 to 2**32 - 1.")
    return int(word)
