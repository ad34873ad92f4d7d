"""Figures that others printed, to stand beside ours in the as-shipped view."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """An accuracy on the test set as it is shipped.

    Attributes:
        accuracy: 0 to 1.
        dataset: source name, the only one that it may stand beside.
        origin: who printed it.
    """

    accuracy: float
    dataset: str
    origin: str


PUBLISHED = {
    "vgg16_four_class": Published(
        0.97, "nickparvar", "published recipe; the notebook behind it printed 0.97559"
    ),
    "densenet121_four_class": Published(
        0.96, "nickparvar", "published recipe; the notebook behind it printed 0.96034"
    ),
    "vgg19_binary": Published(0.80, "navoneel", "published recipe, about"),
}


def published_accuracy(dataset: str) -> dict[str, float]:
    """Return model → published accuracy, 0 to 1, for those measured on `dataset`."""
    return {
        model: figure.accuracy
        for model, figure in PUBLISHED.items()
        if figure.dataset == dataset
    }
