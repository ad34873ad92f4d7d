"""The figures of studies that notebook 06 shows: tracked tables in, `Figure` out."""

from braintumor.reporting.calibration_plots import reliability, risk_coverage
from braintumor.reporting.comparison_plots import plot_differences, plot_permuted
from braintumor.reporting.explanation_plots import plot_randomization, plot_scores
from braintumor.reporting.leak_plots import plot_thresholds
from braintumor.reporting.robustness_plots import invariance_bars, severity_curves
from braintumor.reporting.source_plots import (
    plot_changed_inputs,
    plot_detection,
    plot_looks,
)
from braintumor.reporting.tumor_bar_plots import missed_and_false_alarms
from braintumor.reporting.unseen_plots import plot_ablations, plot_unseen

__all__ = [
    "invariance_bars",
    "missed_and_false_alarms",
    "plot_ablations",
    "plot_changed_inputs",
    "plot_detection",
    "plot_differences",
    "plot_looks",
    "plot_permuted",
    "plot_randomization",
    "plot_scores",
    "plot_thresholds",
    "plot_unseen",
    "reliability",
    "risk_coverage",
    "severity_curves",
]
