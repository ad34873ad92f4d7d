"""The quick search against one that multiplies every pair."""

import numpy as np
import pandas as pd
import pytest
from benchmarks import growth
from hypothesis import given, settings
from hypothesis import strategies as st

from braintumor.data import manifest, shortlist, twins

EXACT = 16  # values per thumbnail; with lengths 0 and 1 their products are exact


def draw_thumbs(count, seed=0, values=EXACT):
    thumbs = np.random.default_rng(seed).normal(size=(count, values))
    return twins.normalize(thumbs.astype(np.float32))


@pytest.fixture
def few_directions(monkeypatch):
    """Leave so few coordinates that the bound, not the product, must decide."""
    monkeypatch.setattr(shortlist, "KEPT", 4)
    monkeypatch.setattr(shortlist, "CROWDED", 2)


@pytest.fixture(scope="module")
def phantom_thumbs(phantom_folder):
    rows = manifest.build_manifest("phantom", phantom_folder)
    return twins.thumbnails(rows, phantom_folder)


@pytest.mark.parametrize("similarity", [0.5, 0.8, 0.95])
def test_phantoms_get_the_table_of_the_exhaustive_search(phantom_thumbs, similarity):
    pairs = twins.find_twins(phantom_thumbs, similarity=similarity)
    expected = growth.search_exhaustively(phantom_thumbs, similarity=similarity)
    assert len(pairs) > 0
    assert growth.are_same(pairs, expected, similarity=similarity)
    assert pairs.dtypes.equals(expected.dtypes)


@pytest.mark.parametrize("block", [1, 7, 512])
def test_blocks_and_columns_change_nothing(block, monkeypatch, few_directions):
    monkeypatch.setattr(twins, "BLOCK", block)
    monkeypatch.setattr(twins, "COLUMNS", 2 * block + 1)
    thumbs = draw_thumbs(60)
    pairs = twins.find_twins(thumbs, similarity=0.5)
    expected = growth.search_exhaustively(thumbs, similarity=0.5)
    assert len(expected) > 20
    assert growth.are_same(pairs, expected, similarity=0.5)


# Signs over powers of two: sums are exact, so ties are ties in any order of summation.
vectors = st.one_of(
    st.just([0.0] * EXACT),
    st.lists(st.sampled_from([-0.25, 0.25]), min_size=EXACT, max_size=EXACT),
    st.permutations([0.5, 0.5, -0.5, -0.5] + [0.0] * (EXACT - 4)),
    st.just([0.25] * 8 + [-0.25] * 8),
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(vectors, min_size=1, max_size=10),
    st.integers(-8, 7).map(lambda eighths: eighths / 8),
    st.integers(1, EXACT),
)
def test_ties_and_blanks_get_the_same_table(rows, similarity, kept):
    thumbs = np.array(rows, np.float32).reshape(-1, EXACT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortlist, "KEPT", kept)
        pairs = twins.find_twins(thumbs, similarity=similarity)
    expected = growth.search_exhaustively(thumbs, similarity=similarity)
    pd.testing.assert_frame_equal(pairs, expected)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_the_bound_is_never_below_the_product(seed, kept):
    thumbs = draw_thumbs(40, seed, values=64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortlist, "KEPT", kept)
        # Directions of some thumbnails, as little fitted to the others as may be.
        short = shortlist.shorten(thumbs, shortlist.fit_directions(thumbs[:10]))
    assert short.shape == (40, kept + 1)
    assert (short @ short.T > thumbs @ thumbs.T - shortlist.MARGIN / 10).all()


def test_few_pairs_are_multiplied_whole(phantom_thumbs):
    short = shortlist.shorten(phantom_thumbs, shortlist.fit_directions(phantom_thumbs))
    ways = (short, short), (phantom_thumbs, phantom_thumbs)
    left, _ = shortlist.list_candidates(*ways, 0.95)
    assert len(left) < len(phantom_thumbs) ** 2 / 4


def test_a_pair_gets_the_same_product_in_any_company():
    thumbs = draw_thumbs(300, values=1024)
    left, right = np.indices((300, 30)).reshape(2, -1)
    products = shortlist.multiply_pairs(thumbs, thumbs, left, right)
    for place in range(0, len(left), 97):
        alone = shortlist.multiply_pairs(
            thumbs, thumbs, right[place : place + 1], left[place : place + 1]
        )
        assert alone[0] == products[place]


def differs_from_exhaustive():
    thumbs = draw_thumbs(80)
    pairs = twins.find_twins(thumbs, similarity=0.6)
    expected = growth.search_exhaustively(thumbs, similarity=0.6)
    assert len(expected) > 20
    return not growth.are_same(pairs, expected, similarity=0.6)


def test_a_planted_bound_without_the_rest_is_caught(monkeypatch, few_directions):
    assert not differs_from_exhaustive()
    whole = shortlist.shorten

    def forget_rest(thumbs, directions):
        return whole(thumbs, directions) * np.append(np.ones(directions.shape[1]), 0)

    monkeypatch.setattr(shortlist, "shorten", forget_rest)
    assert differs_from_exhaustive()


def test_a_planted_tight_margin_is_caught(monkeypatch, few_directions):
    monkeypatch.setattr(shortlist, "MARGIN", -0.2)
    assert differs_from_exhaustive()
