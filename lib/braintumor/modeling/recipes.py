"""One plain configuration per experiment: what is trained, on what, and how.

`get_recipe("vgg16_four_class", "paper")` is the published recipe; `cpu` is what two
cores manage in an hour, `quick` is a rehearsal on phantoms, `best` is our own choice.
Knows no Keras.
"""

from dataclasses import asdict, dataclass, replace

from pydantic import TypeAdapter

from braintumor.data.appearance import Appearance
from braintumor.data.augment import Augmentation
from braintumor.data.cache import PUBLISHED_FILTER, BilateralFilter
from braintumor.data.planted_lesions import Planting
from braintumor.data.sources import BINARY_CLASSES, FOUR_CLASSES
from braintumor.data.standardize import Standardization

MODELS = ("vgg19_binary", "vgg16_four_class", "densenet121_four_class")
PROFILES = ("quick", "cpu", "paper", "best")


@dataclass(frozen=True)
class Head:
    """The layers on top of a backbone.

    Attributes:
        pooling: "flatten" or "average" of the last feature map.
        units: of the hidden dense layer; 0 for none.
        dropout: share dropped before the hidden layer; half as much before the output.
    """

    pooling: str = "average"
    units: int = 0
    dropout: float = 0.2


@dataclass(frozen=True)
class Phase:
    """One stretch of training with one optimizer.

    Attributes:
        epochs: passes over the training side; 0 leaves the phase out.
        optimizer: "sgd" (momentum 0.9), "adam" or "adamw" (decay 0.05).
        learning_rate: the constant rate, or the peak of the cosine.
        schedule: "constant", "drops" (halved when validation stalls) or "cosine".
        open_layers: how many of the backbone's last layers learn; None for all.
        views: augmented views whose frozen features are computed once and reused.
    """

    epochs: int = 0
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    open_layers: int | None = None
    views: int = 1


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training does, except data and seed.

    Attributes:
        model: name of the experiment, one of `MODELS`.
        profile: one of `PROFILES`.
        backbone: class name in `keras.applications`.
        classes: names in output order.
        side: pixels of the square input.
        filtering: bilateral filter applied when slices are cached.
        weights: "imagenet", a path to a weights file, or None to start from noise.
        normalization: "unit" (÷255), "centred" (−1 to 1) or "backbone" (ImageNet's).
        head: the layers on top.
        frozen: head only, on features of the frozen backbone computed once.
        fine_tuning: the backbone learns, too.
        batch_size: slices per step.
        augmentation: ranges for the training side.
        label_smoothing: share of each label spread over all classes.
        patience: epochs without better validation before a phase stops; 0 for never.
        precision: "float32", "mixed_bfloat16" or "auto" (bfloat16 where it is fast).
        standardization: frame and grey scale of every slice, before the resize.
        appearance: how the look of a training slice may change, after the warp.
        planting: shows healthy training slices a second time, with a lesion.
        sampling: an epoch shows all "slices", or one slice of each of the "groups".
    """

    model: str
    profile: str
    backbone: str
    classes: tuple[str, ...]
    side: int
    filtering: BilateralFilter | None = None
    weights: str | None = None
    normalization: str = "centred"
    head: Head = Head()
    frozen: Phase = Phase()
    fine_tuning: Phase = Phase()
    batch_size: int = 32
    augmentation: Augmentation = Augmentation()
    label_smoothing: float = 0.0
    patience: int = 0
    precision: str = "auto"
    standardization: Standardization | None = None
    appearance: Appearance | None = None
    planting: Planting | None = None
    sampling: str = "slices"


_LATER = ("standardization", "appearance", "planting", "sampling")

_GENTLE = Augmentation(rotation=15, shift=0.06, zoom=0.1, flip=True, brightness=0.15)
_PUBLISHED = Augmentation(rotation=10, shift=0.1, flip=True, brightness=0.2)
_SMOOTH = BilateralFilter()
_PUBLISHED_HEAD = Head("flatten", units=128, dropout=0.4)

_VGG19 = Recipe("vgg19_binary", "", "VGG19", BINARY_CLASSES, side=224)
_VGG16 = Recipe("vgg16_four_class", "", "VGG16", FOUR_CLASSES, side=150)
_DENSENET = Recipe("densenet121_four_class", "", "DenseNet121", FOUR_CLASSES, side=150)

# As published: slices ÷255, ImageNet features, twenty epochs of Adam 0.001 on the head
# with a fresh view per epoch; VGG19 with SGD, early stopping and learning-rate drops.
_PAPER_FOUR_CLASS = dict(
    filtering=PUBLISHED_FILTER,
    weights="imagenet",
    normalization="unit",
    head=_PUBLISHED_HEAD,
    frozen=Phase(20, "adam", 1e-3, views=20),
    augmentation=_PUBLISHED,
)
_PAPER_BINARY = dict(
    weights="imagenet",
    normalization="unit",
    head=_PUBLISHED_HEAD,
    frozen=Phase(50, "sgd", 1e-3, "drops", views=50),
    augmentation=Augmentation(rotation=15, zoom=0.1, flip=True),
    patience=10,
)

# Two cores, no download: from noise, small sides. The epochs fit into an hour each.
_CPU_DENSENET = dict(
    side=96,
    filtering=_SMOOTH,
    head=Head("average", dropout=0.2),
    fine_tuning=Phase(24, "adamw", 1.5e-3, "cosine"),
    augmentation=_GENTLE,
    label_smoothing=0.05,
)
_CPU_VGG = dict(
    side=64,
    filtering=_SMOOTH,
    head=Head("average", units=128, dropout=0.4),
    fine_tuning=Phase(10, "adamw", 2e-4, "cosine"),
    augmentation=_GENTLE,
    label_smoothing=0.05,
)
_CPU_BINARY = dict(
    side=64,
    filtering=_SMOOTH,
    head=Head("average", units=128, dropout=0.4),
    fine_tuning=Phase(40, "sgd", 1e-2, "drops"),
    augmentation=_GENTLE,
    patience=12,
)

# The strongest we know how to train with ImageNet weights; chosen on validation only.
_BEST = dict(
    filtering=_SMOOTH,
    weights="imagenet",
    normalization="backbone",
    head=Head("average", units=0, dropout=0.3),
    frozen=Phase(5, "adam", 1e-3, views=5),
    fine_tuning=Phase(25, "adamw", 1e-4, "cosine"),
    augmentation=_GENTLE,
    label_smoothing=0.05,
    patience=8,
)

# Means against learning where a slice comes from; fixed before any other source was
# opened. It goes on from the trained weights of profile cpu: `train(..., start=)`.
_SOURCE_BLIND = _CPU_DENSENET | dict(
    fine_tuning=Phase(20, "adamw", 6e-4, "cosine"),
    augmentation=replace(_GENTLE, shift=0.08, zoom=0.15),
    standardization=Standardization(),
    appearance=Appearance(),
    planting=Planting(),
    sampling="groups",
)

# A rehearsal: every line of code runs, on slices so small that minutes suffice.
_QUICK = dict(
    side=48,
    filtering=_SMOOTH,
    head=Head("average", units=32, dropout=0.2),
    frozen=Phase(6, "adam", 3e-3, views=2),
    augmentation=_GENTLE,
    precision="float32",
)
_RECIPES = {
    ("vgg19_binary", "quick"): replace(
        _VGG19, **_QUICK, fine_tuning=Phase(6, "sgd", 1e-2, "drops"), patience=4
    ),
    ("vgg16_four_class", "quick"): replace(
        _VGG16, **_QUICK, fine_tuning=Phase(6, "adamw", 1e-4, "cosine")
    ),
    ("densenet121_four_class", "quick"): replace(
        _DENSENET,
        **_QUICK | {"frozen": Phase(1, "adam", 3e-3)},
        fine_tuning=Phase(4, "adamw", 2e-3, "cosine"),
    ),
    ("vgg19_binary", "cpu"): replace(_VGG19, **_CPU_BINARY),
    ("vgg16_four_class", "cpu"): replace(_VGG16, **_CPU_VGG),
    ("densenet121_four_class", "cpu"): replace(_DENSENET, **_CPU_DENSENET),
    ("densenet121_four_class", "source_blind"): replace(_DENSENET, **_SOURCE_BLIND),
    ("vgg19_binary", "paper"): replace(_VGG19, **_PAPER_BINARY),
    ("vgg16_four_class", "paper"): replace(_VGG16, **_PAPER_FOUR_CLASS),
    ("densenet121_four_class", "paper"): replace(_DENSENET, **_PAPER_FOUR_CLASS),
    ("vgg19_binary", "best"): replace(_VGG19, **_BEST),
    ("vgg16_four_class", "best"): replace(_VGG16, **_BEST),
    ("densenet121_four_class", "best"): replace(_DENSENET, **_BEST),
}


def get_recipe(model: str, profile: str, **changes) -> Recipe:
    """Return the recipe of a model under a profile.

    Args:
        model: one of `MODELS`.
        profile: one of `PROFILES`.
        **changes: `epochs` and `learning_rate` (of the last phase that runs) or any
            field of `Recipe`; a change of None is ignored.

    Raises:
        ValueError: an unknown model, profile or field; the message lists the known.
    """
    if (model, profile) not in _RECIPES:
        raise ValueError(
            f"No recipe for model={model!r}, profile={profile!r}. "
            f"Models: {', '.join(MODELS)}. Profiles: {', '.join(PROFILES)}."
        )
    recipe = replace(_RECIPES[model, profile], profile=profile)
    changes = {name: value for name, value in changes.items() if value is not None}
    last = "fine_tuning" if recipe.fine_tuning.epochs else "frozen"
    for name in ("epochs", "learning_rate"):
        if name in changes:
            phase = replace(getattr(recipe, last), **{name: changes.pop(name)})
            recipe = replace(recipe, **{last: phase})
    unknown = sorted(set(changes) - set(recipe.__dataclass_fields__))
    if unknown:
        raise ValueError(
            f"A recipe has no {', '.join(unknown)}. It has: "
            f"{', '.join(recipe.__dataclass_fields__)}, epochs, learning_rate."
        )
    return replace(recipe, **changes)


def recipe_to_dict(recipe: Recipe) -> dict:
    """Return a recipe as plain values; options that came later only where they are set.

    So the key and the contract of a recipe without them stay what they were.
    """
    fields = asdict(recipe)
    unset = {name: Recipe.__dataclass_fields__[name].default for name in _LATER}
    return {n: v for n, v in fields.items() if n not in unset or v != unset[n]}


def recipe_from_dict(fields: dict) -> Recipe:
    """Rebuild a recipe from `recipe_to_dict`, refusing wrong types."""
    return TypeAdapter(Recipe).validate_python(fields)


def describe_recipe(recipe: Recipe) -> dict[str, str]:
    """Return a recipe as words for a table: what is set, and to what."""
    head, filtering, moved = recipe.head, recipe.filtering, recipe.augmentation
    hidden = f" → {head.units} hidden" if head.units else ""
    ranges = {
        "rotation": f"±{moved.rotation:g}°",
        "shift": f"±{moved.shift:.0%}",
        "zoom": f"±{moved.zoom:.0%}",
        "flip": "flip",
        "brightness": f"brightness ±{moved.brightness:.0%}",
    }
    told = {
        "backbone": recipe.backbone,
        "weights at the start": recipe.weights or "noise",
        "side": f"{recipe.side} px",
        "bilateral filter": (
            f"d={filtering.diameter}, {filtering.sigma_color:g} grey levels, "
            f"{filtering.sigma_space:g} px"
            if filtering
            else "none"
        ),
        "normalisation": recipe.normalization,
        "head": f"{head.pooling}{hidden} → {len(recipe.classes)}",
        "frozen phase": _describe_phase(recipe.frozen),
        "fine-tuning phase": _describe_phase(recipe.fine_tuning),
        "batch": f"{recipe.batch_size} slices",
        "augmentation": ", ".join(
            words for name, words in ranges.items() if getattr(moved, name)
        ),
        "early stopping": f"after {recipe.patience} epochs"
        if recipe.patience
        else "no",
    }
    return told | _describe_later(recipe)


def _describe_later(recipe: Recipe) -> dict[str, str]:
    """Return the options that came later, where they are set."""
    form, told = recipe.standardization, {}
    if form:
        clip = f"the outer {form.clip:g} % of grey levels cut off" if form.clip else ""
        crop = "cropped to the head" if form.crop else ""
        told["standardisation"] = ", ".join(filter(None, (crop, clip)))
    if recipe.appearance:
        told["changes of look"] = "grey scale, sharpness, noise, compression"
    if recipe.planting:
        told["planted lesions"] = "one in a second copy of every healthy slice"
    if recipe.sampling != "slices":
        told["sampling"] = "one slice per group and epoch"
    return told


def _describe_phase(phase: Phase) -> str:
    if not phase.epochs:
        return "left out"
    return (
        f"{phase.epochs} epochs of {phase.optimizer}, "
        f"{phase.learning_rate:g} ({phase.schedule})"
    )
