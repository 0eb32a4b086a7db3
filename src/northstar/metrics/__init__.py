"""Pure functions from scores to numbers."""
