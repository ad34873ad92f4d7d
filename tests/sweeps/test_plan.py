"""What a sweep may be told, and what it calls its cells."""

from dataclasses import replace

import pytest

from braintumor.parameters import ParameterError
from braintumor.sweeps import choices, plan

CHOICES = dict(seeds=["7", "8"], folds=3, models=["vgg16_four_class"])


def test_the_name_tells_what_was_changed():
    sweep = choices.plan_sweep(**CHOICES, epochs="2")
    assert sweep.name == "phantom-quick-3folds-epochs2"
    assert sweep.cell(7, 0) == "phantom-quick-3folds-epochs2-seed7-fold0"
    assert sweep.told("x", 8)["epochs"] == 2


def test_more_seeds_and_models_extend_a_sweep():
    more = CHOICES | dict(seeds=["9"], models=["densenet121_four_class"])
    assert choices.plan_sweep(**more).name == choices.plan_sweep(**CHOICES).name


def test_a_second_source_is_needed_for_the_binary_model_alone():
    assert choices.plan_sweep("nickparvar", **CHOICES).sources == ["nickparvar"]
    both = CHOICES | dict(models=["vgg19_binary", "vgg16_four_class"])
    assert choices.plan_sweep("nickparvar", **both).sources == [
        "navoneel",
        "nickparvar",
    ]


def test_a_plan_reads_back_as_it_was_written(sweep):
    changed = replace(sweep, changes={"learning_rate": 0.001})
    plan.save_plan(changed)
    assert plan.read_plan(changed.name) == changed
    with pytest.raises(FileNotFoundError, match="braintumor sweep"):
        plan.read_plan("another")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (dict(seeds=["7", "x"]), "seed='x'.*whole number"),
        (dict(seeds=["7", "07"]), "seed 7 stands twice"),
        (dict(seeds=[]), "No seed is named"),
        (dict(folds=1), "folds=1: give 2 or more"),
        (dict(models=["vgg16"]), "'vgg16': choose among vgg19_binary"),
        (dict(threads=0), "threads=0"),
        (dict(replicates="20"), "'replicates' is no parameter of a sweep: epochs"),
        (dict(epochs="0"), "epochs='0'"),
        (dict(run="../x"), "run="),
    ],
)
def test_refuses_by_name(change, named):
    with pytest.raises(ParameterError, match=named):
        choices.plan_sweep(**CHOICES | change)
