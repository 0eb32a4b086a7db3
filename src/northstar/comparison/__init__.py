"""Compares runs row by row, and says whether one may replace the other; docs/statistics.md explains the numbers."""
