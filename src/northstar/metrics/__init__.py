"""Pure functions from arrays of scores to the numbers that are reported."""
