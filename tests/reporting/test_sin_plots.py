"""The price list shows every sin, every data set and every price."""

import matplotlib
import pandas as pd
import pytest

from braintumor.reporting import sin_plots, sin_tables


def row(dataset, sin, honest, sinful):
    values = {"honest": honest, "sinful": sinful, "price": sinful - honest}
    ends = {f"{n}_low": v - 0.05 for n, v in values.items()}
    ends |= {f"{n}_high": v + 0.05 for n, v in values.items()}
    counts = {"n": 1200, "groups": 86, "repeats": 5}
    return {"dataset": dataset, "sin": sin} | values | ends | counts


TABLE = pd.DataFrame(
    [
        row("phantom", "leave_repeats_in", 0.4, 0.525),
        row("phantom", "shuffle_the_report", 0.4, 0.25),
        row("nickparvar", "leave_repeats_in", 0.8, 0.9),
    ]
)


def texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def test_price_list_names_sins_data_sets_and_prices():
    shown = texts(sin_plots.price_list(TABLE, chance=0.25))
    expected = {"leave repeats in", "shuffle the report", "+12.5", "-15.0", "+10.0"}
    expected |= {"accuracy on phantom", "accuracy on nickparvar", "honest", "sinful"}
    assert expected <= {*shown}


def test_an_empty_price_list_is_refused():
    with pytest.raises(ValueError, match="measure at least one"):
        sin_plots.price_list(TABLE.iloc[:0])


def test_beside_sets_the_tracked_row_below_the_measured_one():
    measured = row("phantom", "leave_repeats_in", 0.3, 0.9)
    shown = sin_tables.beside(measured, TABLE)
    assert shown.index.tolist() == ["phantom", "nickparvar"]
    assert shown["honest"].tolist() == ["0.300 (0.250–0.350)", "0.800 (0.750–0.850)"]
    assert shown["worth"].iloc[0] == "+60.0 (+55.0 to +65.0)"
    assert shown["slices"].iloc[0] == "1,200"
    alone = sin_tables.beside(row("nickparvar", "leave_repeats_in", 0.1, 0.2), TABLE)
    assert alone.index.tolist() == ["nickparvar", "phantom"]


def test_whole_list_has_a_row_per_sin_and_data_set():
    shown = sin_tables.whole_list(TABLE)
    assert shown.index.tolist()[0] == ("leave repeats in", "phantom")
    assert len(shown) == 3
