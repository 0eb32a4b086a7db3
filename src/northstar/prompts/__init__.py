"""Prompt templates, one YAML file each, and what renders them."""
