"""Fetches files of hub repositories at pinned revisions; every failure is one sentence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from northstar.core.download.elsewhere import Elsewhere, elsewhere, hub_name, keep
from northstar.core.download.hub import HubPlace, digest_of_file, explained, has_etag, storage_host
from northstar.core.errors import NorthstarError
from northstar.data.source import HubFile

OTHERWISE = "take in files that were fetched elsewhere, with ns prepare_data --source"


@dataclass(frozen=True)
class Fetched:
    """A downloaded source file and the commit that it belongs to."""

    path: Path
    revision: str
    sha256: str


def fetch(source: HubFile, *, force: bool = False) -> Fetched:
    """Download `source` with huggingface_hub (its cache, token, endpoint and progress bars) and check its bytes.

    Raises:
        NorthstarError: The download failed, or the checksum differs from the hub's or the pinned one.
    """
    from huggingface_hub import (
        constants,
        get_hf_file_metadata,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )

    if (given := elsewhere()) is not None:
        return _given(source, given)
    if not force and source.is_pinned and (cached := _cached(source)) is not None:
        keep(hub_name(source.repo, source.path, cached.revision), cached.path)
        return cached  # a commit never changes: ask nobody, so that this works offline too
    endpoint = constants.ENDPOINT
    with explained(place_of(source), endpoint):
        url = hf_hub_url(source.repo, source.path, repo_type="dataset", revision=source.revision)
        metadata = get_hf_file_metadata(url)
        # Resolve a branch to its commit now, so that it cannot move before the download.
        revision = source.revision if source.is_pinned else metadata.commit_hash or source.revision
    if force:  # huggingface_hub keeps a link that is there, also to bytes that the hub no longer serves
        old = try_to_load_from_cache(source.repo, source.path, repo_type="dataset", revision=revision)
        if isinstance(old, str):
            Path(old).unlink(missing_ok=True)
    with explained(place_of(source), storage_host(metadata.location, endpoint)):
        local = hf_hub_download(source.repo, source.path, repo_type="dataset", revision=revision, force_download=force)
    path = Path(local)
    fetched = Fetched(path, revision, _checked(source, path, metadata.etag))
    keep(hub_name(source.repo, source.path, revision), path)
    return fetched


def size_of(source: HubFile) -> int | None:
    """Return the bytes that are to be downloaded: none for a pinned file that is here. Raises NorthstarError."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache

    if source.is_pinned:
        there = try_to_load_from_cache(source.repo, source.path, repo_type="dataset", revision=source.revision)
        if isinstance(there, str):
            return 0
    with explained(place_of(source), constants.ENDPOINT):
        url = hf_hub_url(source.repo, source.path, repo_type="dataset", revision=source.revision)
        return get_hf_file_metadata(url).size


def _given(source: HubFile, given: Elsewhere) -> Fetched:
    """Take the file from a folder that the user gave; the pinned checksum holds for it as for a download."""
    path, commit = given.of_hub(source.repo, source.path, source.revision, place_of(source).where)
    sha256 = digest_of_file(path, hashlib.sha256())
    if source.sha256 not in (None, sha256):
        raise NorthstarError(f"{path} is not {place_of(source).where}: its sha256 is {sha256}, not {source.sha256}.")
    return Fetched(path, commit, sha256)


def _cached(source: HubFile) -> Fetched | None:
    """Return the file of a pinned commit if huggingface_hub has downloaded it before."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.repo, source.path, repo_type="dataset", revision=source.revision)
    if not isinstance(found, str):
        return None
    path = Path(found)
    etag = path.resolve().name if path.is_symlink() else None  # the cache names blobs by their ETag
    return Fetched(path, source.revision, _checked(source, path, etag))


def _checked(source: HubFile, path: Path, etag: str | None) -> str:
    """Return the file's sha256 after checking it against the pinned one and the hub's ETag.

    An ETag is a git blob's sha1, or a large file's sha256. A file with other bytes is removed from the cache, so that
    the next try downloads it again; this raises NorthstarError.
    """
    sha256 = digest_of_file(path, hashlib.sha256())
    right = (source.sha256 is None or sha256 == source.sha256) and has_etag(path, etag, sha256)
    if not right:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise NorthstarError(
            f"{place_of(source).where} has the wrong checksum: the download was damaged or the file changed. Try "
            "again; if the error stays, don't trust that source."
        )
    return sha256


def place_of(source: HubFile) -> HubPlace:
    """Return how messages call a file."""
    return HubPlace("dataset", source.repo, source.revision, source.path, OTHERWISE)
