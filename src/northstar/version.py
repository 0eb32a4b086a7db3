"""The version, in its one place: the package's metadata, `ns --version`, run.json and requests read it here."""

from __future__ import annotations

__version__ = "0.1.0"
