"""The study compares networks with each other and with every baseline."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from braintumor import paths
from braintumor.evaluation import assessment, predictions, results, tracked
from braintumor.evaluation.predictions import VIEWS
from braintumor.studies import comparison
from braintumor.studies.setting import Setting

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
RIGHT = {
    "densenet121_four_class": 0.95,
    "vgg16_four_class": 0.8,
    "nearest_neighbor": 0.7,
    "majority": 0.25,
}
RUN = "nickparvar-cpu-seed7"


@pytest.fixture
def setting(tmp_path, monkeypatch):
    """A published run of 160 slices, each program right on its share of them."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(comparison, "REPLICATES", 40)
    generator, answers = np.random.default_rng(0), {}
    labels = generator.integers(0, 4, 160)
    for model, share in RIGHT.items():
        given = np.where(generator.random(160) < share, labels, (labels + 1) % 4)
        table = {"slice_id": [f"nickparvar/{i:03d}" for i in range(160)]}
        table |= {"label": np.array(CLASSES)[labels], "group_id": range(160)}
        table |= dict.fromkeys(VIEWS, "test")
        frame = pd.DataFrame(table)
        answers[model] = predictions.tabulate(frame, np.eye(4)[given], CLASSES)
        file = tracked.predictions_file(RUN, model)
        predictions.write_predictions(answers[model], file)
    scored, _ = assessment.assess_answers(answers, run=RUN, replicates=10)
    results.write_results(scored, paths.results_root() / f"{RUN}.csv")
    names = [f"predictions/{RUN}/{model}.csv" for model in RIGHT] + [f"{RUN}.csv"]
    lines = [
        f"{hashlib.sha256((paths.results_root() / n).read_bytes()).hexdigest()}  {n}\n"
        for n in names
    ]
    tracked.sums_file(RUN).write_text("".join(lines))
    return Setting(RUN)


def test_every_pair_stands_in_every_view(setting):
    tables = comparison.run(setting)
    columns = tables["mcnemar"][["first", "second"]]
    pairs = set(columns.itertuples(index=False, name=None))
    networks = ("densenet121_four_class", "vgg16_four_class")
    expected = {(n, b) for n in networks for b in ("majority", "nearest_neighbor")}
    assert pairs == expected | {networks}
    assert len(tables["mcnemar"]) == 3 * len(pairs)
    assert len(tables["differences"]) == 15 * len(pairs)
    first = tables["mcnemar"].set_index(["first", "second", "view"])
    row = first.loc[(*networks, "as_shipped")]
    assert 0 < float(row["p"]) <= float(row["p_adjusted"]) < 0.01
    assert row["first_only"] > row["second_only"]
    assert row["n"] == row["groups"] == 160
    assert len(setting.inputs) == len(RIGHT)


def test_power_and_seeds_are_stated(setting):
    tables = comparison.run(setting)
    assert set(tables["power"]["second"]) == {*comparison.RIVALS}
    assert len(tables["power"]) == 2 * 3 * 4
    seeds = tables["seeds"]
    assert (seeds["seeds"] == 1).all() and seeds["spread"].isna().all()
    command = "make run DATASET=nickparvar PROFILE=cpu SEED=8"
    assert set(seeds["command"]) == {command}
