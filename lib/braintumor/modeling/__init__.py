"""Recipes, networks, training that survives a kill, artifacts."""
