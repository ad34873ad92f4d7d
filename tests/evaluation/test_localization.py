import numpy as np
import pandas as pd
import pytest

from braintumor.evaluation import localization, simple_maps

SIDE = 24


@pytest.fixture
def lesions():
    """Four slices: a square lesion in each quarter of the picture."""
    masks = np.zeros((4, SIDE, SIDE), bool)
    for mask, (row, column) in zip(masks, np.ndindex(2, 2), strict=True):
        mask[12 * row + 3 : 12 * row + 9, 12 * column + 3 : 12 * column + 9] = True
    return masks


@pytest.fixture
def distances(lesions):
    return localization.measure_distances(lesions)


def test_a_map_of_the_lesion_scores_one_and_of_all_else_nought(lesions, distances):
    scores = localization.score_maps(lesions, lesions, distances)
    assert (scores == 1).all(axis=None)
    scores = localization.score_maps(~lesions, lesions, distances)
    assert (scores == 0).all(axis=None)


def test_a_planted_fault_is_seen(lesions, distances):
    """Rows taken for columns, or maps of another slice, cost the score."""
    for wrong in (lesions[:, ::-1], lesions[::-1], np.roll(lesions, 1, axis=0)):
        scores = localization.score_maps(wrong, lesions, distances)
        assert scores["pointing"].max() == 0
    turned = lesions.transpose(0, 2, 1)
    scores = localization.score_maps(turned, lesions, distances)
    assert scores["pointing"].tolist() == [1, 0, 0, 1]


def test_coarse_heat_points_at_the_middle_of_its_cell(lesions, distances):
    heat = np.eye(4).reshape(4, 2, 2)
    np.testing.assert_allclose(
        localization.find_peaks(heat),
        [[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]],
    )
    scores = localization.score_maps(heat, lesions, distances)
    assert (scores["pointing"] == 1).all()
    assert scores["energy"].between(0.2, 0.6).all()  # a cell spreads over its borders


def test_a_map_without_heat_misses(lesions, distances):
    blank = np.zeros((4, 3, 3))
    assert (localization.score_maps(blank, lesions, distances) == 0).all(axis=None)
    assert np.isnan(localization.find_peaks(blank)).all()


def test_tolerance_is_a_distance_to_the_border():
    mask = np.zeros((1, 512, 512), bool)
    mask[:, 100:200, 100:200] = True
    distances = localization.measure_distances(mask)
    for beside, hit in ((0, 1), (15, 1), (16, 0)):
        place = np.array([[150.5, 199.5 + beside]]) / 512
        scores = localization.score_points(place, distances)
        assert scores["pointing"].item() == (beside == 0)
        assert scores["pointing_tolerant"].item() == hit
        assert np.isnan(scores["energy"].item())


def test_boxes_become_masks():
    boxes = np.array([[0.5, 0.25, 0.5, 0.25], [0.51, 0.51, 0.001, 0.001]])
    masks = localization.draw_boxes(boxes, 8)
    rows, columns = np.nonzero(masks[0])
    assert (rows.min(), rows.max()) == (1, 2)
    assert (columns.min(), columns.max()) == (2, 5)
    assert masks[1].sum() >= 1  # the smallest lesion is not lost
    for bad in ([0.9, 0.5, 0.5, 0.1], [0.5, 0.5, 0.0, 0.1], [0.5, 0.5, np.nan, 0.1]):
        with pytest.raises(ValueError, match="Box 0 is"):
            localization.draw_boxes(np.array([bad]), 8)


def test_a_slice_without_a_lesion_is_refused(lesions):
    lesions[1] = False
    with pytest.raises(ValueError, match="Slice 1 has no lesion"):
        localization.measure_distances(lesions)


def test_intervals_stand_on_groups():
    scores = pd.DataFrame({"a": [1.0, 1, 0, 0], "b": [1.0, np.nan, 0, 1], "c": np.nan})
    scores.columns.name = "score"
    table = localization.summarize(scores, np.array(["x", "x", "y", "y"]))
    assert table["score"].tolist() == ["a", "b"]  # c has no value anywhere
    assert table["value"].tolist() == [0.5, pytest.approx(2 / 3)]
    assert table["n"].tolist() == [4, 3] and table["groups"].tolist() == [2, 2]
    assert table.loc[0, ["low", "high"]].tolist() == [0, 1]  # two groups say little
    apart = localization.summarize(scores, np.arange(4))
    assert (apart["groups"] == [4, 3]).all()


def test_the_best_cell_bounds_every_coarse_map(lesions, distances):
    random = np.random.default_rng(2)
    bound = simple_maps.score_best_cell(lesions, distances, (3, 3))
    for _ in range(20):
        heat = random.random((4, 3, 3)) ** 8
        scores = localization.score_maps(heat, lesions, distances)
        assert (scores <= bound + 1e-6).all(axis=None)


def test_a_random_point_scores_the_lesions_share_of_the_head(lesions, distances):
    heads = np.zeros_like(lesions)
    heads[:, 3:21, 3:21] = True
    scores = simple_maps.score_random_point(heads, lesions, distances)
    np.testing.assert_allclose(scores[["pointing", "energy"]], 36 / 324)
    assert (scores["pointing_tolerant"] >= scores["pointing"]).all()


def test_maps_of_other_slices_tell_what_is_only_habit(lesions, distances):
    kinds, groups = np.zeros(4, int), np.arange(4)
    own = localization.score_maps(lesions, lesions, distances)
    swapped = simple_maps.score_other_slices(lesions, kinds, groups, lesions, distances)
    assert (own["pointing"] == 1).all() and (swapped["pointing"] == 0).all()
    habit = np.repeat(lesions[:1], 4, axis=0)  # the same map for every slice
    own = localization.score_maps(habit, lesions[[0, 0, 1, 0]], distances[[0, 0, 1, 0]])
    swapped = simple_maps.score_other_slices(
        habit, kinds, groups, lesions[[0, 0, 1, 0]], distances[[0, 0, 1, 0]]
    )
    pd.testing.assert_frame_equal(own, swapped, atol=1e-6)
    alone = simple_maps.score_other_slices(
        lesions, np.arange(4), groups, lesions, distances
    )
    assert alone.isna().all(axis=None)  # no other slice of its kind


def test_simple_maps_find_what_they_are_made_for(lesions, distances):
    images = np.where(lesions, 250, 20).astype(np.uint8)
    images[:, :2] = images[:, -2:] = images[:, :, :2] = images[:, :, -2:] = 0
    scores = simple_maps.score_simple_maps(images, lesions, distances, cells=(2, 2))
    assert (scores["brightness"]["pointing"] == 1).all()
    assert (scores["brightness_in_cells"]["pointing"] == 1).all()
    edges = localization.find_peaks(simple_maps.edge_strength(images))
    assert localization.distances_at(distances, edges).max() < 1.5 / SIDE
    assert (scores["picture_centre"]["pointing"] == 0).all()
    assert (scores["best_cell"]["pointing"] == 1).all()
    np.testing.assert_allclose(scores["even_heat"]["energy"], 36 / SIDE**2)


def test_the_head_is_the_largest_part_without_holes():
    image = np.zeros((20, 20), np.uint8)
    image[4:16, 4:16] = 100
    image[8:12, 8:12] = 0  # a dark ventricle
    image[1, 1] = 255  # a burnt-in letter
    head = simple_maps.find_heads(image[None])[0]
    assert head.sum() == 144 and head[9, 9] and not head[1, 1]
    np.testing.assert_allclose(simple_maps.find_middles(head[None]), [[0.5, 0.5]])
    assert simple_maps.find_heads(np.zeros((1, 8, 8), np.uint8)).all()


def test_cells_average_their_own_pixels():
    maps = np.arange(36.0).reshape(1, 6, 6)
    cells = simple_maps.average_cells(maps, (3, 2))
    assert cells.shape == (1, 3, 2)
    np.testing.assert_allclose(cells[0, 0, 0], maps[0, :2, :3].mean())
    np.testing.assert_allclose(cells[0, 2, 1], maps[0, 4:, 3:].mean())
