"""One predictor, and what shows it: notebook widget, web page, API."""
