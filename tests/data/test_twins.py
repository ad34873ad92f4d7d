import cv2
import numpy as np
import pandas as pd
import pytest

from braintumor.data import twins
from braintumor.data.images import UnreadableSliceError

SIDE = 64


def smooth_image(seed):
    noise = np.random.default_rng(seed).normal(size=(SIDE, SIDE)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 5)
    return cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def write(folder, images):
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f"{number:03}.png"), image)
    return pd.DataFrame({"path": [f"{n:03}.png" for n in range(len(images))]})


def test_thumbnails_are_mean_free_and_of_unit_length(tmp_path):
    manifest = write(tmp_path, [smooth_image(seed) for seed in range(3)])
    thumbs = twins.thumbnails(manifest, tmp_path)
    assert thumbs.shape == (3, 32 * 32) and thumbs.dtype == np.float32
    np.testing.assert_allclose(thumbs.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(thumbs, axis=1), 1, atol=1e-5)


def test_dot_product_is_the_correlation(tmp_path):
    images = [smooth_image(1), smooth_image(2)]
    thumbs = twins.thumbnails(write(tmp_path, images), tmp_path)
    small = [
        cv2.resize(i.astype(np.float32), (32, 32), interpolation=3) for i in images
    ]
    expected = np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1]
    assert thumbs[0] @ thumbs[1] == pytest.approx(expected, abs=1e-5)


def test_slices_of_one_grey_level_resemble_nothing(tmp_path):
    flat = [np.full((SIDE, SIDE), level, np.uint8) for level in (0, 0, 77, 255)]
    thumbs = twins.thumbnails(write(tmp_path, flat), tmp_path)
    assert not thumbs.any()
    assert twins.find_twins(thumbs).empty


def test_every_unreadable_file_is_named(tmp_path):
    manifest = write(tmp_path, [smooth_image(seed) for seed in range(4)])
    (tmp_path / "001.png").write_bytes(b"")
    (tmp_path / "003.png").write_text("no image")
    with pytest.raises(UnreadableSliceError, match=r"(?s)001\.png.*003\.png"):
        twins.thumbnails(manifest, tmp_path)


@pytest.mark.parametrize("name", twins.ORIENTATIONS)
def test_planted_turn_is_found_and_named(name, tmp_path):
    original = smooth_image(5)
    turned = twins.orient(original, name)
    manifest = write(tmp_path, [smooth_image(6), original, smooth_image(7), turned])
    thumbs = twins.thumbnails(manifest, tmp_path)
    pairs = twins.find_twins(thumbs)
    assert pairs[["left", "right"]].to_numpy().tolist() == [[1, 3]]
    assert pairs["orientation"].tolist() == [name]
    assert pairs["similarity"][0] == pytest.approx(1, abs=1e-3)
    assert len(twins.find_twins(thumbs, orientations=False)) == (name == "upright")


def test_the_eight_orientations_differ():
    image = smooth_image(1)
    seen = {twins.orient(image, name).tobytes() for name in twins.ORIENTATIONS}
    assert len(seen) == 8


def test_symmetry_names_no_turn(tmp_path):
    half = smooth_image(1)[:, : SIDE // 2]
    mirrored = np.concatenate([half, half[:, ::-1]], axis=1)
    thumbs = twins.thumbnails(write(tmp_path, [mirrored, mirrored]), tmp_path)
    assert twins.find_twins(thumbs)["orientation"].tolist() == ["upright"]


def brute_force(thumbs, similarity):
    found = {}
    for left in range(len(thumbs)):
        for right in range(left + 1, len(thumbs)):
            values = [
                twins.orient(thumbs[left].reshape(4, 4), name).ravel() @ thumbs[right]
                for name in twins.ORIENTATIONS
            ]
            if max(values) > similarity:
                found[left, right] = max(values)
    return found


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_miss_no_pair(block, monkeypatch):
    monkeypatch.setattr(twins, "BLOCK", block)
    thumbs = np.random.default_rng(0).normal(size=(40, 16)).astype(np.float32)
    thumbs /= np.linalg.norm(thumbs, axis=1, keepdims=True)
    pairs = twins.find_twins(thumbs, similarity=0.5)
    expected = brute_force(thumbs, 0.5)
    assert len(expected) > 20
    assert list(zip(pairs["left"], pairs["right"], strict=True)) == list(expected)
    np.testing.assert_allclose(pairs["similarity"], list(expected.values()), atol=1e-4)


def test_upright_is_the_similarity_without_a_turn():
    thumbs = np.random.default_rng(0).normal(size=(30, 16)).astype(np.float32)
    thumbs /= np.linalg.norm(thumbs, axis=1, keepdims=True)
    pairs = twins.find_twins(thumbs, similarity=0.4)
    expected = [thumbs[p.left] @ thumbs[p.right] for p in pairs.itertuples()]
    np.testing.assert_allclose(pairs["upright"], expected, atol=1e-4)
    assert (pairs["similarity"] >= pairs["upright"]).all()
    assert (pairs["similarity"] > pairs["upright"]).any()


def test_no_slices_no_twins():
    assert twins.find_twins(np.zeros((0, 16), np.float32)).empty


def test_odd_thumbnails_and_impossible_similarity_are_refused():
    with pytest.raises(ValueError, match="15 values per slice"):
        twins.find_twins(np.zeros((2, 15), np.float32))
    with pytest.raises(ValueError, match="similarity=1.0"):
        twins.find_twins(np.zeros((2, 16), np.float32), similarity=1.0)


def test_nearest_equals_brute_force(monkeypatch):
    monkeypatch.setattr(twins, "BLOCK", 4)
    thumbs = np.random.default_rng(3).normal(size=(30, 16)).astype(np.float32)
    thumbs /= np.linalg.norm(thumbs, axis=1, keepdims=True)
    asked, among = np.arange(0, 20), np.arange(10, 30)
    found = twins.find_nearest(thumbs, asked, among)
    for row, answer in zip(asked, found.itertuples(), strict=True):
        values = {
            other: max(
                twins.orient(thumbs[row].reshape(4, 4), name).ravel() @ thumbs[other]
                for name in twins.ORIENTATIONS
            )
            for other in among
            if other != row
        }
        assert answer.nearest == max(values, key=values.get)
        assert answer.similarity == pytest.approx(max(values.values()), abs=1e-4)


def test_nothing_to_choose_from_gives_minus_one():
    thumbs = np.ones((2, 16), np.float32) / 4
    found = twins.find_nearest(thumbs, np.array([0]), np.array([], dtype=int))
    assert found.to_dict("list") == {"nearest": [-1], "similarity": [-1.0]}
    assert twins.find_nearest(thumbs, np.array([0]), np.array([0]))["nearest"][0] == -1
