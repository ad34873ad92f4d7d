import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest

from braintumor.data.appearance import Appearance
from braintumor.data.planted_lesions import Planting
from braintumor.modeling import checkpoint, training
from braintumor.modeling.checkpoint import CheckpointError, TrainingState
from braintumor.modeling.recipes import Phase


def run(recipe, data, folder, seed=7):
    return training.train(recipe, data, folder, seed=seed)


def final_hash(trained):
    return checkpoint.hash_values(trained.classifier.model.variables)


@pytest.fixture(scope="module")
def reference(toy_data, toy_recipe, tmp_path_factory):
    """One undisturbed training, shared by the tests that compare with it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRAINTUMOR_HOME", str(home))
        trained = run(toy_recipe, toy_data, home / "checkpoint")
    return toy_recipe, trained, final_hash(trained)


def test_both_phases_run_and_the_best_epoch_is_kept(reference):
    recipe, trained, _ = reference
    assert list(trained.history["phase"]) == ["frozen"] * 2 + ["fine_tuning"] * 2
    tuned = trained.history[trained.history["phase"] == "fine_tuning"]
    assert trained.best_epoch == tuned["val_loss"].idxmin()


def test_same_seed_same_weights_other_seed_others(reference, toy_data, tmp_path):
    recipe, _, wanted = reference
    assert final_hash(run(recipe, toy_data, tmp_path / "again")) == wanted
    assert final_hash(run(recipe, toy_data, tmp_path / "other", seed=8)) != wanted


class Killed(BaseException):
    """Stands for a kill that lets the test go on in the same process."""


@pytest.mark.parametrize("epoch", range(4))
def test_stopped_after_any_epoch_it_resumes_to_the_same_weights(
    reference, toy_data, tmp_path, monkeypatch, epoch
):
    recipe, _, wanted = reference
    save, saved = checkpoint.save_checkpoint, []

    def save_and_stop(*arguments, **names):
        save(*arguments, **names)
        saved.append(1)
        if len(saved) == epoch + 1:
            raise Killed

    monkeypatch.setattr(checkpoint, "save_checkpoint", save_and_stop)
    with pytest.raises(Killed):
        run(recipe, toy_data, tmp_path / "folder")
    monkeypatch.setattr(checkpoint, "save_checkpoint", save)
    resumed = run(recipe, toy_data, tmp_path / "folder")
    assert final_hash(resumed) == wanted
    assert len(resumed.history) == 4


def test_a_forgotten_optimizer_would_be_noticed(
    reference, toy_data, tmp_path, monkeypatch
):
    recipe, _, wanted = reference
    monkeypatch.setattr(training, "_restore_optimizer", lambda *arguments: None)
    save, saved = checkpoint.save_checkpoint, []

    def save_and_stop(*arguments, **names):
        save(*arguments, **names)
        saved.append(1)
        if len(saved) == 3:
            raise Killed

    monkeypatch.setattr(checkpoint, "save_checkpoint", save_and_stop)
    with pytest.raises(Killed):
        run(recipe, toy_data, tmp_path / "folder")
    monkeypatch.setattr(checkpoint, "save_checkpoint", save)
    assert final_hash(run(recipe, toy_data, tmp_path / "folder")) != wanted


def test_another_recipe_in_the_same_folder_is_refused(reference, toy_data, tmp_path):
    recipe, _, _ = reference
    short = replace(recipe, fine_tuning=Phase(), frozen=Phase(1, views=1))
    run(short, toy_data, tmp_path / "folder")
    with pytest.raises(CheckpointError, match="recipe, data or seed"):
        run(replace(short, batch_size=4), toy_data, tmp_path / "folder")


def test_a_loss_that_is_no_number_stops_and_keeps_the_best(
    reference, toy_data, tmp_path
):
    recipe, _, _ = reference
    only_head = replace(recipe, fine_tuning=Phase(), frozen=Phase(2, views=1))
    run(only_head, toy_data, tmp_path / "fine")
    wild = replace(
        only_head,
        frozen=Phase(0),
        fine_tuning=Phase(3, "sgd", 1e30),
    )
    with pytest.raises(training.TrainingDivergedError, match=r"epoch 1 .*1e\+30"):
        run(wild, toy_data, tmp_path / "wild")
    assert not (tmp_path / "wild" / "best-fine_tuning.npz").exists()


def test_keys_of_trainings_without_later_options_never_change(toy_data, toy_recipe):
    key = training.training_key(toy_recipe, toy_data, 7)
    parts = {
        "recipe": {
            name: value
            for name, value in asdict(toy_recipe).items()
            if name not in ("standardization", "appearance", "planting", "sampling")
        },
        "slices": "toy",
        "labels": toy_data.labels.tolist(),
        "training": list(range(32)),
        "validation": list(range(32, 40)),
        "seed": 7,
    }
    assert key == hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def test_groups_and_the_start_are_part_of_a_training(toy_data, toy_recipe, tmp_path):
    blind = replace(toy_recipe, frozen=Phase(), sampling="groups")
    keys = {
        training.training_key(blind, replace(toy_data, groups=groups), 7)
        for groups in (np.arange(40), np.arange(40) // 2)
    }
    for content in (b"one", b"other"):
        (tmp_path / "start").write_bytes(content)
        keys.add(training.training_key(toy_recipe, toy_data, 7, tmp_path / "start"))
    assert len(keys) == 4
    with pytest.raises(ValueError, match="needs the groups"):
        training._blinding(blind, toy_data)
    with pytest.raises(ValueError, match="'patients': use slices or groups"):
        training._blinding(replace(blind, sampling="patients"), toy_data)
    with pytest.raises(ValueError, match="Stored features know neither"):
        training._blinding(replace(toy_recipe, sampling="groups"), toy_data)


def test_it_goes_on_from_the_weights_of_an_artifact(toy_data, toy_recipe, tmp_path):
    from braintumor.modeling import backbones
    from braintumor.modeling.artifact import ArtifactError

    blind = replace(
        toy_recipe,
        frozen=Phase(),
        fine_tuning=Phase(1, "sgd", 0.0),
        sampling="groups",
        planting=Planting(),
        appearance=Appearance(),
    )
    data = replace(toy_data, groups=np.arange(40) // 2)
    before = backbones.build_classifier(blind).model
    before.save_weights(tmp_path / "start.weights.h5")
    start = tmp_path / "start.weights.h5"
    trained = training.train(blind, data, tmp_path / "one", seed=7, start=start)
    wanted = checkpoint.hash_values(before.trainable_variables)
    model = trained.classifier.model
    assert checkpoint.hash_values(model.trainable_variables) == wanted
    start.write_bytes(b"no weights")
    with pytest.raises(ArtifactError, match="does not fit"):
        training.train(blind, data, tmp_path / "two", seed=7, start=start)


def judge(values, *, schedule="drops", patience=0):
    state, phase = TrainingState(), Phase(100, schedule=schedule)
    for value in values:
        state.history.append({})
        training._judge_epoch(state, value, phase, patience)
    return state


def test_early_stopping_waits_for_its_patience():
    assert not judge([1.0, 0.5, 0.6, 0.7], patience=3).stopped
    state = judge([1.0, 0.5, 0.6, 0.7, 0.5], patience=3)
    assert state.stopped and state.best_epoch == 1 and state.best_value == 0.5


def test_the_rate_drops_each_time_validation_stalls():
    assert judge([1.0] * training.DROP_AFTER).drops == 0
    assert judge([1.0] * (training.DROP_AFTER + 1)).drops == 1
    assert judge([1.0] * (2 * training.DROP_AFTER + 1)).drops == 2
    assert judge([1.0] * 20, schedule="constant").drops == 0


def test_stored_features_equal_features_computed_on_the_fly(toy_data, toy_recipe):
    from braintumor.data.batches import SliceBatches, to_rgb
    from braintumor.modeling import backbones, features

    training.set_seed(1, deterministic=True)
    base = backbones.build_classifier(toy_recipe).base
    batches = SliceBatches(
        toy_data.slices.images,
        toy_data.labels,
        toy_data.training,
        classes=4,
        batch_size=5,
        seed=2,
        augmentation=toy_recipe.augmentation,
    )
    batches.epoch = 3
    stored = features.compute_features(base, batches, key="toy")
    order = batches.order
    images = np.stack([batches._slice(row) for row in toy_data.training])
    direct = keras.ops.convert_to_numpy(base(to_rgb(images)))
    assert sorted(order) == list(range(32)) and list(order) != list(range(32))
    np.testing.assert_allclose(stored, direct, rtol=2e-3, atol=2e-3)


def test_frozen_epochs_read_one_view_after_the_other():
    from braintumor.modeling.features import FeatureBatches

    views = [np.full((6, 2), view, np.float16) for view in range(3)]
    batches = FeatureBatches(views, np.arange(6) % 2, classes=2, batch_size=4, seed=0)
    seen = []
    for batches.epoch in range(5):
        seen.append(float(batches[0][0][0, 0]))
    assert seen == [0, 1, 2, 0, 1]


# Random kills before it is left alone; set it to 10 for the long proof.
KILLS = int(os.environ.get("BRAINTUMOR_KILLS", "1"))
KILLED = """
import os, sys, pickle
from pathlib import Path
recipe, data = pickle.loads(Path(sys.argv[1]).read_bytes())
from braintumor.data.appearance import Appearance
from braintumor.data.planted_lesions import Planting
from braintumor.modeling import checkpoint, training
trained = training.train(recipe, data, Path(sys.argv[2]), seed=7)
print("HASH", checkpoint.hash_values(trained.classifier.model.variables))
"""


def await_moment(child, last, kill, moments):
    """Wait until a checkpoint was written or, three times of four, for some seconds."""
    if kill % 4:
        time.sleep(moments.uniform(0.5, 6))
        return
    before = last.stat().st_mtime_ns if last.exists() else None
    while child.poll() is None:
        if last.exists() and last.stat().st_mtime_ns != before:
            break
        time.sleep(0.02)
    time.sleep(moments.uniform(0, 0.5))


def test_killed_at_random_moments_it_ends_with_the_same_hash(
    reference, toy_data, tmp_path
):
    recipe, _, wanted = reference
    pickled = tmp_path / "job.pickle"
    images = np.array(toy_data.slices.images)
    plain = replace(toy_data, slices=replace(toy_data.slices, images=images))
    pickled.write_bytes(pickle.dumps((recipe, plain)))
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(pickled)]
    command.append(str(tmp_path / "folder"))
    environment = os.environ | {"TQDM_DISABLE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    moments = random.Random(3)
    for kill in range(KILLS):
        child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        await_moment(child, tmp_path / "folder" / "last.npz", kill, moments)
        assert child.poll() is None, "it ended before it could be killed"
        child.send_signal(signal.SIGKILL)
        child.communicate()
    done = subprocess.run(command, env=environment, capture_output=True, timeout=600)
    assert f"HASH {wanted}" in done.stdout.decode(), done.stderr.decode()[-2000:]
    assert not list((tmp_path / "folder").glob("*.tmp"))
