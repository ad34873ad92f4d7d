"""Studies that train: clean sides, no twin of what is asked, nothing trained twice."""

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from braintumor import modeling, paths, runs
from braintumor.data import sources
from braintumor.data.leaks import VIEWS
from braintumor.evaluation import predictions
from braintumor.modeling import contract, recipes
from braintumor.studies import (
    ablations,
    folds,
    from_figshare,
    trained,
    unseen_patients,
)
from braintumor.studies.setting import Setting

GROUPS = 40  # of two slices, ten groups per class


def make_manifest(source="nickparvar", classes=sources.FOUR_CLASSES):
    rows = [
        (f"{source}/{n}", f"{n}.png", classes[n // 2 % len(classes)], n // 2)
        for n in range(2 * GROUPS)
    ]
    table = pd.DataFrame(rows, columns=["slice_id", "path", "label", "group_id"])
    digests = [f"{n:064x}" for n in range(len(table))]
    table = table.assign(source=source, official_split="training", patient_id=None)
    table = table.assign(width=8, height=8, mode="L", sha256=digests)
    return table.assign(pixel_sha256=digests)


@pytest.fixture
def setting(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(sources, "locate", lambda name: tmp_path)
    file = runs.run_paths("toy").splits("nickparvar")
    file.parent.mkdir(parents=True)
    make_manifest().to_csv(file, index=False)
    return Setting("toy", 7)


def plant(monkeypatch, study):
    """Replace training and answers; return the splits that were tested, by folder."""
    tested = {}

    def train(recipe, splits, folder, *, source, seed):
        return folder

    def answer(folder, splits, root):
        test = splits[splits[VIEWS[0]] == "test"].reset_index(drop=True)
        tested.setdefault(folder.name, []).append(splits)
        labels = [sources.FOUR_CLASSES.index(label) for label in test["label"]]
        return predictions.tabulate(test, np.eye(4)[labels], sources.FOUR_CLASSES)

    monkeypatch.setattr(study, "train_once", train)
    monkeypatch.setattr(study, "answer_test", answer)
    return tested


def require_clean(tested):
    """Fail where a group stands on two sides, or a slice is not tested once a seed."""
    for seed in (7, 8, 9):
        seen = []
        for fold in range(folds.FOLDS):
            (splits,) = tested[f"seed{seed}-fold{fold}"]
            for view in VIEWS:
                test = splits[view] == "test"
                shared = {*splits["group_id"][test]} & {*splits["group_id"][~test]}
                assert not shared
                seen += list(splits["slice_id"][test]) if view == VIEWS[-1] else []
        assert sorted(seen) == sorted(make_manifest()["slice_id"])


def test_every_slice_is_tested_once_a_seed_without_its_group(setting, monkeypatch):
    tested = plant(monkeypatch, folds)
    tables = folds.run(setting)
    require_clean(tested)
    accuracy = tables["folds"].query("metric == 'accuracy'")
    assert len(accuracy) == folds.FOLDS * folds.SEEDS
    pooled = tables["seeds"].query("metric == 'accuracy'")
    assert pooled["n"].tolist() == [2 * GROUPS] * folds.SEEDS
    assert pooled["groups"].tolist() == [GROUPS] * folds.SEEDS


def test_folds_that_tear_groups_apart_would_be_seen(setting, monkeypatch):
    tested = plant(monkeypatch, folds)

    def deal_slices(table, *, folds, seed):
        return pd.Series(np.arange(len(table)) % folds, index=table.index)

    monkeypatch.setattr(folds, "group_folds", deal_slices)
    folds.run(setting)
    with pytest.raises(AssertionError):
        require_clean(tested)


def test_nickparvar_is_asked_for_tumours_without_a_twin_in_figshare(
    setting, monkeypatch
):
    tested, asked = plant(monkeypatch, from_figshare), []
    three = ("glioma", "meningioma", "pituitary")
    figshare = make_manifest("figshare", three).assign(official_split=None)

    def twin_free(name, splits, root):
        asked.append((name, {*splits["source"]}))
        return make_manifest().head(30)

    study = from_figshare
    monkeypatch.setattr(study.manifest, "build_manifest", lambda name, root: figshare)
    audited = SimpleNamespace(manifest=figshare)
    monkeypatch.setattr(study.audit, "audit_manifest", lambda table, root: audited)
    monkeypatch.setattr(study.other_sources, "twin_free", twin_free)
    scores = study.run(setting)["scores"].set_index(["source", "metric"])
    assert asked == [("nickparvar", {"figshare"})]
    _, other = tested["from_figshare"]
    assert "no_tumor" not in {*other["label"]} and {*other[VIEWS[-1]]} == {"test"}
    assert scores.loc[("nickparvar", "accuracy"), "n"] == len(other)
    assert scores.loc[("figshare", "accuracy"), "value"] == 1


def test_a_network_is_trained_once_and_no_other_is_taken_for_it(setting, monkeypatch):
    calls, recipe = [], recipes.get_recipe(folds.MODEL, folds.PROFILE)
    facts = {"training_slices": 3, "validation_slices": 2, "seed": 7}
    data = SimpleNamespace(training=range(3), validation=range(2))

    def train(recipe, data, checkpoint, *, seed):
        calls.append(seed)
        return SimpleNamespace(classifier=SimpleNamespace(model=None), history=None)

    def save(model, recipe, folder, *, history, facts):
        folder.mkdir(parents=True)
        (folder / contract.WEIGHTS).write_text("1")
        told = {"recipe": asdict(recipe), "facts": facts}
        contract.write_contract(folder, told, [contract.WEIGHTS])
        return folder

    for name, fake in {
        "inputs": SimpleNamespace(load_training_data=lambda *given: data),
        "training": SimpleNamespace(
            train=train, describe_training=lambda *given: facts
        ),
        "artifact": SimpleNamespace(save_artifact=save),
    }.items():
        monkeypatch.setattr(modeling, name, fake, raising=False)
    folder = setting.paths.folder / "folds" / "toy"
    for _ in range(2):
        trained.train_once(recipe, None, folder, source="nickparvar", seed=7)
    assert calls == [7]
    with pytest.raises(ValueError, match="another network"):
        trained.train_once(recipe, None, folder, source="nickparvar", seed=8)


def hold_out_patients(setting, monkeypatch):
    """Let pairs of groups stand in for patients; return the study's split."""
    monkeypatch.setattr(
        unseen_patients,
        "group_stand_ins",
        lambda setting, table: table["group_id"] // 2,
    )
    return unseen_patients.split_patients(setting)


def test_no_stand_in_patient_stands_on_two_sides(setting, monkeypatch):
    splits = hold_out_patients(setting, monkeypatch)
    sides = splits.groupby("group_id")[VIEWS[0]].nunique()
    assert len(sides) == GROUPS // 2 and (sides == 1).all()
    assert {*splits[VIEWS[0]]} == {"training", "validation", "test"}
    assert (splits[VIEWS[0]] == splits[VIEWS[-1]]).all()


def test_network_and_baselines_are_asked_for_the_same_patients(setting, monkeypatch):
    splits = hold_out_patients(setting, monkeypatch)
    plant(monkeypatch, unseen_patients)
    answer, told = unseen_patients.answer_test, pd.DataFrame({"subset": ["twin_free"]})
    seen = []

    def find(setting, splits, source):
        seen.append(splits)

    study = unseen_patients
    monkeypatch.setattr(
        study.examination,
        "examine_baselines",
        lambda splits, root, classes: {"majority": answer(root, splits, root)},
    )
    monkeypatch.setattr(study.explained_slices, "find_figshare", find)
    monkeypatch.setattr(study.explained_slices, "explain", lambda *given: None)
    tables = {"slices": told, "scores": told, "margins": told}
    monkeypatch.setattr(study.explanations, "score_model", lambda *given: tables)
    folder = setting.paths.folder / "unseen_patients"
    folder.mkdir(parents=True)
    pd.DataFrame({"epoch": [0]}).to_csv(folder / contract.HISTORY, index=False)
    found = study.run(setting)
    accuracy = found["scores"].query("metric == 'accuracy'").set_index("model")
    held = (splits[VIEWS[0]] == "test").sum()
    assert accuracy["n"].tolist() == [held, held] == [len(found["answers"])] * 2
    pd.testing.assert_frame_equal(seen[0], splits)


def test_every_variant_changes_what_it_names_and_nothing_else():
    base = asdict(ablations.vary(ablations.BASE))
    for name, changes in ablations.VARIANTS.items():
        varied = asdict(ablations.vary(name))
        assert {key for key in base if varied[key] != base[key]} == {*changes}
    assert base["fine_tuning"]["epochs"] == ablations.EPOCHS


def test_variants_are_compared_with_the_base_of_their_own_seed(setting, monkeypatch):
    hold_out_patients(setting, monkeypatch)
    plant(monkeypatch, ablations)
    answer = ablations.answer_test

    def answer_worse(folder, splits, root):
        table = answer(folder, splits, root)
        if folder.name == "no_filter-seed8":  # the planted fault: always "glioma"
            names = [name for name in table if name.startswith("probability_")]
            table[names] = np.eye(4)[[0] * len(table)]
        return table

    monkeypatch.setattr(ablations, "answer_test", answer_worse)
    tables = ablations.run(setting)
    accuracy = tables["differences"].query("metric == 'accuracy'")
    assert len(accuracy) == ablations.SEEDS * (len(ablations.VARIANTS) - 1)
    worse = accuracy[accuracy["difference"] < 0]
    assert worse[["variant", "seed"]].values.tolist() == [["no_filter", 8]]
    assert len(tables["scores"]) == ablations.SEEDS * len(ablations.VARIANTS) * 4
