"""Turns output files into numbers, tables and metrics.json."""
