"""Tables of the sets that a run used: what they hold, what repeats, which side."""

from collections.abc import Callable

from braintumor.cards.facts import RunFacts
from braintumor.data import hashes, sources
from braintumor.evaluation.predictions import VIEWS
from braintumor.reporting.palette import show_name


def describe_composition(facts: RunFacts) -> str:
    """Say how many slices there are, in which copy, of which sizes and modes."""

    def published(name: str) -> str:
        return f"{sum(sources.get_source(name).expected_counts.values()):,}"

    def sizes(name: str) -> str:
        told = facts.sets[name]
        low, high = told["shortest_side"], told["longest_side"]
        return f"{low:,} px" if low == high else f"sides of {low:,} to {high:,} px"

    def modes(name: str) -> str:
        return ", ".join(
            f"{n:,} {mode}" for mode, n in facts.sets[name]["modes"].items()
        )

    rows = {
        "title": lambda name: sources.get_source(name).title,
        "slices as published": published,
        "slices in this copy": lambda name: f"{facts.sets[name]['slices']:,}",
        "this copy": lambda name: _describe_copy(facts, name),
        "patients named": lambda name: f"{facts.sets[name]['patients']:,}",
        "groups of near-twins": lambda name: f"{facts.sets[name]['groups']:,}",
        "pictures": sizes,
        "colour modes": modes,
    }
    return "\n".join(["## Composition", "", *tabulate(facts, rows)])


def _describe_copy(facts: RunFacts, name: str) -> str:
    copy = facts.sets[name]["copy"]
    if copy is None:
        return "like none that is recorded"
    table = hashes.list_copies(sources.get_source(name))[copy]
    likeness = "equals" if facts.sets[name]["copy_is_equal"] else "resembles"
    return f"{likeness} `{copy}`, SHA-256 of its table `{hashes.digest_table(table)}`"


def describe_audit(facts: RunFacts) -> str:
    """Say how many slices repeat, above all across the published split."""
    rows = {
        "correlation that makes a twin": "similarity",
        "slices whose pixels repeat another's": "pixel_repeats",
        "the same, across the published split": "pixel_repeats_across",
        "test slices with a copy in training (above 0.999), turned or not": (
            "near_copies_across"
        ),
        "test slices with a twin in training": "near_twins_across",
        "pairs of twins": "twin_pairs",
        "largest group": "largest_group",
        "slices without any twin": "slices_alone",
        "groups in which labels disagree": "label_conflicts_in_groups",
    }

    def tell(key: str) -> Callable[[str], str]:
        return lambda name: f"{facts.audits[name][key]:,}"

    told = {title: tell(key) for title, key in rows.items()}
    return (
        "## What the audit found\n\n"
        "Every slice was compared with every other as a 32 × 32 thumbnail, mirrored "
        "and turned ones counted (notebook "
        "[01](../notebooks/01_explore_dataset.ipynb)). A set without a published "
        "split has nothing across it.\n\n" + "\n".join(tabulate(facts, told))
    )


def describe_sides(facts: RunFacts) -> str:
    """Count slices and groups by class and side, in every view."""
    parts = ["## Counts per class and side", "Slices, and groups in brackets."]
    for name in facts.sets:
        labels = facts.labels(name)
        head = "| `" + name + "` | " + " | ".join(map(show_name, labels)) + " |"
        lines = [head, "|---|" + "---:|" * len(labels)]
        for view, side in _shown_sides(facts, name):
            cells = [
                f"{facts.count(name, view, side, label):,} "
                f"({facts.groups(name, view, side, label):,})"
                for label in labels
            ]
            title = side if view is None else f"{side}, {show_name(view)}"
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    parts.append("A group may hold several classes, so groups do not add up.")
    return "\n\n".join(parts)


def _shown_sides(facts: RunFacts, name: str) -> list[tuple[str, str]]:
    """Training and validation once, since the views share them; then each test."""
    shared = [(VIEWS[0], "training"), (VIEWS[0], "validation")]
    tests = [(view, side) for view in VIEWS for side in ("test", "excluded")]
    return shared + [pair for pair in tests if facts.count(name, *pair)]


def tabulate(facts: RunFacts, rows: dict[str, Callable[[str], str]]) -> list[str]:
    """Write a table with a column per set; each row's function tells a set's cell."""
    lines = ["| | " + " | ".join(f"`{name}`" for name in facts.sets) + " |"]
    lines.append("|---|" + "---|" * len(facts.sets))
    for title, tell in rows.items():
        cells = " | ".join(tell(name) for name in facts.sets)
        lines.append(f"| {title} | {cells} |")
    return lines
