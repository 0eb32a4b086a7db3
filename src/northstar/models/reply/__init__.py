"""Reads what servers answer: completions, errors, reasoning."""
