"""Where a split's rows come from, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from northstar.core.records import Row
from northstar.data.environment import Environment

Line: TypeAlias = dict[str, Any]
"""One record of a source file, as it is there."""


@dataclass(frozen=True)
class HubFile:
    """One file of a dataset repository on the Hugging Face Hub.

    path: inside the repository; .jsonl, .json (a list), .csv or .parquet. revision: a commit (40 hex digits) where one
    is known; a branch is resolved to its commit when it is fetched, and the manifest then pins that. to_row: from a
    record and its place in the file (from 0) to a row, or None for a record that is not of this split. sha256: of the
    file's bytes, where it is known. facts: what else decides the rows, such as a seed; the manifest records it, and
    rows that were made with other facts are made again. ids_may_repeat: a row whose id was there before is kept as
    "<id>-2", "<id>-3", …, instead of being an error.
    """

    repo: str
    path: str
    revision: str
    to_row: Callable[[Line, int], Row | None]
    sha256: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    ids_may_repeat: bool = False


class Finisher(Protocol):
    """The last touch to rows, by what is not on the hub. facts: what else decided them, for the manifest."""

    @property
    def facts(self) -> Mapping[str, Any]: ...

    def __call__(self, row: Row) -> Row: ...


@dataclass(frozen=True)
class Preparation:
    """What a benchmark may need to know while it is prepared.

    options: the user's options that are meant for it alone, by name, where they were given. folder: the benchmark's
    data folder. say: tells the user what takes a while.
    """

    options: Mapping[str, Path]
    folder: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class HubFiles:
    """Several files of a repository, whose rows follow each other; each at the same revision.

    finishing: makes what completes the rows, while it is open. options: those that it reads, by name, and what checks
    one before anything is fetched, by a UsageError.
    """

    files: tuple[HubFile, ...]
    finishing: Callable[[Preparation], AbstractContextManager[Finisher]] | None = None
    options: Mapping[str, Callable[[Path], None]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class PackagedFile:
    """Rows that ship with Northstar: a .jsonl file beside the benchmark's module, one row a line."""

    file: Traversable


@dataclass(frozen=True)
class EnvironmentPackage:
    """Rows made from a Python package that brings data, installed in an environment of its own.

    package: its folder among the environment's packages; sha256: of all files in it (see data/package.py), which may
    hold more than data: what grades the rows. to_rows: from that folder to the rows. counts: field → value → how many
    rows must have it.
    """

    environment: Environment
    package: str
    version: str
    sha256: str
    to_rows: Callable[[Path], Iterable[Row]]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict, hash=False)


Source: TypeAlias = HubFile | HubFiles | PackagedFile | EnvironmentPackage
