"""How large slices were when they were published, before a carrier resized them."""

from pathlib import Path

import pandas as pd

TABLE = "native_sizes.csv"  # folder, class, file, width, height; lies beside the slices


def find_table(root: Path) -> list[Path]:
    """Return the table of a source's folder, or nothing where it has none."""
    return [root / TABLE] if (root / TABLE).is_file() else []


def read_native_sizes(splits: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Return width and height of every slice as it was published.

    A copy whose carrier resized all slices may bring their former sizes along, in
    `TABLE`; elsewhere the files themselves tell.

    Args:
        splits: manifest; needs `path`, `width` and `height`.
        root: folder that its paths are relative to.

    Returns:
        `width`, `height` (n rows), pixels, in the manifest's order.

    Raises:
        ValueError: a slice is missing in the table; names it.
    """
    if not find_table(root):
        return splits[["width", "height"]]
    table = pd.read_csv(root / TABLE, dtype={"folder": str, "class": str, "file": str})
    table.index = table["folder"] + "/" + table["class"] + "/" + table["file"]
    lost = splits.loc[~splits["path"].isin(table.index), "path"]
    if len(lost):
        raise ValueError(
            f"{TABLE} does not name {lost.iloc[0]} and {len(lost) - 1} other "
            "slices: complete it, or take it away."
        )
    return table.loc[splits["path"], ["width", "height"]]
