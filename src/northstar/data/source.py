"""Where a split's rows come from, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, TypeAlias

from northstar.records import Row

Line: TypeAlias = dict[str, Any]
"""One record of a source file, as it is there."""


@dataclass(frozen=True)
class HubFile:
    """One file of a dataset repository on the Hugging Face Hub.

    path: inside the repository; .jsonl, .json (a list) or .csv. revision: a commit (40 hex digits) where one is known;
    a branch is resolved to its commit when it is fetched, and the manifest then pins that. to_row: from a record and
    its place in the file (from 0) to a row. sha256: of the file's bytes, where it is known.
    """

    repo: str
    path: str
    revision: str
    to_row: Callable[[Line, int], Row]
    sha256: str | None = None


@dataclass(frozen=True)
class PackagedFile:
    """Rows that ship with Northstar: a .jsonl file beside the benchmark's module, one row a line."""

    file: Traversable


Source: TypeAlias = HubFile | PackagedFile
