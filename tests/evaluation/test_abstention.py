import numpy as np
import pytest

from braintumor.evaluation import abstention


def area(confidence, right):
    return abstention.weigh_risk_area(confidence, right, np.ones((1, len(right))))[0]


def test_a_perfect_order_errs_only_at_the_end():
    right = np.array([True] * 8 + [False] * 2)
    confidence = np.linspace(1, 0, 10)
    curve = abstention.tabulate_risk(confidence, right)
    assert (curve.loc[curve["coverage"] <= 0.8, "risk"] == 0).all()
    assert curve.iloc[-1].tolist() == pytest.approx([1, 0.2])
    assert area(confidence, right) == pytest.approx((1 / 9 + 2 / 10) / 10)


def test_no_order_beats_the_perfect_one_and_none_is_worse_than_the_reverse():
    random = np.random.default_rng(0)
    right = random.random(300) < 0.9
    best = area(right + random.random(300) / 2, right)
    worst = area(random.random(300) / 2 - right, right)
    mixed = [area(random.random(300), right) for _ in range(20)]
    assert best < min(mixed) and max(mixed) < worst
    assert np.mean(mixed) == pytest.approx(1 - right.mean(), abs=0.02)


def test_equal_confidence_is_answered_together_whatever_the_order():
    right = np.array([True, False, True, False])
    assert area(np.ones(4), right) == area(np.ones(4), right[::-1]) == 0.5
    assert len(abstention.tabulate_risk(np.ones(4), right)) == 1


def test_the_bar_misses_what_is_allowed_and_no_more():
    random = np.random.default_rng(1)
    tumor = random.random(1000) < 0.7
    probability = np.where(tumor, random.beta(8, 1, 1000), random.beta(1, 8, 1000))
    bar = abstention.choose_tumor_bar(probability, tumor, allowed=0.01)
    missed = (probability[tumor] < bar.value).mean()
    assert missed == bar.missed <= 0.01
    assert (probability[tumor] < bar.value + 2e-3).mean() > 0.01 - 1 / tumor.sum()
    assert bar.tumors == tumor.sum()


def test_the_bar_by_hand():
    probability = np.array([0.1, 0.25, 0.6, 0.7, 0.9])
    tumor = np.array([False, True, True, True, True])
    assert abstention.choose_tumor_bar(probability, tumor, allowed=0).value == 0.25
    quarter = abstention.choose_tumor_bar(probability, tumor, allowed=0.25)
    assert (quarter.value, quarter.missed, quarter.tumors) == (0.6, 0.25, 4)


@pytest.mark.parametrize(("tumor", "allowed"), [([False], 0.01), ([True], 1.0)])
def test_a_bar_that_cannot_be_chosen_is_refused(tumor, allowed):
    with pytest.raises(ValueError, match="pass at least one"):
        abstention.choose_tumor_bar(np.array([0.5]), np.array(tumor), allowed=allowed)


def test_the_trade_off_is_what_each_bar_does():
    random = np.random.default_rng(3)
    tumor = random.random(200) < 0.5
    probability = np.round(0.3 * tumor + 0.7 * random.random(200), 2)
    table = abstention.tabulate_trade_off(probability, tumor)
    assert 10 < len(table) <= 40
    for bar, missed, alarms in table.to_numpy():
        assert missed == pytest.approx((probability[tumor] < bar).mean())
        assert alarms == pytest.approx((probability[~tumor] >= bar).mean())
    assert abstention.tabulate_trade_off(probability, np.ones(200, bool)).empty
