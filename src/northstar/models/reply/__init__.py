"""Reads servers' answers: completions, errors, reasoning."""
