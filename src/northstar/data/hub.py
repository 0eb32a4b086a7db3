"""Fetches one file of a hub repository at a pinned revision, and knows that it is the right one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from northstar.data.hub_failures import explained, where
from northstar.data.source import HubFile
from northstar.errors import NorthstarError

PUBLIC_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Fetched:
    """A source file on this disk. revision: the commit it is of. endpoint: the hub, None for the public one."""

    path: Path
    revision: str
    sha256: str
    endpoint: str | None


def fetch(source: HubFile, *, revision: str | None = None, force: bool = False) -> Fetched:
    """Download `source` through huggingface_hub (its cache, token, endpoint and progress bars).

    revision: instead of the source's own. force: download again what the cache holds. The bytes are held against the
    hub's own checksum and the pinned one. Raises NorthstarError: one sentence that says what to do.
    """
    from huggingface_hub import constants, hf_hub_download

    asked = revision or source.revision
    with explained(source, asked), _quiet():
        local = hf_hub_download(
            source.repo, source.path, repo_type=source.repo_type, revision=asked, force_download=force
        )
    path = Path(local)
    sha256 = file_sha256(path)
    _check(source, asked, path, sha256)
    endpoint = None if constants.ENDPOINT == PUBLIC_HUB else re.sub("//[^/@]*@", "//", constants.ENDPOINT)
    return Fetched(path, asked if is_commit(asked) else _commit_of(path, source.path) or asked, sha256, endpoint)


def is_commit(revision: str) -> bool:
    """Whether it names one commit for good: 40 hex digits."""
    return re.fullmatch("[0-9a-f]{40}", revision) is not None


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, read in pieces."""
    return _digest(path, hashlib.sha256())


def _check(source: HubFile, revision: str, path: Path, sha256: str) -> None:
    """Hold the bytes against the pinned sha256, and the hub's ETag: a git blob's sha1, or a large file's sha256.

    The cache keeps a file under its ETag, so that this needs no second question; without symbolic links it can't.
    """
    if source.sha256 is not None and sha256 != source.sha256:
        raise NorthstarError(
            f"{where(source, revision)} is not the file that Northstar knows: its sha256 is {sha256[:12]}…, not "
            f"{source.sha256[:12]}…; try again with --force, and if it stays so don't trust that hub."
        )
    etag, right = path.resolve().name, True
    if re.fullmatch("[0-9a-f]{64}", etag):
        right = sha256 == etag
    elif re.fullmatch("[0-9a-f]{40}", etag):
        right = _digest(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)) == etag
    if not right:
        raise NorthstarError(
            f"{where(source, revision)} did not arrive as the hub says it is: its checksum differs; try again with "
            "--force, and if it stays so don't trust that hub."
        )


def _commit_of(path: Path, inside: str) -> str | None:
    """The commit in a cached file's path (…/snapshots/<commit>/<path inside the repository>)."""
    name = path.parents[len(PurePosixPath(inside).parts) - 1].name
    return name if is_commit(name) else None


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without huggingface_hub's warnings on each retry, which show addresses that may be signed."""
    from huggingface_hub.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
