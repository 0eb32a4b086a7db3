"""Gathers a split's rows from their source, with what the manifest records about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.data.attachments import keep
from northstar.data.conversion import convert
from northstar.data.github import fetch_raw
from northstar.data.hub import Fetched, fetch
from northstar.data.package import rows_of_package
from northstar.data.reading import read_records
from northstar.data.source import (
    EnvironmentPackage,
    Finisher,
    GitHubFile,
    HubFile,
    HubFiles,
    Line,
    PackagedFile,
    Preparation,
    Source,
    hub_files,
)


@dataclass(frozen=True)
class Gathered:
    """Rows as lines of JSON, made one at a time, and the `origin` for their manifest, complete once all are made."""

    lines: Iterator[bytes]
    origin: dict[str, Any]


@dataclass(frozen=True)
class Gathering:
    """How to gather a benchmark's rows.

    Attributes:
        options: The user's options for sources that read them.
        say: Reports progress to the user.
        force: Fetch and write everything again.
        recorded: The commit that an earlier preparation recorded; a source without a commit is fetched at this one.
    """

    benchmark: str
    data_dir: Path
    options: Mapping[str, Path]
    say: Callable[[str], None]
    force: bool = False
    recorded: str | None = None

    def gather(self, source: Source) -> Gathered:
        """Fetch a source and return its rows; their attachments are written as they are made. Raises NorthstarError."""
        if isinstance(source, PackagedFile):
            return _packaged(source)
        if isinstance(source, EnvironmentPackage):
            return Gathered(iter(rows_of_package(source, self.data_dir)), _origin_of(source))
        files = hub_files(source)
        fetched: list[Fetched] = []
        for file in files:
            fetched.append(self._fetch(file, fetched[0].revision if fetched else None))
        facts = facts_of(source)
        origin: dict[str, Any] = {
            "source": "github" if isinstance(files[0], GitHubFile) else "hub",
            "repo": files[0].repo,
            "path": paths_of(source),
            "revision": fetched[0].revision,
            "source_sha256": _joined(here.sha256 for here in fetched),
            "facts": facts,
        }
        return Gathered(self._rows(source, [here.path for here in fetched], facts), origin)

    def _fetch(self, file: HubFile, first: str | None) -> Fetched:
        """Fetch a file; one of a branch at the commit of the source's first one, as the branch may move meanwhile."""
        if isinstance(file, GitHubFile):
            return fetch_raw(file, self.data_dir / "sources", force=self.force)
        known = first or (None if self.force else self.recorded)
        if not file.is_pinned and known is not None:
            file = replace(file, revision=known)
        return fetch(file, force=self.force)

    def _rows(self, source: HubFile | HubFiles, paths: Sequence[Path], facts: dict[str, Any]) -> Iterator[bytes]:
        """Yield the rows of the fetched files, then add to `facts` what completed them."""
        preparation = Preparation(self.options, self.data_dir / self.benchmark, self.say)
        finishing: AbstractContextManager[Finisher | None] = nullcontext()
        if isinstance(source, HubFiles) and source.finishing is not None:
            finishing = source.finishing(preparation)
        seen: dict[str | int, int] = {}
        files = hub_files(source)
        with finishing as finish:
            for file, path in zip(files, paths, strict=True):
                yield from self._rows_of(file, path, seen, finish)
            facts.update(finish.facts if finish is not None else {})
        if not seen:
            raise NorthstarError(f"{files[0].repo}/{paths_of(source)} has no rows for this split.")

    def _rows_of(
        self, file: HubFile, path: Path, seen: dict[str | int, int], finish: Finisher | None
    ) -> Iterator[bytes]:
        def to_row(line: Line, place: int) -> Row | None:
            row = file.to_row(line, place)
            return row if row is None or finish is None else finish(row)

        where = f"{file.repo}/{file.path}"
        return convert(
            _readable(read_records(path, where)),
            where,
            to_row,
            ids_may_repeat=file.ids_may_repeat,
            seen=seen,
            attach=lambda each: keep(each, self.data_dir, self.benchmark, anew=self.force),
        )


def _readable(records: Iterator[Line]) -> Iterator[Line]:
    """Yield the records of a fetched file; say of one that can't be read how it is fetched again, as it is kept."""
    try:
        yield from records
    except NorthstarError as error:
        raise NorthstarError(f"{error} If it was damaged on its way, --force fetches it again.") from None


def paths_of(source: HubFile | HubFiles) -> str:
    """Return the files' paths as a manifest records them."""
    return ", ".join(file.path for file in hub_files(source))


def facts_of(source: HubFile | HubFiles) -> dict[str, Any]:
    return {name: value for file in hub_files(source) for name, value in file.facts.items()}


def sha256_of(source: HubFile | HubFiles) -> str | None:
    """Return the source's pinned checksum; None if a file has none."""
    pinned = [file.sha256 for file in hub_files(source)]
    return None if None in pinned else _joined(each for each in pinned if each is not None)


def _joined(checksums: Any) -> str:
    """Combine checksums into one; a single checksum stays as it is."""
    each = list(checksums)
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()


def _origin_of(source: EnvironmentPackage) -> dict[str, Any]:
    return {
        "source": "package",
        "repo": source.package,
        "path": "",
        "revision": source.version,
        "source_sha256": source.sha256,
        "facts": {"environment": source.environment.named},
    }


def _packaged(source: PackagedFile) -> Gathered:
    name, content = source.file.name, source.file.read_bytes()
    lines = list(convert(read_records(source.file, name), name, lambda line, _: line))
    digest = hashlib.sha256(content).hexdigest()
    origin = {"source": "packaged", "repo": None, "path": name, "revision": None, "source_sha256": digest}
    return Gathered(iter(lines), origin)
