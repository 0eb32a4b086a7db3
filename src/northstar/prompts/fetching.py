"""Fetches the files of prompt libraries once, into the data folder, and checks their bytes whenever they are read."""

from __future__ import annotations

from pathlib import Path

from northstar.core.download.raw_file import NotThere, RawFile
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.prompts.names import OfLibrary
from northstar.prompts.renderer import MOST_BYTES

ENDPOINT_VARIABLE = "NORTHSTAR_PROMPTS_ENDPOINT"
"""Names a mirror that is asked in place of raw.githubusercontent.com."""


def library_file(prompt: OfLibrary, data_dir: Path) -> bytes:
    """Return the bytes of a library's prompt: from the data folder, else from its address.

    They are those of the pinned checksum; where none is known, those that were fetched first.

    Raises:
        UsageError: The library has no prompt of that name.
        NorthstarError: It cannot be fetched, or its bytes are not the pinned ones.
    """
    if prompt.at.library.names and prompt.name not in prompt.at.names:
        raise _no_such(prompt)
    file = _file(prompt.at.address(prompt.name), f"{prompt}", prompt.at.state.sha256.get(prompt.name))
    suffix = file.address.rpartition("/")[2].rpartition(".")[2]
    try:
        return file.read(_folder(prompt, data_dir) / f"{prompt.name}.{suffix}")
    except NotThere:
        raise _no_such(prompt) from None


def library_sentences(prompt: OfLibrary, data_dir: Path) -> bytes:
    """Return the Python file with the sentences that the library adds to problems. Raises NorthstarError."""
    address = prompt.at.library.sentences.format(commit=prompt.at.state.commit)
    what = f"the sentences of {prompt.at}"
    try:
        return _file(address, what, None).read(_folder(prompt, data_dir) / "sentences.py.txt")
    except NotThere:
        raise NorthstarError(f"there is nothing at {address}, where {what} should be.") from None


def _file(address: str, what: str, pinned: str | None) -> RawFile:
    return RawFile(address, what, pinned, most_bytes=MOST_BYTES, mirror=ENDPOINT_VARIABLE)


def _no_such(prompt: OfLibrary) -> UsageError:
    others = [name for name in prompt.at.names if name != prompt.name]
    address = _file(prompt.at.address(prompt.name), f"{prompt}", None).shown
    return UsageError(
        f"there is no prompt '{prompt.name}' in {prompt.at}.{did_you_mean(prompt.name, others)} It would be at "
        f"{address}"
    )


def _folder(prompt: OfLibrary, data_dir: Path) -> Path:
    return data_dir / "prompts" / prompt.at.library.name / prompt.at.state.commit
