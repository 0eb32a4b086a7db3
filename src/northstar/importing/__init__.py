"""Reads generations that other tools made, matches them to a benchmark's rows, and has them graded."""
