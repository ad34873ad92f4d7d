"""From the few words of a command line to every parameter of a run."""

from collections.abc import Iterable
from typing import Any

import yaml
from pydantic import ValidationError

from braintumor import paths
from braintumor.parameters import SHARED, ParameterError, Parameters, range_message

BINARY_PARTNER = {"nickparvar": "navoneel"}  # published VGG19 work used Navoneel's set
TRAININGS = {  # model -> the notebook that trains it
    "vgg19_binary": "03_train_vgg19_binary",
    "vgg16_four_class": "04_train_vgg16_four_class",
    "densenet121_four_class": "05_train_densenet121_four_class",
}


def resolve(
    dataset: str | None = None,
    profile: str | None = None,
    seed: int | str | None = None,
    run: str | None = None,
    **overrides: Any,
) -> dict[str, Any]:
    """Return the parameters of a run, checked and complete.

    Args:
        dataset: a source; the profile's own by default.
        profile: `quick` by default, or `cpu` where a real source is named.
        seed: 7 by default.
        run: `<dataset>-<profile>-seed<seed>` by default, plus what was overridden, so
            that a run with other parameters never takes another's name.
        **overrides: further parameters, such as `epochs` or `binary_dataset`.

    Returns:
        The shared parameters and the overrides, by name.

    Raises:
        ParameterError: names the parameter that is unknown or out of its range.
        FileNotFoundError: the profile has no file.
    """
    profile = profile or ("quick" if dataset in (None, "phantom") else "cpu")
    values = read_profile(profile)
    if dataset and dataset != values["dataset"]:
        values |= {
            "dataset": dataset,
            "binary_dataset": BINARY_PARTNER.get(dataset, dataset),
        }
    values |= {"seed": 7 if seed is None else seed} | overrides
    extra = "".join(f"-{name}{value}" for name, value in sorted(overrides.items()))
    values["run"] = run or f"{values['dataset']}-{profile}-seed{values['seed']}{extra}"
    try:
        checked = Parameters(**values)
    except ValidationError as error:
        raise ParameterError(range_message(error)) from None
    return checked.model_dump(include={*SHARED, *overrides})


def read_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Read `name=value` words of a command line.

    Raises:
        ParameterError: a word has no `=`, or names a parameter that does not exist.
    """
    values = dict(pair.partition("=")[::2] for pair in pairs)
    unknown = [name for name in values if name not in Parameters.model_fields]
    if unknown:
        known = ", ".join(Parameters.model_fields)
        raise ParameterError(f"Unknown parameter {unknown[0]!r}. Known: {known}.")
    return values


def read_profile(profile: str) -> dict[str, Any]:
    """Return the papermill parameters of `notebooks/profiles/<profile>.yaml`."""
    folder = paths.project_root() / "notebooks" / "profiles"
    path = folder / f"{profile}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml")))
        raise FileNotFoundError(f"No profile {profile!r}. There are: {known}.")
    return yaml.safe_load(path.read_text(encoding="utf-8"))
