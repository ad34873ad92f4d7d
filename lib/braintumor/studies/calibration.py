"""Whether probabilities mean what they say, and what holding answers back buys.

Temperature and both bars are fitted on validation slices; elsewhere they are measured.
"""

from collections.abc import Callable, Mapping

import pandas as pd

from braintumor.studies import answers
from braintumor.studies import calibration_tables as tables
from braintumor.studies.answers import Answers
from braintumor.studies.setting import Setting

QUESTION = "Are the probabilities true, and what do abstention and a tumour bar buy?"
NEEDS = ("nickparvar", "figshare", "navoneel")
COSTS = "3 minutes on two cores; one more where VGG16 has no light form yet"

SHIPPED, RECORDED = "densenet121_four_class", "vgg16_four_class"
SOURCES = ("figshare", "navoneel")
CHOOSES = "validation"  # the only slices that temperature and bars are fitted on

Places = Mapping[str, Answers]
Tables = dict[str, pd.DataFrame]
Tabulate = Callable[[Answers, tables.Bars, int], pd.DataFrame]

OF_NAMED = {  # where every slice has one of the model's classes
    "scores": tables.score,
    "bins": tables.place_bins,
    "risk": tables.trace_risk,
    "abstention": tables.abstain,
}
OF_ANY = {"decisions": tables.decide, "trade_off": tables.trace_trade_off}


def run(setting: Setting) -> Tables:
    """Tabulate both four-class models, the shipped one also on other sources."""
    found = {SHIPPED: ask_shipped(setting), RECORDED: recall(setting)}
    parts: dict[str, list[pd.DataFrame]] = {}
    for model, places in found.items():
        for name, content in study(places, seed=setting.seed).items():
            content.insert(0, "model", model)
            parts.setdefault(name, []).append(content)
    return {name: pd.concat(part, ignore_index=True) for name, part in parts.items()}


def ask_shipped(setting: Setting) -> Places:
    """Ask the shipped model in every place."""
    model = answers.load_model(setting, SHIPPED)
    places = answers.ask_sides(setting, model)
    for source in SOURCES:
        rows = answers.find_strange_slices(setting, source)
        images = answers.prepare(rows, model, source)
        places[source] = answers.answer(rows, model, images)
    return places


def recall(setting: Setting) -> Places:
    """Ask the other model about validation; its test answers are on record."""
    model = answers.load_model(setting, RECORDED)
    places = answers.ask_sides(setting, model, places=[CHOOSES])
    return places | answers.recall_tests(setting, RECORDED)


def study(places: Places, *, seed: int = 7) -> Tables:
    """Tabulate the calibration of one model.

    Args:
        places: name of a set of slices -> answers; `CHOOSES` must be among them.
            Where slices have no class, only "tumor", only tumour or none is asked.
        seed: of the bootstraps.

    Returns:
        `bars`, and the tables of `OF_NAMED` and `OF_ANY` with a column `place`.
    """
    bars = tables.fit_bars(places[CHOOSES])
    named = {
        place: found for place, found in places.items() if (found.labels >= 0).all()
    }
    return {
        "bars": tables.describe_bars(bars),
        **{name: _stack(named, make, bars, seed) for name, make in OF_NAMED.items()},
        **{name: _stack(places, make, bars, seed) for name, make in OF_ANY.items()},
    }


def _stack(
    places: Places, tabulate: Tabulate, bars: tables.Bars, seed: int
) -> pd.DataFrame:
    """Join one table per place, the name of the place in front."""
    parts = []
    for place, found in places.items():
        table = tabulate(found, bars, seed)
        table.insert(0, "place", place)
        parts.append(table)
    return pd.concat([part for part in parts if len(part)], ignore_index=True)
