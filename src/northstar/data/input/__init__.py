"""Reads files of rows that a user brings."""
