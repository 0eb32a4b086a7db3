"""What may name a file or folder, and where this package lies."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TypeAlias

AnyPath: TypeAlias = str | PathLike[str]

PACKAGE = Path(__file__).parents[1]
