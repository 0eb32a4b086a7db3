"""Structured output: answers that must be JSON of a schema, or match a pattern."""
