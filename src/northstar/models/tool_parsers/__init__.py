"""Reads tool calls out of what a model wrote: one small file a form of calls, found by its place. See parser.py."""
