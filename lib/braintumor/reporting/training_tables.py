"""Tables of a training, as a reader wants them."""

import pandas as pd


def tabulate_epochs(history: pd.DataFrame) -> pd.DataFrame:
    """Write one row per epoch: scores with three decimals, rates with three digits.

    A learning rate of 0.00078 rounded like a loss would read as none at all.

    Args:
        history: one row per epoch, with a column `learning_rate`.

    Returns:
        The same rows, for display.
    """
    rates = [f"{rate:.3g}" for rate in history["learning_rate"]]
    return history.round(3).assign(learning_rate=rates)
