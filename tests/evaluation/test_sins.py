"""Each sin flatters and its honest way does not, where nothing can be learnt."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation.sins import cases, choosing, dealing, prices

SIDE, GROUPS, EACH = 16, 48, 4
FEW = {"seed": 3, "repeats": 3, "replicates": 300}
FLATTERING = [
    sin
    for sin in prices.SINS
    if sin not in (choosing.normalize_on_everything, choosing.shuffle_the_report)
]


def unit(rows):
    rows = rows - rows.mean(axis=1, keepdims=True)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def slices():
    """Noise in groups of four alike; each group's second slice repeats its first.

    The last dozen of groups are the official test. Classes are coins of the groups.
    """
    random = np.random.default_rng(0)
    centres = random.normal(size=(GROUPS, SIDE * SIDE))
    pixels = np.repeat(centres, EACH, axis=0)
    pixels = pixels + 0.4 * random.normal(size=pixels.shape)
    pixels[1::EACH] = pixels[::EACH]
    groups = np.repeat(np.arange(GROUPS), EACH)
    classes = np.array(["glioma", "meningioma", "no_tumor", "pituitary"])
    made = cases.Slices(unit(pixels), classes[groups % 4], groups, groups >= 36)
    return cases.deal_coins(made, 5)


def is_at_chance(row):
    return abs(row["honest"] - 0.25) < 0.1 and row["honest_low"] < 0.3


def flatters(row):
    return row["price_low"] > 0 and row["sinful"] > row["honest"]


@pytest.mark.parametrize("sin", FLATTERING, ids=lambda sin: sin.__name__)
def test_only_the_sin_reads_coins(slices, sin):
    row = prices.measure(prices.on_coins(sin), slices, **FEW)
    assert is_at_chance(row), row
    assert flatters(row), row
    assert row["sin"] == sin.__name__
    assert row["honest"] + row["price"] == pytest.approx(row["sinful"])


def test_a_sin_that_does_not_sin_is_seen(slices):
    def behave(those, seed):
        honest, _ = dealing.split_slices_not_patients(those, seed)
        return cases.Outcome(honest, honest)

    row = prices.measure(behave, slices, **FEW)
    assert row["price"] == 0
    assert not flatters(row)


def test_an_honest_way_that_sins_is_seen(slices):
    def swapped(those, seed):
        honest, sinful = dealing.split_slices_not_patients(those, seed)
        return cases.Outcome(sinful, honest)

    assert not is_at_chance(prices.measure(swapped, slices, **FEW))


def test_groups_are_kept_whole_and_slices_are_not(slices):
    folds = cases.deal_groups(slices, 1)
    assert (pd.Series(folds).groupby(slices.groups).nunique() == 1).all()
    assert {*folds} == {*range(cases.FOLDS)}
    assert (folds != cases.deal_groups(slices, 2)).any()
    dealt = cases.deal_slices(slices.labels, 1)
    assert pd.Series(dealt).groupby(slices.groups).nunique().max() > 1


def test_every_slice_is_asked_in_the_fold_that_holds_it(slices):
    """A memory that holds the asked slice would always be right."""
    labels = np.array([f"{number:04}" for number in range(len(slices.labels))])
    answers = cases.name_folds(slices.thumbnails, labels, cases.deal_groups(slices, 1))
    assert (answers != labels).all()


def test_copies_are_found_and_neighbours_are_not(slices):
    copy = dealing.find_copies(slices.thumbnails)
    first = np.arange(0, GROUPS * EACH, EACH)
    assert (copy[first] == first + 1).all()
    assert (copy[first + 1] == first).all()
    assert (copy[first + 2] == -1).all()
    assert (copy[first + 3] == -1).all()


def test_turning_keeps_the_first_and_moves_the_rest(slices):
    turned = dealing.turn(slices.thumbnails)
    assert turned.shape == (len(dealing.TURNS), *slices.thumbnails.shape)
    alike = (turned * slices.thumbnails).sum(axis=2)
    assert np.allclose(alike[0], 1, atol=1e-5)
    assert (alike[1:] < 0.999).all()
    assert np.allclose(np.linalg.norm(turned, axis=2), 1, atol=1e-5)
    marked = np.zeros((1, SIDE * SIDE), np.float32)
    marked[0, SIDE // 2 * SIDE + SIDE - 2] = 1  # at the right edge, below the middle
    quarter = dealing.turn(unit(marked), turns=(90.0,))[0, 0]
    assert quarter.argmax() != marked.argmax()


def test_merging_asks_only_slices_of_unseen_groups(slices):
    moved = slices.official_test.copy()
    moved[35 * EACH] = True  # one slice of a training group: it has relatives there
    row = prices.measure(
        dealing.merge_and_split_again, replace(slices, official_test=moved), **FEW
    )
    assert (row["n"], row["groups"]) == (12 * EACH, 12)


def test_merging_needs_an_honest_test(slices):
    none = replace(slices, official_test=np.zeros(len(slices.labels), bool))
    with pytest.raises(ValueError, match="no honest test"):
        dealing.merge_and_split_again(none, 1)


def test_a_shuffled_report_hides_what_a_model_can_do(slices):
    seen = replace(slices, labels=np.where(slices.thumbnails[:, 0] > 0, "a", "b"))
    sure = replace(seen, thumbnails=unit(np.eye(2)[(seen.labels == "a").astype(int)]))
    row = prices.measure(choosing.shuffle_the_report, sure, **FEW)
    assert row["honest"] == 1.0
    assert 0.9 < row["honest_low"] < 1.0  # no error among sixty is no proof of none
    assert row["sinful"] < 0.7
    assert row["price_high"] < 0


@pytest.mark.parametrize(
    ("sin", "size"),
    [
        (choosing.select_pixels_on_everything, (60, 6000)),
        (dealing.augment_before_splitting, (100, SIDE * SIDE)),
    ],
)
def test_pure_noise_is_read_and_honestly_is_not(sin, size):
    noise = cases.make_noise(*size, seed=3)
    assert np.allclose(np.linalg.norm(noise.thumbnails, axis=1), 1, atol=1e-5)
    row = prices.measure(prices.on_coins(sin), noise, **FEW)
    assert row["sinful"] > 0.95
    assert 0.35 < row["honest"] < 0.65


def test_same_seed_same_row(slices):
    again = [
        prices.measure(dealing.split_slices_not_patients, slices, **FEW)
        for _ in range(2)
    ]
    assert again[0] == again[1]


def test_thumbnails_of_another_table_are_refused(slices):
    table = pd.DataFrame({"label": ["glioma"], "group_id": [1], "as_shipped": "test"})
    with pytest.raises(ValueError, match="of this very table"):
        cases.gather(table, slices.thumbnails)
    one = cases.gather(table, slices.thumbnails[:1])
    assert one.official_test.tolist() == [True]
