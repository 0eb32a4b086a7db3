"""Runs a plan: preflight, the queue of samples, asking, grading, judging."""
