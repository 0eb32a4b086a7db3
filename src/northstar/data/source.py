"""The sources that a split's rows can come from, as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from northstar.core.records import Row
from northstar.data.environment import Environment

Line: TypeAlias = dict[str, Any]
"""One record of a source file, unchanged."""


UNPINNED = "main"
"""The revision of a source whose commit Northstar's authors did not know: the manifest records the commit that the hub
names at the first download, and that one is taken from then on."""


@dataclass(frozen=True)
class HubFile:
    """One file of a dataset repository on the Hugging Face Hub.

    Attributes:
        path: The file in the repository: .jsonl, .json (a list), .csv, .parquet or .arrow (a stream).
        revision: A commit (40 hex digits) where one is known, else UNPINNED. A branch is resolved when it is fetched,
            and the manifest pins that commit.
        to_row: Makes a row from a record and its position in the file (from 0); None leaves the record out.
        sha256: Checksum of the file's bytes, where it is known. Else the manifest records that of the first download,
            and another one is refused.
        facts: What else determines the rows, such as a seed. The manifest records it; rows prepared with other facts
            are prepared again.
        ids_may_repeat: Rename a repeated id to "<id>-2", "<id>-3", … instead of raising an error.
    """

    repo: str
    path: str
    revision: str
    to_row: Callable[[Line, int], Row | None]
    sha256: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    ids_may_repeat: bool = False

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, which never changes."""
        return re.fullmatch("[0-9a-f]{40}", self.revision) is not None


@dataclass(frozen=True)
class GitHubFile(HubFile):
    """One file of a GitHub repository, at a commit; `sha256` as for a HubFile."""

    def __post_init__(self) -> None:
        if not self.is_pinned:  # raw.githubusercontent.com does not say which commit a branch is at
            raise ValueError(f"{self.repo}: the revision of a GitHubFile must be a commit of 40 hex digits")


class Finisher(Protocol):
    """Completes rows with data from elsewhere, or leaves them out (None); the manifest records its `facts`."""

    @property
    def facts(self) -> Mapping[str, Any]: ...

    def __call__(self, row: Row) -> Row | None: ...


@dataclass(frozen=True)
class Preparation:
    """What a benchmark may use while it is prepared.

    Attributes:
        options: What the user gave of the source's options, by name.
        folder: The benchmark's data folder.
        say: Tells the user about steps that take long.
    """

    options: Mapping[str, Path]
    folder: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class SourceOption:
    """A file or folder that the user may give a source: `ns prepare_data NAME ++NAME.OPTION=PATH`.

    Attributes:
        help: What it is, and what is used without it; `ns prepare_data --list` shows this.
        check: Raises UsageError for a path that cannot be used; called before anything is fetched.
    """

    help: str
    check: Callable[[Path], None]


@dataclass(frozen=True)
class HubFiles:
    """Several files of one repository, all at the same revision; their rows follow each other.

    Attributes:
        finishing: Opens the Finisher that completes the rows.
        options: Name → option, of those that `finishing` reads.
    """

    files: tuple[HubFile, ...]
    finishing: Callable[[Preparation], AbstractContextManager[Finisher]] | None = None
    options: Mapping[str, SourceOption] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class PackagedFile:
    """Rows that ship with Northstar: a .jsonl file beside the benchmark's module."""

    file: Traversable


@dataclass(frozen=True)
class EnvironmentPackage:
    """Rows from a Python package that ships data, installed in an environment of its own.

    Attributes:
        package: The package's folder in the environment.
        sha256: Checksum of all its files (data/package.py), which may include the code that grades the rows.
        to_rows: Makes the rows from that folder.
        counts: Field → value → the number of rows that must have it.
    """

    environment: Environment
    package: str
    version: str
    sha256: str
    to_rows: Callable[[Path], Iterable[Row]]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict, hash=False)


Source: TypeAlias = HubFile | HubFiles | PackagedFile | EnvironmentPackage


def hub_files(source: HubFile | HubFiles) -> tuple[HubFile, ...]:
    """Return the files of a source, one or several."""
    return (source,) if isinstance(source, HubFile) else source.files
