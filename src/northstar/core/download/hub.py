"""Says in one sentence what went wrong at the Hugging Face Hub, and checks the bytes that it sent."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from northstar.core.errors import NorthstarError


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
class HubPlace:
    """What is asked of the hub, for messages.

    Attributes:
        path: A file of the repository; '' for the repository itself.
        otherwise: What else the user can do where the hub cannot be reached.
    """

    kind: Literal["dataset", "model"]
    repo: str
    revision: str
    path: str
    otherwise: str

    @property
    def where(self) -> str:
        file = f"{self.path} of " if self.path else ""
        return f"{file}the {self.kind} {self.repo} (revision {self.revision[:12]})"


def has_etag(path: Path, etag: str | None, sha256: str) -> bool:
    """Return whether a file is the one of the hub's ETag: a git blob's sha1, or a large file's sha256."""
    if etag and re.fullmatch("[0-9a-f]{64}", etag):
        return sha256 == etag
    if etag and re.fullmatch("[0-9a-f]{40}", etag):
        return digest_of_file(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)) == etag
    return True


def digest_of_file(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def storage_host(location: str, endpoint: str) -> str:
    """Return the host that serves the bytes, without path and query, which may contain a signature."""
    parts = urlsplit(location)
    return endpoint if parts.netloc in ("", urlsplit(endpoint).netloc) else f"{parts.scheme}://{parts.netloc}"


@contextmanager
def explained(source: HubPlace, place: str) -> Iterator[None]:
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

    page = f"{constants.ENDPOINT}/{'datasets/' if source.kind == 'dataset' else ''}{source.repo}"
    try:
        yield
    except GatedRepoError:
        raise NorthstarError(
            f"the {source.kind} {source.repo} is gated: accept its terms at {page}, then log in with "
            "`hf auth login` or set HF_TOKEN to a token that may read it."
        ) from None
    except RevisionNotFoundError:
        raise NorthstarError(f"the {source.kind} {source.repo} has no revision {source.revision} at {page}.") from None
    except RepositoryNotFoundError:
        raise NorthstarError(
            f"there is no {source.kind} {source.repo} at {constants.ENDPOINT}, or it is private: if you may read it, "
            "log in with `hf auth login` or set HF_TOKEN."
        ) from None
    except OfflineModeIsEnabled:
        raise _offline(source) from None
    except LocalEntryNotFoundError as error:
        raise _unreachable(source, place, error.__cause__ or error) from None
    except EntryNotFoundError:
        raise NorthstarError(f"there is no file {source.where} at {constants.ENDPOINT}.") from None
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "?")
        raise NorthstarError(
            _refused_token(source)
            if status == 401
            else f"the hub at {place} answered HTTP {status} for {source.where}; try again."
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


def _unreachable(source: HubPlace, place: str, error: BaseException) -> Unreachable:
    from huggingface_hub import constants

    reason = " ".join(str(error).split())[:160] or type(error).__name__
    storage = "" if place == constants.ENDPOINT else f", where the hub at {constants.ENDPOINT} stores its files"
    then = f"({reason}). Check the network (or HF_ENDPOINT, HTTPS_PROXY), or {source.otherwise}."
    return Unreachable(
        f"cannot fetch {source.where} from {place}{storage} {then}", place, f"cannot reach {place}{storage} {then}"
    )


def _offline(source: HubPlace) -> Unreachable:
    reason = f"HF_HUB_OFFLINE is set, so nothing is downloaded. Unset it, or {source.otherwise}."
    return Unreachable(f"{source.where} is not in the local cache. {reason}", "HF_HUB_OFFLINE", reason)


def _refused_token(source: HubPlace) -> str:
    from huggingface_hub import constants

    token = next((name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if os.environ.get(name)), "")
    whose = f"the token in {token}" if token else "the token of `hf auth login`"
    remedy = (
        f"set {token} to a new one, or unset it"
        if token
        else "run `hf auth login` again, or `hf auth logout` to download without an account"
    )
    return (
        f"the hub at {constants.ENDPOINT} refuses {whose} for {source.where} (HTTP 401): it may have expired. Make a "
        f"token at {constants.ENDPOINT}/settings/tokens and {remedy}: a public {source.kind} needs none."
    )
