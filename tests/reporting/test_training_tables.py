import pandas as pd

from braintumor.reporting import training_tables


def test_a_small_rate_is_not_shown_as_none():
    history = pd.DataFrame(
        {"phase": ["a", "b"], "learning_rate": [0.00078124, 0.0], "loss": [1.23456, 1]}
    )
    shown = training_tables.tabulate_epochs(history)
    assert shown["learning_rate"].tolist() == ["0.000781", "0"]
    assert shown["loss"].tolist() == [1.235, 1.0]
    assert history["learning_rate"][0] == 0.00078124  # the history itself stays exact
