"""The studies of other sources, on collections whose answers are planted."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from braintumor.studies import other_sources, source_answers, source_inputs
from braintumor.studies import source_training as training
from braintumor.studies.source_answers import Collection

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


def collection(name, labels, root=None):
    slices = pd.DataFrame(
        {
            "slice_id": [f"{name}/{i}" for i in range(len(labels))],
            "path": [f"{i}.png" for i in range(len(labels))],
            "label": labels,
            "source": name,
            "group_id": np.arange(len(labels)) // 2,
        }
    )
    return Collection(name, slices, root)


class Planted(source_answers.Model):
    """A model without weights."""

    def __init__(self):
        self.recipe = SimpleNamespace(classes=CLASSES)


def answers(healthy):
    """Probabilities whose no_tumor is given, the rest glioma."""
    table = np.zeros((len(healthy), 4))
    table[:, 2], table[:, 0] = healthy, 1 - np.asarray(healthy)
    return table


@pytest.fixture
def judged():
    sides = {
        "validation": collection("validation", ["glioma"] * 20 + ["no_tumor"] * 20),
        "figshare": collection("figshare", ["pituitary"] * 20),
    }
    told = {
        "validation": answers([0.1] * 20 + [0.9] * 20),
        "figshare": answers([0.4] * 10 + [0.95] * 10),
    }
    return sides, told


def test_tumours_alone_borrow_the_healthy_slices_of_validation(judged):
    table = source_answers.score_all(Planted(), *judged, threshold=0.2)
    values = table.set_index(["source", "metric"])["value"]
    assert values["figshare", "sensitivity"] == 0.5
    assert ("figshare", "auc") not in values.index
    borrowed = "figshare" + source_answers.BORROWED
    assert values[borrowed, "auc"] == pytest.approx(0.5)
    row = table[table["source"] == borrowed].set_index("metric")
    assert row.loc["specificity", ["n", "groups"]].tolist() == [20, 10]


def test_groups_of_two_sources_are_not_mixed_up(judged):
    sides, _ = judged
    assert not {*sides["validation"].groups} & {*sides["figshare"].groups}


def test_calls_are_counted_by_label(judged):
    table = other_sources.count_calls(Planted(), *judged)
    row = table[table["source"] == "figshare"].iloc[0]
    assert row[list(CLASSES)].tolist() == [10, 0, 10, 0]
    assert table[list(CLASSES)].to_numpy().sum() == 60


def test_a_sample_is_no_larger_than_it_may_and_keeps_its_order():
    all_of_it = collection("a", ["glioma"] * 20)
    drawn = source_inputs.thin_out(all_of_it, np.random.default_rng(1), most=6)
    numbers = [int(path.split(".")[0]) for path in drawn.slices["path"]]
    assert len(numbers) == 6 and numbers == sorted(numbers)


def test_a_reframed_head_covers_the_share_it_should():
    from braintumor.data.foreground import find_foreground

    grey = np.zeros((200, 300), np.uint8)
    grey[20:140, 30:120] = 150
    for share in (0.3, 0.8):
        frame = source_inputs.reframe(grey, share)
        box = find_foreground(frame)
        area = (box.bottom - box.top) * (box.right - box.left)
        assert area / frame.size == pytest.approx(share, rel=0.1)
        assert abs(box.top + box.bottom - frame.shape[0]) <= 4


def test_another_recipe_in_the_place_of_the_model_is_refused(tmp_path, monkeypatch):
    from dataclasses import replace

    from braintumor.modeling import recipes
    from braintumor.studies.setting import Setting

    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    setting = Setting("toy")
    folder = setting.paths.model(training.NAME)
    folder.mkdir(parents=True)
    (folder / "contract.json").touch()
    recipe = recipes.get_recipe(training.MODEL, "source_blind")
    told = {"recipe": recipes.recipe_to_dict(recipe)}
    monkeypatch.setattr(training, "read_contract", lambda path: told)
    assert training.train(setting) == folder
    told["recipe"] = recipes.recipe_to_dict(replace(recipe, batch_size=8))
    with pytest.raises(ValueError, match="holds another recipe"):
        training.train(setting)
