"""Builds the site: `python -m docs.site` (or `make docs`)."""
