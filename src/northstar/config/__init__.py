"""Typed settings, `++overrides`, and the plan: what will run, as data."""
