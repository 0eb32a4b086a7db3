"""Fetches the files of prompt libraries once, into the data folder, and checks their bytes whenever they are read."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from northstar.core.atomic import cannot_write, whole_file
from northstar.core.credentials import without_forms
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.regular import is_there, read_whole
from northstar.prompts.names import OfLibrary
from northstar.prompts.renderer import MOST_BYTES

ENDPOINT_VARIABLE = "NORTHSTAR_PROMPTS_ENDPOINT"
"""Names a mirror that is asked in place of raw.githubusercontent.com."""
PUBLIC = "https://raw.githubusercontent.com"
FETCH_SECONDS = 60


def library_file(prompt: OfLibrary, data_dir: Path) -> bytes:
    """Return the bytes of a library's prompt: from the data folder, else from its address.

    They are those of the pinned checksum; where none is known, those that were fetched first.

    Raises:
        UsageError: The library has no prompt of that name.
        NorthstarError: It cannot be fetched, or its bytes are not the pinned ones.
    """
    if prompt.at.library.names and prompt.name not in prompt.at.names:
        raise _no_such(prompt)
    address, pinned = prompt.at.address(prompt.name), prompt.at.state.sha256.get(prompt.name)
    suffix = address.rpartition("/")[2].rpartition(".")[2]
    try:
        return _file(_folder(prompt, data_dir) / f"{prompt.name}.{suffix}", address, pinned, str(prompt))
    except _NotThere:
        raise _no_such(prompt) from None


def library_sentences(prompt: OfLibrary, data_dir: Path) -> bytes:
    """Return the Python file with the sentences that the library adds to problems. Raises NorthstarError."""
    address = prompt.at.library.sentences.format(commit=prompt.at.state.commit)
    what = f"the sentences of {prompt.at}"
    try:
        return _file(_folder(prompt, data_dir) / "sentences.py.txt", address, None, what)
    except _NotThere:
        raise NorthstarError(f"there is nothing at {address}, where {what} should be.") from None


class _NotThere(Exception):
    """The address has no such file."""


def _no_such(prompt: OfLibrary) -> UsageError:
    others = [name for name in prompt.at.names if name != prompt.name]
    return UsageError(
        f"there is no prompt '{prompt.name}' in {prompt.at}.{did_you_mean(prompt.name, others)} It would be at "
        f"{_shown(prompt.at.address(prompt.name))}"
    )


def _folder(prompt: OfLibrary, data_dir: Path) -> Path:
    return data_dir / "prompts" / prompt.at.library.name / prompt.at.state.commit


def _file(path: Path, address: str, pinned: str | None, what: str) -> bytes:
    """Read a file that was fetched, or fetch it. pinned: its checksum, where it is known."""
    recorded = path.with_name(path.name + ".sha256")
    if is_there(path):
        content, wanted = read_whole(path), pinned or _recorded(recorded)
        if wanted is None or _sha256(content) == wanted:
            return content
        raise NorthstarError(
            f"{path} has changed since it was fetched: its sha256 is {_sha256(content)}, not {wanted}. Delete it, and "
            f"the next run fetches {what} again."
        )
    content = _fetched(address, what, path)
    if pinned is not None and _sha256(content) != pinned:
        raise NorthstarError(
            f"{_shown(address)} sent another file than the pinned {what}: its sha256 is {_sha256(content)}, not "
            f"{pinned}. It was not kept; try again, and if the error stays, don't trust that source."
        )
    with cannot_write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(recorded) as file:  # first: a file without it would be taken unchecked
        file.write(f"{_sha256(content)}\n".encode())
    with whole_file(path) as file:
        file.write(content)
    return content


def _fetched(address: str, what: str, path: Path) -> bytes:
    try:
        with urllib.request.urlopen(_asked(address), timeout=FETCH_SECONDS) as response:
            content: bytes = response.read(MOST_BYTES + 1)
            _check_whole(content, response.headers.get("Content-Length"))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            raise _NotThere from None
        raise NorthstarError(f"{_shown(address)} answered HTTP {error.code} for {what}; try again.") from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise NorthstarError(
            f"cannot fetch {what} from {_shown(address)} ({reason}). Check the network (or HTTPS_PROXY, "
            f"{ENDPOINT_VARIABLE}), or copy {path.parent} from a machine that has it."
        ) from None
    if len(content) > MOST_BYTES:
        raise NorthstarError(f"{_shown(address)} is longer than {MOST_BYTES >> 20} MiB: it is no prompt.")
    return content


def _check_whole(content: bytes, length: str | None) -> None:
    """Raise ValueError where the connection ended early: a part that is kept would be taken for the file."""
    if length is not None and length.isdecimal() and len(content) < min(int(length), MOST_BYTES):
        raise ValueError(f"it ended after {len(content)} of {length} bytes")


def _asked(address: str) -> str:
    mirror = os.environ.get(ENDPOINT_VARIABLE, "").rstrip("/")
    return mirror + address.removeprefix(PUBLIC) if mirror and address.startswith(PUBLIC) else address


def _shown(address: str) -> str:
    """Return the address that is asked, without a mirror's password."""
    return without_forms(_asked(address))


def _recorded(path: Path) -> str | None:
    with suppress(FileNotFoundError):
        return read_whole(path).decode(errors="replace").strip()
    return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
