"""Verdicts on two answers to the same prompt, and the style of each."""
