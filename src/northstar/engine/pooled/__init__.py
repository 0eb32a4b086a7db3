"""Asks the samples of a run that several nodes share."""
