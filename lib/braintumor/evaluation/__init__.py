"""Scores of predictions, with intervals and baselines; knows no Keras."""
