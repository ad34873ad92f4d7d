"""What looking twice, or asking a second network, buys and costs.

The options were written down before any was measured: training showed the network
mirror images, so it is asked about the mirror image, too; and the second network is
the run's other four-class model. Each option gets a temperature of its own from
validation slices; nothing else is fitted.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from braintumor.evaluation import calibration, reliability, summaries
from braintumor.studies import answers
from braintumor.studies.answers import Answers
from braintumor.studies.setting import Setting

QUESTION = "What do test-time augmentation and a second network buy, at what cost?"
NEEDS = ("nickparvar",)
COSTS = "2 minutes on two cores; one more where VGG16 has no light form yet"

PASSES = {"densenet121": (1, 0), "two_looks": (2, 0), "vgg16": (0, 1)}
PASSES |= {"ensemble": (1, 1)}  # option -> passes of DenseNet121 and of VGG16
REFERENCE = "densenet121"
CHOOSES = "validation"  # the only slices that temperatures are fitted on

Places = Mapping[str, Answers]


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Ask every option about validation and the three tests, and compare them."""
    dense = answers.load_model(setting, "densenet121_four_class")
    vgg = answers.load_model(setting, "vgg16_four_class")
    looks = [
        answers.ask_sides(setting, dense, change=change) for change in (None, mirror)
    ]
    single = looks[0]
    other = answers.ask_sides(setting, vgg, places=["validation"])
    other |= answers.recall_tests(setting, "vgg16_four_class")
    return compare(
        {
            REFERENCE: single,
            "two_looks": {
                place: average(*(look[place] for look in looks)) for place in single
            },
            "vgg16": other,
            "ensemble": {
                place: average(single[place], other[place]) for place in single
            },
        },
        seed=setting.seed,
    )


def mirror(images: np.ndarray) -> np.ndarray:
    """Exchange left and right of slices (n, side, side)."""
    return np.ascontiguousarray(images[:, :, ::-1])


def average(*looks: Answers) -> Answers:
    """Return the answer whose probabilities are the mean of several.

    Raises:
        ValueError: the answers are not to the same slices, or of other classes.
    """
    first = looks[0]
    for other in looks[1:]:
        same = other.classes == first.classes
        if not (same and np.array_equal(other.labels, first.labels)):
            raise ValueError("These answers are to other slices: ask about the same.")
    mean = np.mean([calibration.calibrate(look.logits) for look in looks], axis=0)
    logits = np.log(np.maximum(mean, reliability.SMALLEST))
    return Answers(logits, first.labels, first.tumor, first.group_ids, first.classes)


def compare(
    options: Mapping[str, Places], *, replicates: int = 1000, seed: int = 7
) -> dict[str, pd.DataFrame]:
    """Score every option in every place, and its paired difference to the reference.

    Args:
        options: name -> place -> answers; all of the same slices, in one order.
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        `scores` (one row per option, place, metric and kind, "value" or
        "difference"; `error` and the others are after the option's own temperature,
        `error_before` is before it) and `costs`.
    """
    temperatures = {
        option: calibration.fit_temperature(
            places[CHOOSES].logits, places[CHOOSES].labels
        )
        for option, places in options.items()
    }
    rows = []
    for place, single in options[REFERENCE].items():
        found = {option: places[place] for option, places in options.items()}
        summary = summaries.summarize(
            lambda weights, found=found: _weigh(found, temperatures, weights),
            single.group_ids,
            replicates=replicates,
            seed=seed,
        )
        for (option, metric, kind), row in summary.items():
            keys = {"option": option, "place": place, "metric": metric, "kind": kind}
            rows.append({**keys, **row})
    return {"scores": pd.DataFrame(rows), "costs": describe_costs(temperatures)}


def describe_costs(temperatures: Mapping[str, float]) -> pd.DataFrame:
    """Return passes through either network and temperature, one row per option."""
    return pd.DataFrame(
        [
            {
                "option": option,
                "passes_densenet121": PASSES[option][0],
                "passes_vgg16": PASSES[option][1],
                "temperature": temperature,
            }
            for option, temperature in temperatures.items()
        ]
    )


def _weigh(
    found: Places, temperatures: Mapping[str, float], weights: np.ndarray
) -> dict:
    """Return (option, metric, kind) -> (rows,) for one place."""
    scored = {}
    for option, answered in found.items():
        after = calibration.calibrate(answered.logits, temperatures[option])
        scored[option] = reliability.score_calibration(after, answered.labels, weights)
        top, right = reliability.top_answers(
            calibration.calibrate(answered.logits), answered.labels
        )
        scored[option]["error_before"] = reliability.weigh_calibration_error(
            top, right, weights
        )
    named = {}
    for option, scores in scored.items():
        for metric, value in scores.items():
            named[option, metric, "value"] = value
            if option != REFERENCE:
                difference = value - scored[REFERENCE][metric]
                named[option, metric, "difference"] = difference
    return named
