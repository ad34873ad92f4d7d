"""Asks a trained network about the fold that its training never saw."""

import argparse

from braintumor.data import manifest, sources
from braintumor.evaluation import predictions
from braintumor.studies import trained
from braintumor.sweeps import plan


def answer_fold(sweep: plan.Sweep, model: str, seed: int, fold: int) -> None:
    """Write a network's answers to the slices of its fold.

    Args:
        sweep: tells where the network and its splits are.
        model: which network.
        seed: of the cell.
        fold: of the cell.
    """
    files, source = sweep.cell_files(seed, fold), sweep.source(model)
    splits = manifest.load_manifest(files.splits(source))
    answers = trained.answer_test(files.model(model), splits, sources.locate(source))
    predictions.write_predictions(answers, files.predictions(model))


def main(arguments: list[str] | None = None) -> None:
    """Answer one fold with one model of a planned sweep."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("sweep")
    parser.add_argument("model")
    parser.add_argument("seed", type=int)
    parser.add_argument("fold", type=int)
    chosen = parser.parse_args(arguments)
    sweep = plan.read_plan(chosen.sweep)
    answer_fold(sweep, chosen.model, chosen.seed, chosen.fold)


if __name__ == "__main__":
    main()
