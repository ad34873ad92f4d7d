"""Notebook 08 says of the real slices what the tracked study found."""

import re

import pandas as pd
import pytest

from braintumor import paths
from braintumor.evaluation.sins import prices
from braintumor.studies import record, sins

NOTEBOOK = "08_how_to_fake_99_percent"


def percent(value):
    return f"{100 * value:.1f} %"


def worth(row):
    """Write a price as the notebook does."""
    price, low, high = (100 * row[f"price{end}"] for end in ("", "_low", "_high"))
    return f"{price:.1f} points ({low:.1f} to {high:.1f})"


def claims(tables):
    """Return sentences of the notebook, rendered from the study."""
    real = tables["prices"].set_index("sin")
    coin = tables["coins"].set_index("sin")
    copied = real.loc["augment_before_splitting"]
    tossed = coin.loc["augment_before_splitting"]
    return [
        f"names {percent(copied['honest'])} of Nickparvar's slices right when groups"
        f" are kept whole, and {percent(copied['sinful'])} when copies are made before",
        f"thrown by a coin it scores {percent(tossed['honest'])} honestly and"
        f" {percent(tossed['sinful'])} that way (n = {tossed['n']:,})",
        f"instead of groups is worth {worth(real.loc['split_slices_not_patients'])}",
        f"making copies before the split {worth(copied)}",
        f"leaving repeats in {worth(real.loc['leave_repeats_in'])}",
        f"among twenty epochs is worth {worth(real.loc['choose_epoch_on_test'])}",
        f"among twenty runs {worth(real.loc['report_luckiest_run'])}",
    ]


@pytest.fixture(scope="module")
def tables():
    return {name: record.read_table("sins", name) for name in ("prices", "coins")}


@pytest.fixture(scope="module")
def prose():
    """The notebook's mirror as one line, without comment signs."""
    file = paths.project_root() / "notebooks" / "text" / f"{NOTEBOOK}.py"
    text = re.sub(r"(?m)^# ?>? ?", "", file.read_text(encoding="utf-8"))
    return " ".join(text.split())


def test_prose_says_what_the_study_found(tables, prose):
    assert [claim for claim in claims(tables) if claim not in prose] == []


def test_another_figure_would_be_noticed(tables, prose):
    wrong = tables | {"prices": tables["prices"].assign(price=0.5, honest=0.5)}
    assert [claim for claim in claims(wrong) if claim not in prose]


def test_what_the_prose_takes_for_granted(tables):
    real = tables["prices"].set_index("sin")
    merged = real.loc["merge_and_split_again"]
    assert merged["price_low"] < 0 < merged["price_high"], "it is said to be nothing"
    assert merged["groups"] > 0.8 * merged["n"], "most are said to be alone"
    assert real.loc["shuffle_the_report", "price"] < -0.4, "it is said to be far below"
    assert real.loc["select_pixels_on_everything", "price"] < 0.03, "little is left"
    assert (tables["coins"]["honest_low"] < 0.3).all(), "an honest way reads coins"


def test_the_study_measures_every_sin(tables):
    names = [sin.__name__ for sin in prices.SINS]
    assert tables["prices"]["sin"].tolist() == names
    assert {*tables["coins"]["sin"]} == {s.__name__ for s in prices.OF_DEALING}
    assert {*tables["prices"]["dataset"]} == {*sins.NEEDS}
    for table in tables.values():
        gained = table["sinful"] - table["honest"]
        assert ((gained - table["price"]).abs() < 2e-4).all()
        assert (table["price_low"] <= table["price_high"]).all()


def test_the_study_puts_every_table_together(monkeypatch):
    """On three made-up rows: names and data sets, not figures."""
    splits = pd.DataFrame({"label": ["a"], "group_id": [1], "as_shipped": ["test"]})
    setting = type("Told", (), {"seed": 1, "read": lambda self, path: path})()
    setting.paths = type("Files", (), {"splits": lambda self, name: name})()
    monkeypatch.setattr(sins.manifest, "load_manifest", lambda path: splits)
    monkeypatch.setattr(sins.sources, "locate", lambda name: name)
    monkeypatch.setattr(sins.twins, "thumbnails", lambda frame, root: [[0.0]])
    monkeypatch.setattr(
        sins.prices,
        "measure",
        lambda sin, slices, **chosen: {"sin": sin.__name__, "n": len(slices.labels)},
    )
    found = sins.run(setting)
    assert len(found["prices"]) == len(prices.SINS)
    assert len(found["coins"]) == len(prices.OF_DEALING)
    assert found["coins"].columns.tolist() == ["dataset", "sin", "n"]
