"""Figures are drawn in the house style, without a screen, and closed again."""

from importlib.resources import files

import matplotlib
import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def style():
    matplotlib.use("Agg")
    with plt.style.context(str(files("braintumor.reporting") / "house.mplstyle")):
        yield
    plt.close("all")
