"""Asks the rows of a user's file."""
