"""What each sin of notebook 08 is worth on real slices."""

import pandas as pd

from braintumor.data import manifest, sources, twins
from braintumor.evaluation.sins import cases, prices
from braintumor.studies.setting import Setting

QUESTION = "What does each way of spoiling a test add to its score?"
NEEDS = ("nickparvar",)
COSTS = "three minutes on two cores"

REPEATS = 1  # seed; seven thousand slices leave little to the chance of one split
TOSSES = 3  # of the coins, each with a split of its own
REPLICATES = 1000


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Commit every sin on thumbnails of the run's data sets.

    Returns:
        `prices`: with the true classes; `coins`: the sins of dealing, with classes that
        a coin gave to every group. Both have `dataset` and the columns of
        `prices.measure`.
    """
    found: dict[str, list[pd.DataFrame]] = {"prices": [], "coins": []}
    chosen = {"seed": setting.seed, "replicates": REPLICATES}
    coins = [prices.on_coins(sin) for sin in prices.OF_DEALING]
    for source in NEEDS:
        splits = manifest.load_manifest(setting.read(setting.paths.splits(source)))
        slices = cases.gather(splits, twins.thumbnails(splits, sources.locate(source)))
        for name, sins, repeats in (
            ("prices", prices.SINS, REPEATS),
            ("coins", coins, TOSSES),
        ):
            table = prices.list_prices(slices, sins=sins, repeats=repeats, **chosen)
            table.insert(0, "dataset", source)
            found[name].append(table)
    return {name: pd.concat(parts) for name, parts in found.items()}
