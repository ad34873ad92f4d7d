"""An explanation must change with the weights: a small made network, and a cheat."""

import numpy as np
import pytest
from scipy import ndimage, signal

from braintumor.evaluation import sanity, simple_maps
from braintumor.modeling import gradcam, shuffling

FILTERS, CELLS = 24, (6, 6)


@pytest.fixture
def images():
    random = np.random.default_rng(4)
    smooth = ndimage.gaussian_filter(random.random((30, 24, 24)), (0, 2, 2))
    smooth -= smooth.min()
    return (255 * smooth / smooth.max()).astype(np.uint8)


@pytest.fixture
def network():
    """One layer of random filters, and a head on top."""
    random = np.random.default_rng(8)
    filters = random.normal(size=(FILTERS, 5, 5))
    filters -= filters.mean(axis=(1, 2), keepdims=True)  # else all see brightness
    kernel = random.normal(size=(FILTERS, 4)).astype(np.float32)
    return filters, gradcam.HeadWeights("average", (kernel,), (np.zeros(4),))


def extract(filters, images):
    maps = np.stack(
        [
            [signal.convolve2d(image / 255 - 0.5, one, "same") for one in filters]
            for image in images
        ]
    )
    pooled = maps.reshape(*maps.shape[:2], 6, 4, 6, 4).mean(axis=(3, 5))
    return np.maximum(pooled, 0).transpose(0, 2, 3, 1)


def explain_by_gradient(images, filters, head):
    return gradcam.compute_heats(head, extract(filters, images), np.arange(30) % 4)


def explain_by_edges(images, filters, head):
    """The planted fault: it never looks at the weights."""
    return simple_maps.average_cells(simple_maps.edge_strength(images), CELLS)


def agreement(explain, images, filters, head):
    """Return the rank agreement when the head, and then also the filters, change."""
    before = explain(images, filters, head)
    other = shuffling.shuffle_head(head, seed=1)
    filters_too = np.random.default_rng(1).permuted(filters, axis=None)
    return [
        sanity.rank_agreement(before, explain(images, changed, other))
        for changed in (filters, filters_too)
    ]


def test_gradcam_depends_on_the_weights(images, network):
    for found in agreement(explain_by_gradient, images, *network):
        sanity.require_dependence(found, "Grad-CAM")
        assert found.mean() < 0.3


def test_an_explanation_that_ignores_the_weights_is_refused(images, network):
    for found in agreement(explain_by_edges, images, *network):
        with pytest.raises(ValueError, match="edges hardly depends on the network"):
            sanity.require_dependence(found, "edges")


def test_agreement_is_of_ranks():
    random = np.random.default_rng(0)
    maps = random.random((5, 3, 3))
    np.testing.assert_allclose(sanity.rank_agreement(maps, maps**3), 1)
    np.testing.assert_allclose(sanity.rank_agreement(maps, -maps), -1)
    assert (sanity.rank_agreement(maps, np.zeros_like(maps)) == 0).all()


def test_a_peak_stays_only_where_there_is_one():
    heat = np.eye(9).reshape(9, 3, 3)
    assert sanity.peaks_stay(heat, 5 * heat).all()
    assert not sanity.peaks_stay(heat, heat[::-1])[0]
    assert not sanity.peaks_stay(heat, np.zeros_like(heat)).any()
