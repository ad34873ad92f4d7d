"""Figures, tables and what notebooks show; never trains, never reads raw data."""
