"""The type of path arguments, and the folder of this package."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TypeAlias

AnyPath: TypeAlias = str | PathLike[str]

PACKAGE = Path(__file__).parents[1]
