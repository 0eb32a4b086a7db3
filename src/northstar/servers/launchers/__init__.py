"""Programs that a server's own interpreter runs, by their path: they import nothing of Northstar."""

from __future__ import annotations

from pathlib import Path


def launcher(name: str) -> str:
    """The path of one of this folder's programs."""
    return str(Path(__file__).parent / f"{name}.py")
