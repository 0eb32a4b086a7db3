"""Puts a part of an answer into a field of its own."""
