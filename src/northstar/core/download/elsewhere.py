"""Files that were fetched on another machine: a folder that is asked in place of the network, and what goes into one.

A file lies where `wget -x` puts it, by the public address that it has:
huggingface.co/datasets/OWNER/NAME/resolve/COMMIT/FILE, raw.githubusercontent.com/OWNER/NAME/COMMIT/FILE.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from northstar.core.download.hub import digest_of_file
from northstar.core.errors import NorthstarError

INDEX = "northstar-sources.json"
"""In the folder: the checksum of each file, where `ns prepare_data --export` made it."""
HUB = "https://huggingface.co"
_COMMIT = re.compile("[0-9a-f]{40}")

Kept = Callable[[str, Path], None]
"""Takes note of a file that was fetched: its name in such a folder, and where it is."""


@dataclass(frozen=True)
class Elsewhere:
    """A folder of such files. sums: name → the sha256 that its index has, if there is one."""

    folder: Path
    sums: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Elsewhere:
        """Read the folder's index. Raises NorthstarError if it is damaged."""
        index = folder / INDEX
        if not index.is_file():
            return cls(folder)
        try:
            files = json.loads(index.read_bytes())["files"]
            return cls(folder, {str(name): str(sha256) for name, sha256 in files.items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise NorthstarError(f"{index} is damaged: it does not list files.") from None

    def file(self, address: str, what: str) -> Path:
        """Return the file of an address, checked against the index. Raises NorthstarError."""
        name = name_of(address)
        path = self.folder / name
        if not path.is_file():
            raise NorthstarError(f"{self.folder} has no {what}; it should be {path}.")
        return self._checked(name, path)

    def of_hub(self, repo: str, file: str, revision: str, what: str) -> tuple[Path, str]:
        """Return a dataset's file and its commit.

        Args:
            repo: The dataset.
            file: Its file.
            revision: A commit; or a branch, for the one commit of which the folder has the file.
            what: What messages call it.

        Raises:
            NorthstarError: It isn't there, or no commit tells which one it is.
        """
        pinned = _COMMIT.fullmatch(revision) is not None
        revisions = [revision] if pinned else sorted(self._commits(repo))
        found = [(path, each) for each in revisions for path in self._places(repo, file, each) if path.is_file()]
        if not found and pinned and (plain := self.folder / repo / file).is_file():
            found = [(plain, revision)]
        if len({each for _, each in found}) > 1:
            raise NorthstarError(f"{self.folder} has several commits of {what}: leave one of them.")
        if not found:
            name = hub_name(repo, file, revision if pinned else "COMMIT")
            plain_too = f" (or {self.folder / repo / file})" if pinned else ""
            raise NorthstarError(f"{self.folder} has no {what}; it should be {self.folder / name}{plain_too}.")
        path, commit = found[0]
        return self._checked(path.relative_to(self.folder).as_posix(), path), commit

    def _places(self, repo: str, file: str, commit: str) -> list[Path]:
        """Where a file may be: as fetched by its address, and as in a copy of huggingface_hub's cache."""
        return [self.folder / hub_name(repo, file, commit), self._cache(repo) / commit / file]

    def _cache(self, repo: str) -> Path:
        return self.folder / f"datasets--{repo.replace('/', '--')}" / "snapshots"

    def _commits(self, repo: str) -> set[str]:
        folders = (self.folder / name_of(f"{HUB}/datasets/{repo}/resolve"), self._cache(repo))
        return {
            each.name for folder in folders if folder.is_dir() for each in folder.iterdir() if _COMMIT.match(each.name)
        }

    def _checked(self, name: str, path: Path) -> Path:
        wanted = self.sums.get(name)
        if wanted is not None and digest_of_file(path, hashlib.sha256()) != wanted:
            raise NorthstarError(
                f"{path} is not what {self.folder / INDEX} says: it was changed or damaged on its way."
            )
        return path


def name_of(address: str) -> str:
    """Return the name of an address's file in such a folder.

    >>> name_of("https://raw.githubusercontent.com/owner/name/c0ffee/data/rows.jsonl")
    'raw.githubusercontent.com/owner/name/c0ffee/data/rows.jsonl'
    """
    parts = urlsplit(address)
    return f"{parts.hostname}{parts.path}"


def hub_name(repo: str, file: str, commit: str) -> str:
    """Return the name of a dataset's file in such a folder."""
    return name_of(f"{HUB}/datasets/{repo}/resolve/{commit}/{file}")


_asked: ContextVar[Elsewhere | None] = ContextVar("elsewhere", default=None)
_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


def elsewhere() -> Elsewhere | None:
    """Return the folder that is asked in place of the network; None asks the network."""
    return _asked.get()


def keep(name: str, path: Path) -> None:
    """Tell whoever collects files that one was fetched."""
    if (kept := _kept.get()) is not None:
        kept(name, path)


@contextmanager
def asking(folder: Elsewhere | None) -> Iterator[None]:
    """Ask the folder in place of the network within the block; None changes nothing."""
    token = _asked.set(folder)
    try:
        yield
    finally:
        _asked.reset(token)


@contextmanager
def collecting(kept: Kept) -> Iterator[None]:
    """Pass each file that is fetched in the block to `kept`."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
