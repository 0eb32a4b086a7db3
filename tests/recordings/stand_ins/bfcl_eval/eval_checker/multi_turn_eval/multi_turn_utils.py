"""Stands in for the list of simulated tools, of which there are none here."""

from __future__ import annotations

CLASS_FILE_PATH_MAPPING: dict[str, str] = {}
STATELESS_CLASSES: list[str] = []
