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
COSTS = "4 minutes on two cores; one more where VGG16 has no light form yet"

MODELS = ("densenet121_four_class",)
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
    """Ask every model in every place, and tabulate what is found."""
    strange = {
        source: answers.find_strange_slices(setting, source) for source in SOURCES
    }
    parts: dict[str, list[pd.DataFrame]] = {}
    for name in MODELS:
        model = answers.load_model(setting, name)
        places = answers.ask_sides(setting, model)
        for source, rows in strange.items():
            images = answers.prepare(rows, model, source)
            places[source] = answers.answer(rows, model, images)
        for table, content in study(places, seed=setting.seed).items():
            content.insert(0, "model", name)
            parts.setdefault(table, []).append(content)
    return {name: pd.concat(found, ignore_index=True) for name, found in parts.items()}


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
