"""The number of slices that is promised to suffice does, and fewer do not."""

import numpy as np
import pytest
from scipy import stats

from braintumor.evaluation import power
from braintumor.evaluation.comparison import Pairing


def share_found(slices, difference, discordant, trials=4000):
    """Simulate: how often McNemar's test sees the difference in so many slices."""
    generator = np.random.default_rng(1)
    better, worse = (discordant + difference) / 2, (discordant - difference) / 2
    shares = [better, worse, 1 - discordant]
    counts = generator.multinomial(int(slices), shares, size=trials)
    up, down = counts[:, 0], counts[:, 1]
    statistic = (up - down) ** 2 / np.maximum(up + down, 1)
    return (stats.chi2.sf(statistic, 1) < 0.05).mean()


@pytest.mark.parametrize(("difference", "discordant"), [(0.03, 0.1), (0.02, 0.06)])
def test_the_promised_power_is_found_by_simulation(difference, discordant):
    slices = power.slices_needed(difference, discordant)
    assert share_found(slices, difference, discordant) == pytest.approx(0.8, abs=0.03)
    assert share_found(slices / 3, difference, discordant) < 0.5  # planted shortage


def test_a_smaller_difference_needs_more():
    needs = [power.slices_needed(points / 100, 0.06) for points in power.POINTS]
    assert needs == sorted(needs, reverse=True) and needs[0] > 3.9 * needs[1]
    with pytest.raises(ValueError, match="never be noticed"):
        power.slices_needed(0, 0.1)


def test_a_difference_cannot_exceed_the_discordant_share():
    assert power.slices_needed(0.03, 0.01) == power.slices_needed(0.03, 0.03)


def test_what_can_be_detected_turns_the_question_round():
    slices = power.slices_needed(0.02, 0.08)
    assert power.detectable_difference(slices, 0.08) == pytest.approx(0.02)
    assert np.isnan(power.detectable_difference(1, 0.5))


def test_groups_that_move_together_count_once():
    generator = np.random.default_rng(0)
    values = generator.choice([-1.0, 0.0, 1.0], 500, p=[0.05, 0.85, 0.1])
    assert power.design_effect(values, np.arange(500)) == pytest.approx(1)
    repeated, groups = np.repeat(values, 4), np.repeat(np.arange(500), 4)
    assert power.design_effect(repeated, groups) == pytest.approx(4)
    assert np.isnan(power.design_effect(np.zeros(4), np.arange(4)))


def test_the_table_states_slices_and_groups():
    generator = np.random.default_rng(2)
    first, second = generator.random((2, 300)) < 0.9
    one = power.tabulate_needs(Pairing(first, second, np.arange(300)), replicates=200)
    assert tuple(one.columns) == power.NEED_COLUMNS
    assert one["points"].tolist() == list(power.POINTS)
    assert (one["slices_low"] <= one["slices"]).all()
    assert (one["slices"] <= one["slices_high"]).all()
    assert one["discordant"].iloc[0] == pytest.approx((first != second).mean())
    quadruple = Pairing(first.repeat(4), second.repeat(4), np.arange(300).repeat(4))
    four = power.tabulate_needs(quadruple, replicates=200)
    # Four copies of each slice: four times the slices, and as many groups as before.
    assert four["slices"].to_numpy() == pytest.approx(4 * one["slices"], abs=4)
    assert four["groups"].to_numpy() == pytest.approx(one["groups"], abs=1)
    assert four["detectable"].iloc[0] == pytest.approx(one["detectable"].iloc[0])
