import cv2
import numpy as np
import pandas as pd
import pytest

from braintumor.data import repeats, twins


def smooth_thumbs(count):
    noise = np.random.default_rng(0).normal(size=(count, 32, 32)).astype(np.float32)
    return np.stack([cv2.GaussianBlur(image, (0, 0), 3) for image in noise])


def normalized(thumbs):
    flat = thumbs.reshape(len(thumbs), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return (flat / np.linalg.norm(flat, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", twins.ORIENTATIONS)
@pytest.mark.parametrize("splits", [("test", "training"), ("training", "test")])
def test_orientation_lays_the_test_slice_on_the_training_slice(name, splits):
    images = smooth_thumbs(2)
    images[1] = twins.orient(images[0], name)
    manifest = pd.DataFrame({"official_split": splits})
    pair = repeats.pair_across(manifest, twins.find_twins(normalized(images))).loc[0]
    assert manifest.loc[pair["test"], "official_split"] == "test"
    laid = twins.orient(images[pair["test"]], pair["orientation"])
    np.testing.assert_allclose(laid, images[pair["training"]])


def test_only_pairs_that_cross_are_listed_the_most_similar_first():
    manifest = pd.DataFrame({"official_split": ["test", "training", "test", None]})
    found = pd.DataFrame(
        [(0, 1, 0.96), (0, 2, 0.99), (1, 2, 0.98), (1, 3, 0.97)],
        columns=["left", "right", "similarity"],
    ).assign(orientation="upright", upright=0.9)
    listed = repeats.pair_across(manifest, found)
    assert listed[["test", "training"]].to_numpy().tolist() == [[2, 1], [0, 1]]
