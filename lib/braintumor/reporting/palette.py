"""One order, one colour and one spelling per class, split and view."""

from collections.abc import Iterable

# One order and one colour per class, from Okabe and Ito's colour-blind-safe set;
# "no tumour" is the grey one.
CLASS_COLOURS = {
    "glioma": "#D55E00",
    "meningioma": "#0072B2",
    "no_tumor": "#8C8C8C",
    "pituitary": "#009E73",
    "tumor": "#D55E00",
}
SPLIT_COLOURS = {"training": "#0072B2", "validation": "#E69F00", "test": "#009E73"}
# From the loosest view to the strictest: colour and marker.
VIEW_STYLES = {
    "as_shipped": ("#E69F00", "o"),
    "deduplicated": ("#56B4E9", "s"),
    "group_disjoint": ("#004C7A", "D"),
}
INK = "#333333"


def order_classes(names: Iterable[str]) -> list[str]:
    """Return the distinct names in house order; unknown ones last, by name."""
    known = list(CLASS_COLOURS)
    return sorted(
        set(names), key=lambda n: (known.index(n) if n in known else len(known), n)
    )


def show_name(name: str) -> str:
    """Return a class or split name as a reader wants it: `no_tumor` → "no tumor"."""
    return str(name).replace("_", " ")
