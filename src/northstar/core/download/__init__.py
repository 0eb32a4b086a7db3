"""Fetches single files by their addresses."""
