"""Stops a run at a limit of tokens, cost or time."""
