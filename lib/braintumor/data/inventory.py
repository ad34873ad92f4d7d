"""Tables of the data sets, for the command line and for `data/README.md`."""

from collections import Counter

from braintumor.data import hashes, sources
from braintumor.data.catalogue import SOURCES, Source

BEGIN = "<!-- begin: braintumor data list --markdown -->"
END = "<!-- end -->"


def plain_table() -> str:
    """Return one line per source: name, published slices, licence, where it is."""
    lines = [f"{'name':12}{'slices':>7}  {'here':40}  title"]
    for source in SOURCES.values():
        count = _published(source) or sources.PHANTOM_SLICES
        lines.append(
            f"{source.name:12}{count:>7,}  {_whereabouts(source):40}  {source.title}"
        )
    return "\n".join(lines)


def markdown_tables() -> str:
    """Return the generated part of `data/README.md`: sources, counts, known copies."""
    return "\n\n".join([BEGIN, _origins_table(), _counts_table(), _copies_table(), END])


def _whereabouts(source: Source) -> str:
    folder = sources.folder_of(source.name)
    if sources.find_content(source, folder) is not None:
        return str(folder)
    if source.name == "phantom":
        return "generated when first used"
    return f"no; braintumor data fetch {source.name}"


def _published(source: Source) -> int:
    return sum(source.expected_counts.values())


def _origins_table() -> str:
    lines = [
        "| name | title | origin | Kaggle handle | licence |",
        "|---|---|---|---|---|",
    ]
    for source in SOURCES.values():
        origin = (
            f"<{source.origin}>" if source.origin.startswith("http") else source.origin
        )
        handle = f"`{source.kaggle_handle}`" if source.kaggle_handle else "none"
        lines.append(
            f"| `{source.name}` | {source.title} | {origin} | {handle} | "
            f"{source.licence} |"
        )
    return "\n".join(lines)


def _counts_table() -> str:
    classes = (*sources.FOUR_CLASSES, "tumor")
    lines = [
        "| name | split | " + " | ".join(classes) + " | all |",
        "|---|---|" + "---:|" * (len(classes) + 1),
    ]
    for source in SOURCES.values():
        splits = dict.fromkeys(split for split, _ in source.expected_counts)
        for split in splits:
            counts = Counter(
                {
                    label: count
                    for (side, label), count in source.expected_counts.items()
                    if side == split
                }
            )
            cells = [f"{counts[label]:,}" if counts[label] else "" for label in classes]
            lines.append(
                f"| `{source.name}` | {split or 'none'} | "
                + " | ".join(cells)
                + f" | {counts.total():,} |"
            )
    return "\n".join(lines)


def _copies_table() -> str:
    lines = [
        "| known copy | files | SHA-256 of its table in `hashes/` |",
        "|---|---:|---|",
    ]
    for source in SOURCES.values():
        for copy, table in hashes.list_copies(source).items():
            files = len(hashes.read_copy(table))
            lines.append(f"| `{copy}` | {files:,} | `{hashes.digest_table(table)}` |")
    return "\n".join(lines)
