"""Fetches files of hub repositories at pinned revisions; every failure is one sentence."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from northstar.core.errors import NorthstarError
from northstar.data.source import HubFile


class Unreachable(NorthstarError):
    """A host cannot be reached, which affects every file it serves.

    Attributes:
        place: The host.
        general: A message about the host that names no file, to report once for several files.
    """

    def __init__(self, message: str, place: str, general: str) -> None:
        super().__init__(message)
        self.place, self.general = place, general


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

    if not force and source.is_pinned and (cached := _cached(source)) is not None:
        return cached  # a commit never changes: ask nobody, so that this works offline too
    endpoint = constants.ENDPOINT
    with _explained(source, endpoint):
        url = hf_hub_url(source.repo, source.path, repo_type="dataset", revision=source.revision)
        metadata = get_hf_file_metadata(url)
        # Resolve a branch to its commit now, so that it cannot move before the download.
        revision = source.revision if source.is_pinned else metadata.commit_hash or source.revision
    if force:  # huggingface_hub keeps a link that is there, also to bytes that the hub no longer serves
        old = try_to_load_from_cache(source.repo, source.path, repo_type="dataset", revision=revision)
        if isinstance(old, str):
            Path(old).unlink(missing_ok=True)
    with _explained(source, _storage_host(metadata.location, endpoint)):
        local = hf_hub_download(source.repo, source.path, repo_type="dataset", revision=revision, force_download=force)
    path = Path(local)
    return Fetched(path, revision, _checked(source, path, metadata.etag))


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
    sha256 = _digest(path, hashlib.sha256())
    right = source.sha256 is None or sha256 == source.sha256
    if right and etag and re.fullmatch("[0-9a-f]{64}", etag):
        right = sha256 == etag
    elif right and etag and re.fullmatch("[0-9a-f]{40}", etag):
        right = _digest(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)) == etag
    if not right:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise NorthstarError(
            f"{_where(source)} has the wrong checksum: the download was damaged or the file changed. Try again; if the "
            "error stays, don't trust that source."
        )
    return sha256


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _where(source: HubFile) -> str:
    return f"{source.path} of the dataset {source.repo} (revision {source.revision[:12]})"


def _storage_host(location: str, endpoint: str) -> str:
    """Return the host that serves the bytes, without path and query, which may contain a signature."""
    parts = urlsplit(location)
    return endpoint if parts.netloc in ("", urlsplit(endpoint).netloc) else f"{parts.scheme}://{parts.netloc}"


@contextmanager
def _explained(source: HubFile, place: str) -> Iterator[None]:
    """Turn huggingface_hub's failures into one sentence with a remedy; `place` is the host that is asked."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    page = f"{constants.ENDPOINT}/datasets/{source.repo}"
    try:
        yield
    except GatedRepoError:
        raise NorthstarError(
            f"the dataset {source.repo} is gated: accept its terms at {page}, then log in with `hf auth login` or set "
            "HF_TOKEN to a token that may read it."
        ) from None
    except RevisionNotFoundError:
        raise NorthstarError(f"the dataset {source.repo} has no revision {source.revision} at {page}.") from None
    except RepositoryNotFoundError:
        raise NorthstarError(
            f"there is no dataset {source.repo} at {constants.ENDPOINT}, or it is private: if you may read it, log in "
            "with `hf auth login` or set HF_TOKEN."
        ) from None
    except OfflineModeIsEnabled:
        raise _offline(source) from None
    except LocalEntryNotFoundError as error:
        raise _unreachable(source, place, error.__cause__ or error) from None
    except EntryNotFoundError:
        raise NorthstarError(f"there is no file {_where(source)} at {constants.ENDPOINT}.") from None
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "?")
        raise NorthstarError(
            _refused_token(source)
            if status == 401
            else f"the hub at {place} answered HTTP {status} for {_where(source)}; try again."
        ) from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NorthstarError(
                f"the disk of {constants.HF_HUB_CACHE} is full; make room or set HF_HOME elsewhere."
            ) from None
        raise _unreachable(source, place, error) from None
    except NorthstarError:
        raise
    except Exception as error:  # the HTTP library's own error: which library depends on huggingface_hub's version
        if type(error).__module__.split(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3"):
            raise _unreachable(source, place, error) from None
        raise


_COPY = "copy a data folder that was prepared elsewhere and name it with --data_dir"


def _unreachable(source: HubFile, place: str, error: BaseException) -> Unreachable:
    from huggingface_hub import constants

    reason = " ".join(str(error).split())[:160] or type(error).__name__
    storage = "" if place == constants.ENDPOINT else f", where the hub at {constants.ENDPOINT} stores its files"
    then = f"({reason}). Check the network (or HF_ENDPOINT, HTTPS_PROXY), or {_COPY}."
    return Unreachable(
        f"cannot fetch {_where(source)} from {place}{storage} {then}", place, f"cannot reach {place}{storage} {then}"
    )


def _offline(source: HubFile) -> Unreachable:
    reason = f"HF_HUB_OFFLINE is set, so nothing is downloaded. Unset it, or {_COPY}."
    return Unreachable(f"{_where(source)} is not in the local cache. {reason}", "HF_HUB_OFFLINE", reason)


def _refused_token(source: HubFile) -> str:
    from huggingface_hub import constants

    token = next((name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if os.environ.get(name)), "")
    whose = f"the token in {token}" if token else "the token of `hf auth login`"
    remedy = (
        f"set {token} to a new one, or unset it"
        if token
        else "run `hf auth login` again, or `hf auth logout` to download without an account"
    )
    return (
        f"the hub at {constants.ENDPOINT} refuses {whose} for {_where(source)} (HTTP 401): it may have expired. Make a "
        f"token at {constants.ENDPOINT}/settings/tokens and {remedy}: a public dataset needs none."
    )
