"""Answers of a run's models: the right slices in the right places."""

import numpy as np
import pandas as pd
import pytest

from braintumor import paths
from braintumor.evaluation import predictions
from braintumor.evaluation.calibration import calibrate
from braintumor.studies import answers
from braintumor.studies.setting import Setting

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")


@pytest.fixture
def splits():
    return pd.DataFrame(
        {
            "slice_id": [f"toy/{name}" for name in "abcdef"],
            "label": [
                "glioma",
                "no_tumor",
                "pituitary",
                "glioma",
                "no_tumor",
                "glioma",
            ],
            "group_id": [5, 4, 3, 2, 1, 1],
            "as_shipped": ["test", "validation", "test", "training", "test", "test"],
            "deduplicated": [
                "test",
                "validation",
                "test",
                "training",
                "test",
                "excluded",
            ],
            "group_disjoint": ["test", "validation"] + ["excluded"] * 4,
        }
    )


@pytest.fixture
def project(tmp_path, monkeypatch, splits):
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(answers, "read_splits", lambda setting: splits)
    return Setting("toy")


class Named:
    """A model whose first logit is the number that fills a slice."""

    class recipe:
        classes = CLASSES

    def ask(self, images):
        return np.stack([images[:, 0, 0], *np.zeros((3, len(images)))], axis=1)


def test_every_place_holds_its_own_slices(project, monkeypatch):
    images = np.arange(6.0)[:, None, None] * np.ones((6, 2, 2))
    monkeypatch.setattr(answers, "prepare", lambda rows, model, source: images)
    found = answers.ask_sides(project, Named())
    firsts = {place: sides.logits[:, 0].tolist() for place, sides in found.items()}
    assert firsts == {
        "validation": [1],
        "as_shipped": [0, 2, 4, 5],
        "deduplicated": [0, 2, 4],
        "group_disjoint": [0],
    }
    assert found["as_shipped"].tumor.tolist() == [True, True, False, True]
    assert found["as_shipped"].group_ids.tolist() == [5, 3, 1, 1]
    only = answers.ask_sides(
        project, Named(), change=lambda slices: 2 * slices, places=["validation"]
    )
    assert {place: sides.logits[0, 0] for place, sides in only.items()} == {
        "validation": 2
    }


def test_recorded_answers_find_their_slices_whatever_their_order(project, splits):
    test = splits[splits["as_shipped"] == "test"].iloc[::-1]
    probabilities = np.array([[0.7, 0.1, 0.1, 0.1], [1, 0, 0, 0]] * 2)
    table = predictions.tabulate(test, probabilities, CLASSES).iloc[[2, 0, 3, 1]]
    predictions.write_predictions(table, project.paths.predictions("net"))
    found = answers.recall_tests(project, "net")["as_shipped"]
    assert found.labels.tolist() == [0, 3, 2, 0]
    recalled = calibrate(found.logits)[:, 0]
    np.testing.assert_allclose(recalled, [1, 0.7, 1, 0.7], atol=1e-5)
    assert project.inputs == [project.paths.predictions("net")]


def test_a_tumor_without_a_class_is_still_a_tumor():
    rows = pd.DataFrame({"label": ["tumor", "no_tumor"], "group_id": [0, 1]})
    found = answers.answer(rows, Named(), np.zeros((2, 1, 1)))
    assert found.labels.tolist() == [-1, 2] and found.tumor.tolist() == [True, False]
    np.testing.assert_allclose(found.tumor_probability(1.0), 0.75)
