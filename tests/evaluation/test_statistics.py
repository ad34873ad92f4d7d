import time

import numpy as np
import pytest
from scipy import stats

from braintumor.evaluation import metrics, statistics


def mean_of(values):
    return lambda weights: {"mean": weights @ values / weights.sum(axis=1)}


def interval(values, groups, **options):
    return statistics.bootstrap_groups(mean_of(values), groups, **options)["mean"]


def test_every_replicate_draws_as_many_groups_as_there_are(monkeypatch):
    monkeypatch.setattr(statistics, "BLOCK", 100)  # several blocks
    blocks = list(statistics.draw_multiplicities(12, replicates=30, seed=1))
    assert len(blocks) > 1
    assert np.concatenate(blocks).shape == (30, 12)
    assert (np.concatenate(blocks).sum(axis=1) == 12).all()


def test_blocks_leave_the_interval_alone(monkeypatch):
    values, groups = np.random.default_rng(0).random(60), np.arange(60) // 2
    whole = interval(values, groups, replicates=200)
    monkeypatch.setattr(statistics, "BLOCK", 500)
    assert interval(values, groups, replicates=200) == whole


def test_single_slices_give_the_ordinary_bootstrap():
    values = np.random.default_rng(1).normal(size=400)
    found = interval(values, np.arange(400), replicates=4000)
    expected = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=4000, rng=2
    ).confidence_interval
    assert found.low == pytest.approx(expected.low, abs=0.015)
    assert found.high == pytest.approx(expected.high, abs=0.015)


def test_a_group_comes_whole():
    seen = []

    def remember(weights):
        seen.append(weights)
        return {"mean": weights.sum(axis=1)}

    statistics.bootstrap_groups(remember, np.array([5, 9, 5, 9, 2]), replicates=50)
    weights = np.concatenate(seen)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 3]).all()
    assert not (weights[:, 0] == weights[:, 1]).all()


def test_correlated_groups_widen_the_interval():
    # Ten slices per patient, all right or all wrong: a tenth of the evidence.
    right = np.repeat(np.random.default_rng(4).random(60) < 0.8, 10).astype(float)
    by_group = interval(right, np.repeat(np.arange(60), 10))
    by_slice = interval(right, np.arange(600))
    ratio = (by_group.high - by_group.low) / (by_slice.high - by_slice.low)
    assert ratio == pytest.approx(np.sqrt(10), rel=0.2)


def test_intervals_cover_the_truth():
    generator, covered, by_slice = np.random.default_rng(11), 0, 0
    for trial in range(150):
        patients = generator.random(40) < 0.7
        right = np.where(generator.random((40, 5)) < 0.9, patients[:, None], 1)
        values, groups = right.reshape(-1).astype(float), np.repeat(np.arange(40), 5)
        truth = 0.7 + 0.3 * 0.1
        found = interval(values, groups, replicates=200, seed=trial)
        covered += found.low <= truth <= found.high
        naive = interval(values, np.arange(200), replicates=200, seed=trial)
        by_slice += naive.low <= truth <= naive.high
    assert 0.88 <= covered / 150 <= 0.99
    assert by_slice / 150 < 0.8  # what ignoring the patients would have claimed


def test_undefined_replicates_are_dropped_and_counted():
    found = statistics.percentile_interval(np.array([np.nan, 0.2, 0.4, np.nan]))
    assert found.dropped == 2
    assert 0.2 <= found.low < found.high <= 0.4
    nothing = statistics.percentile_interval(np.full(3, np.nan))
    assert np.isnan(nothing.low) and nothing.dropped == 3


def test_exact_interval_at_the_ends():
    assert statistics.exact_interval(10, 10).low == pytest.approx(0.025 ** (1 / 10))
    assert statistics.exact_interval(0, 10).high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert np.isnan(statistics.exact_interval(0, 0).low)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [([], {}, "No slice"), ([1.0], {"replicates": 0}, "replicates=0")],
)
def test_nothing_to_resample_is_refused(values, options, message):
    with pytest.raises(ValueError, match=message):
        interval(np.array(values), np.arange(len(values)), **options)


def test_a_full_test_set_takes_seconds(make_table, classes):
    generator = np.random.default_rng(0)
    table = make_table(
        generator.choice(classes, 1311),
        generator.dirichlet(np.ones(4), 1311),
        generator.integers(0, 700, 1311),
    )
    begin = time.perf_counter()
    metrics.evaluate(table, classes=classes, view="as_shipped", replicates=1000)
    assert time.perf_counter() - begin < 3  # 0.2 s alone on two cores
