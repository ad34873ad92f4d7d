"""Deals a source into folds for one seed, and writes the splits of every cell."""

import argparse
import sys

from braintumor.data import manifest, splits
from braintumor.studies import folds
from braintumor.sweeps import plan


def deal_folds(sweep: plan.Sweep, source: str, seed: int) -> None:
    """Write the splits of every fold: its slices are test, the others teach and choose.

    Whole groups are dealt, so no group stands on two sides, and validation is cut by
    group from the other folds. The splits lie where notebook 02 would put them.

    Args:
        sweep: tells the folds; its manifest must be there.
        source: which data set.
        seed: of the dealing and of the validation.

    Raises:
        ValueError: a class has fewer groups than there are folds; names it.
    """
    table = manifest.load_manifest(sweep.files.manifest(source))
    dealt = splits.group_folds(table, folds=sweep.folds, seed=seed)
    for fold in range(sweep.folds):
        held = folds.hold_out(table, dealt == fold, seed)
        manifest.save_manifest(held, sweep.cell_files(seed, fold).splits(source))


def main(arguments: list[str] | None = None) -> None:
    """Deal one source for one seed of a planned sweep."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("sweep")
    parser.add_argument("source")
    parser.add_argument("seed", type=int)
    chosen = parser.parse_args(arguments)
    try:
        deal_folds(plan.read_plan(chosen.sweep), chosen.source, chosen.seed)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
