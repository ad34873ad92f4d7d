import os
from pathlib import Path

import numpy as np
import pytest

from braintumor.evaluation import baselines


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def unit(thumbnails):
    centred = thumbnails - thumbnails.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    return (centred / norm).astype(np.float32)


def border_statistics(training, labels, images, classes):
    features = [baselines.measure_borders(part) for part in (training, images)]
    return baselines.classify(features[0], labels, features[1], classes)


def test_majority_predicts_the_shares_of_training(classes):
    labels = np.array(["glioma", "no_tumor", "no_tumor", "pituitary"])
    found = baselines.majority(labels, 3, classes)
    assert found.tolist() == [[0.25, 0, 0.5, 0.25]] * 3


def test_planted_twins_are_found(generator, classes, monkeypatch):
    monkeypatch.setattr(baselines, "BLOCK", 16)  # several blocks
    training = unit(generator.normal(size=(200, 64)))
    labels = generator.choice(classes, 200)
    chosen = generator.permutation(200)[:50]
    twins = unit(training[chosen] + generator.normal(0, 0.01, (50, 64)))
    found = baselines.nearest_neighbor(training, labels, twins, classes)
    assert (np.array(classes)[found.argmax(axis=1)] == labels[chosen]).all()
    assert (found.sum(axis=1) == 1).all() and set(found.reshape(-1)) == {0, 1}
    strangers = unit(generator.normal(size=(400, 64)))
    found = baselines.nearest_neighbor(training, labels, strangers, classes)
    truth = generator.choice(classes, 400)
    right = (np.array(classes)[found.argmax(axis=1)] == truth).mean()
    assert right == pytest.approx(0.25, abs=0.08)


def test_of_equal_neighbors_the_first_wins(generator, classes):
    thumbnail = unit(generator.normal(size=(1, 64)))
    training = np.repeat(thumbnail, 3, axis=0)
    labels = np.array(["pituitary", "glioma", "glioma"])
    found = baselines.nearest_neighbor(training, labels, thumbnail, classes)
    assert classes[found[0].argmax()] == "pituitary"


def test_borders_are_measured_and_the_inside_is_not(generator):
    images = np.full((2, 20, 20), 30, dtype=np.uint8)
    images[0, 4:-4, 4:-4] = generator.integers(0, 255, (12, 12))
    images[1, :, :4] = 0  # 80 of the 400 − 144 pixels of the frame
    first, second = baselines.measure_borders(images)
    assert first.tolist() == [30, 0, 0]
    assert second[2] == pytest.approx(80 / 256)
    assert second[0] == pytest.approx(30 * 176 / 256)


def test_planted_borders_give_the_class_away(generator, classes):
    def make(labels):
        images = generator.integers(0, 256, (len(labels), 24, 24), dtype=np.uint8)
        frame = np.ones((24, 24), bool)
        frame[4:-4, 4:-4] = False
        shade = np.array([classes.index(name) for name in labels]) * 40 + 5
        images[:, frame] = shade[:, None] + generator.integers(0, 10, frame.sum())
        return images

    labels, truth = generator.choice(classes, 120), generator.choice(classes, 60)
    training, images = make(labels), make(truth)
    found = border_statistics(training, labels, images, classes)
    assert (np.array(classes)[found.argmax(axis=1)] == truth).mean() > 0.95
    np.testing.assert_allclose(found.sum(axis=1), 1)
    shuffled = generator.permutation(labels)
    found = border_statistics(training, shuffled, images, classes)
    assert (np.array(classes)[found.argmax(axis=1)] == truth).mean() < 0.6


def test_border_statistics_repeat_themselves(generator, classes):
    images = generator.integers(0, 256, (60, 16, 16), dtype=np.uint8)
    labels = generator.choice(classes, 40)
    runs = [
        border_statistics(images[:40], labels, images[40:], classes) for _ in range(2)
    ]
    assert runs[0].tobytes() == runs[1].tobytes()


def test_a_class_without_training_slices_gets_nothing(generator, classes):
    images = generator.integers(0, 256, (30, 16, 16), dtype=np.uint8)
    labels = np.array(["pituitary", "glioma"] * 10)
    found = border_statistics(images[:20], labels, images[20:], classes)
    assert (found[:, [1, 2]] == 0).all()
    alone = border_statistics(images[:20], labels[::2].repeat(2), images, classes)
    assert (alone[:, classes.index("pituitary")] == 1).all()


def test_faults_are_named(generator, classes):
    thumbnails = unit(generator.normal(size=(4, 64)))
    with pytest.raises(ValueError, match="No training slice"):
        baselines.majority(np.array([]), 3, classes)
    with pytest.raises(ValueError, match="notumor.*map them"):
        baselines.majority(np.array(["notumor"]), 3, classes)
    with pytest.raises(ValueError, match=r"expected \(3, 64\)"):
        baselines.nearest_neighbor(
            thumbnails, np.array(["glioma"] * 3), thumbnails, classes
        )
    with pytest.raises(ValueError, match="4 rows of features for 3"):
        baselines.classify(thumbnails, np.array(["glioma"] * 3), thumbnails, classes)
    with pytest.raises(ValueError, match="side 8"):
        baselines.measure_borders(np.zeros((1, 8, 8), np.uint8))


@pytest.mark.skipif(
    "BRAINTUMOR_RAW" not in os.environ, reason="BRAINTUMOR_RAW names no real slices"
)
def test_thumbnails_score_the_reference_figure_on_real_slices(classes):
    cv2 = pytest.importorskip("cv2")
    root = Path(os.environ["BRAINTUMOR_RAW"]) / "nickparvar"
    if not root.is_dir():
        pytest.skip(f"no folder nickparvar in {root.parent}")
    folders = dict(
        zip(("glioma", "meningioma", "notumor", "pituitary"), classes, strict=True)
    )

    def load(split):
        paths = [
            (p, name)
            for f, name in folders.items()
            for p in (root / split / f).glob("*.jpg")
        ]
        small = [
            cv2.resize(cv2.imread(str(p), 0), (32, 32), interpolation=cv2.INTER_AREA)
            for p, _ in sorted(paths)
        ]
        thumbnails = unit(np.stack(small).reshape(len(small), -1).astype(np.float32))
        return thumbnails, np.array([name for _, name in sorted(paths)])

    (training, labels), (thumbnails, truth) = load("Training"), load("Testing")
    found = baselines.nearest_neighbor(training, labels, thumbnails, classes)
    right = (np.array(classes)[found.argmax(axis=1)] == truth).mean()
    assert right == pytest.approx(0.969, abs=0.005)
