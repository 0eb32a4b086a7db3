"""Prompt templates, one YAML file each, and the code that renders them."""
