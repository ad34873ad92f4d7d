"""Controls on phantoms: shuffled labels give chance, and a leak is caught and seen."""

import numpy as np
import pytest

from braintumor import examination
from braintumor.data import audit, leaks, manifest, sources, splits
from braintumor.evaluation import baselines, shortcuts

CLASSES = sources.FOUR_CLASSES


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory, phantom_folder):
    """Manifest with views, labels, thumbnails and shortcuts of 80 phantoms."""
    patch = pytest.MonkeyPatch()
    patch.setenv("BRAINTUMOR_HOME", str(tmp_path_factory.mktemp("home")))
    frame = manifest.build_manifest("phantom", phantom_folder)
    frame = audit.audit_manifest(frame, phantom_folder).manifest
    frame = splits.add_views(frame, seed=7)
    found = {
        "frame": frame,
        "thumbnails": audit.thumbnails(frame, phantom_folder),
        "features": examination.measure_shortcuts(frame, phantom_folder),
    }
    yield found
    patch.undo()


@pytest.mark.parametrize("name", [b for b in baselines.BASELINES if b != "majority"])
def test_shuffled_training_labels_leave_a_baseline_at_chance(
    phantoms, name, monkeypatch
):
    monkeypatch.setattr(baselines, "TREES", 10)
    labels = phantoms["frame"]["label"].to_numpy()
    # The slice of a patient whose others are in training is what leaks most.
    test = np.arange(len(labels)) % 3 == 0
    table = phantoms["thumbnails"]
    if name != "nearest_neighbor":
        table = phantoms["features"][name]

    def answer(training_labels):
        if name == "nearest_neighbor":
            return baselines.nearest_neighbor(
                table[~test], training_labels, table[test], CLASSES
            )
        return baselines.classify(table[~test], training_labels, table[test], CLASSES)

    scores = shortcuts.permute_labels(
        answer,
        labels[~test],
        labels[test],
        CLASSES,
        views={"leaky": np.ones(test.sum(), bool)},
        permutations=15,
    ).iloc[0]
    assert scores["inside"] and scores["shuffled"] < 0.45
    if name == "nearest_neighbor":  # or the control would prove nothing
        assert scores["accuracy"] > scores["high"] + 0.2


def neighbor_accuracy(phantoms, training, test):
    labels, table = phantoms["frame"]["label"].to_numpy(), phantoms["thumbnails"]
    answers = baselines.nearest_neighbor(
        table[training], labels[training], table[test], CLASSES
    )
    return (np.array(CLASSES)[answers.argmax(axis=1)] == labels[test]).mean()


def test_a_leaky_split_is_refused_and_flatters(phantoms):
    frame = phantoms["frame"]
    leaky = np.arange(len(frame)) % 3 == 0  # slice by slice, as many papers cut
    folds = splits.group_folds(frame, folds=3, seed=7)
    honest = [
        neighbor_accuracy(phantoms, (folds != k).to_numpy(), (folds == k).to_numpy())
        for k in range(3)
    ]
    flattered = [
        neighbor_accuracy(phantoms, part != 0, part == 0)
        for part in ((np.arange(len(frame)) + shift) % 3 for shift in range(3))
    ]
    assert np.mean(flattered) > np.mean(honest) + 0.2
    planted = frame.assign(group_disjoint=np.where(leaky, "test", "training"))
    with pytest.raises(leaks.LeakError, match="group_disjoint: .* in training and in"):
        leaks.require_disjoint(planted, "group_disjoint")
    sound = frame.assign(group_disjoint=np.where(folds == 0, "test", "training"))
    leaks.require_disjoint(sound, "group_disjoint")
