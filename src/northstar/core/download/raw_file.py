"""Fetches a file of a public repository once, and checks its bytes whenever it is read."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from northstar.core.atomic import cannot_write, whole_file
from northstar.core.credentials import without_forms
from northstar.core.download.elsewhere import Elsewhere, elsewhere, keep, name_of
from northstar.core.errors import NorthstarError
from northstar.core.regular import is_there, read_whole

PUBLIC = "https://raw.githubusercontent.com"
RELEASES = "https://github.com"
FETCH_SECONDS = 60


class NotThere(Exception):
    """The address has no such file."""


@dataclass(frozen=True)
class RawFile:
    """A file by its address.

    Attributes:
        address: Its URL; one of GitHub is asked of a mirror where one is named.
        what: What messages call it.
        sha256: Its checksum where it is known; otherwise that of the first fetch holds, recorded beside the file.
        most_bytes: A longer file is refused.
        mirror: The environment variable that names a mirror of GitHub's files.
    """

    address: str
    what: str
    sha256: str | None
    most_bytes: int
    mirror: str

    @property
    def asked(self) -> str:
        """The address with the mirror in it."""
        mirror = os.environ.get(self.mirror, "").rstrip("/")
        place = next((each for each in (PUBLIC, RELEASES) if self.address.startswith(f"{each}/")), None)
        return mirror + self.address.removeprefix(place) if mirror and place else self.address

    @property
    def shown(self) -> str:
        """The address that is asked, without a mirror's password."""
        return without_forms(self.asked)

    def read(self, path: Path) -> bytes:
        """Return its bytes from `path`, where it was fetched before, or fetch it to there.

        Raises:
            NotThere: The address has no such file.
            NorthstarError: It cannot be fetched, or its bytes are not those of the checksum.
        """
        recorded = path.with_name(path.name + ".sha256")
        if is_there(path):
            content, wanted = read_whole(path), self.sha256 or _recorded(recorded)
            if wanted is None or _sha256(content) == wanted:
                keep(name_of(self.address), path)
                return content
            raise NorthstarError(
                f"{path} has changed since it was fetched: its sha256 is {_sha256(content)}, not {wanted}. Delete it, "
                f"and the next run fetches {self.what} again."
            )
        folder = elsewhere()
        content = self._fetched(path) if folder is None else self._given(folder)
        if self.sha256 is not None and _sha256(content) != self.sha256:
            sent_by = self.shown if folder is None else str(folder.folder)
            raise NorthstarError(
                f"{sent_by} sent another file than the pinned {self.what}: its sha256 is {_sha256(content)}, not "
                f"{self.sha256}. It was not kept; try again, and if the error stays, don't trust that source."
            )
        with cannot_write(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(recorded) as file:  # first: a file without it would be taken unchecked
            file.write(f"{_sha256(content)}\n".encode())
        with whole_file(path) as file:
            file.write(content)
        keep(name_of(self.address), path)
        return content

    def size(self) -> int | None:
        """Return how many bytes the address says that it has; None where it doesn't say, or can't be reached."""
        asked = urllib.request.Request(self.asked, method="HEAD")
        with suppress(OSError, ValueError, HTTPException), urllib.request.urlopen(asked, timeout=20) as response:
            length = response.headers.get("Content-Length")
            return int(length) if length is not None and length.isdecimal() else None
        return None

    def _given(self, folder: Elsewhere) -> bytes:
        content = read_whole(folder.file(self.address, self.what))
        if len(content) > self.most_bytes:
            raise NorthstarError(f"{folder.folder} has a longer {self.what} than {self.most_bytes >> 20} MiB.")
        return content

    def _fetched(self, path: Path) -> bytes:
        try:
            with urllib.request.urlopen(self.asked, timeout=FETCH_SECONDS) as response:
                content: bytes = response.read(self.most_bytes + 1)
                self._check_whole(content, response.headers.get("Content-Length"))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise NotThere from None
            raise NorthstarError(f"{self.shown} answered HTTP {error.code} for {self.what}; try again.") from None
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise NorthstarError(
                f"cannot fetch {self.what} from {self.shown} ({reason}). Check the network (or HTTPS_PROXY, "
                f"{self.mirror}), or copy {path.parent} from a machine that has it."
            ) from None
        if len(content) > self.most_bytes:
            raise NorthstarError(f"{self.shown} is longer than {self.most_bytes >> 20} MiB: it is not {self.what}.")
        return content

    def _check_whole(self, content: bytes, length: str | None) -> None:
        """Raise ValueError where the connection ended early: a part that is kept would be taken for the file."""
        if length is not None and length.isdecimal() and len(content) < min(int(length), self.most_bytes):
            raise ValueError(f"it ended after {len(content)} of {length} bytes")


def _recorded(path: Path) -> str | None:
    with suppress(FileNotFoundError):
        return read_whole(path).decode(errors="replace").strip()
    return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
