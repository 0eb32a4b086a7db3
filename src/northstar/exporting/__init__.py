"""Writes the records and metrics of a run in the formats of other tools."""
