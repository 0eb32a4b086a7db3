"""Parses tool calls from a model's text: one small file per format, found by its name. See parser.py."""
