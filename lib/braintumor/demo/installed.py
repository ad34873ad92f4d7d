"""Which models are installed, and what makes those that are not."""

from dataclasses import dataclass
from pathlib import Path

from braintumor import paths
from braintumor.modeling.contract import CONTRACT

# name, title for the reader, data set it learns from; in the order of the chooser.
MODELS = (
    ("densenet121_four_class", "DenseNet121, which tumour", "nickparvar"),
    ("vgg16_four_class", "VGG16, which tumour", "nickparvar"),
    ("vgg19_binary", "VGG19, tumour or none", "navoneel"),
)


@dataclass(frozen=True)
class ModelStatus:
    """Whether a model can be asked.

    Attributes:
        name: of the model and of its folder.
        title: for the reader.
        folder: of the artifact; None where it is not installed.
        how_to: commands that install it; "" where it is.
    """

    name: str
    title: str
    folder: Path | None
    how_to: str


def find_models() -> list[ModelStatus]:
    """Return the three models of this project, installed in data/models or not.

    Only looks whether a contract is there; loading checks it.
    """
    return [_find(*model) for model in MODELS]


def _find(name: str, title: str, dataset: str) -> ModelStatus:
    folder = paths.models_root() / name
    if (folder / CONTRACT).is_file():
        return ModelStatus(name, title, folder, "")
    commands = (
        f"braintumor train {name} --dataset {dataset} --profile cpu --run mine",
        f"braintumor models ship mine {name}",
    )
    return ModelStatus(name, title, None, "\n".join(commands))
