"""Files beside the rows for values too large for a row's line, such as hidden tests.

A row refers to its attachment as {"file": …, "sha256": …, "bytes": …}, relative to the data folder. So rows, and
records that repeat them, stay small, while the rows' own checksum covers the attachments too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular, read_whole

Reference = Mapping[str, Any]
"""A row's reference to its attachment."""


@dataclass(frozen=True)
class Attachment:
    """A large value that a benchmark puts into a row; `keep` writes it and returns the row's reference to it.

    Attributes:
        name: A file below the benchmark's data folder, unique to its content: an existing file is not written again.
        content: Makes the bytes; called only if the file must be written.
    """

    name: str
    content: Callable[[], bytes]


def keep(attachment: Attachment, data_dir: Path, benchmark: str, *, anew: bool = False) -> Reference:
    """Write the attachment unless its file exists, or in any case if `anew`; return the row's reference to it."""
    path = data_dir / benchmark / attachment.name
    if anew or not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NorthstarError(f"cannot write to --data_dir={data_dir}: {error.strerror}.") from None
        with whole_file(path) as file:
            file.write(attachment.content())
    size, sha256 = _measure(path)
    return {"file": f"{benchmark}/{attachment.name}", "sha256": sha256, "bytes": size}


def references_in(value: Any) -> Iterator[Reference]:
    """Yield the references to attachments in a row, at any depth."""
    if isinstance(value, dict):
        if {"file", "sha256", "bytes"} <= value.keys():
            yield value
            return
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from references_in(each)


class Attachments:
    """Reads the attachments of rows, checking the checksum of each before its first use."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._checked: set[str] = set()

    def lines(self, reference: Reference) -> Iterator[bytes]:
        """Yield the attachment's lines without their ends. Raises NorthstarError."""
        path = self._check(reference)
        try:
            with path.open("rb") as file:
                for line in file:
                    yield line.rstrip(b"\n")
        except OSError as error:
            raise _cannot_read(path, error) from None

    def read(self, reference: Reference) -> bytes:
        """Return the attachment's bytes. Raises NorthstarError."""
        path = self._check(reference)
        try:
            return read_whole(path)
        except OSError as error:
            raise _cannot_read(path, error) from None

    def has(self, reference: Reference) -> bool:
        """Return whether the attachment is there, with its checksum."""
        try:
            self._check(reference)
        except NorthstarError:
            return False
        return True

    def _check(self, reference: Reference) -> Path:
        name, sha256 = str(reference["file"]), str(reference["sha256"])
        path = self._data_dir / name
        if sha256 in self._checked:
            return path
        if not path.resolve().is_relative_to(self._data_dir.resolve()):
            raise NorthstarError(f"the row's file {name} is not in the data folder {self._data_dir}.")
        try:
            found = _measure(path)[1]
        except OSError as error:
            found, why = "", error.strerror
        else:
            why = "it has changed since it was prepared"
        if found != sha256:
            benchmark = name.partition("/")[0]
            raise NorthstarError(
                f"cannot use {path}: {why}. Prepare it again with ns prepare_data {benchmark} --force (and the same "
                "--split)."
            )
        self._checked.add(sha256)
        return path


def _cannot_read(path: Path, error: OSError) -> NorthstarError:
    return NorthstarError(
        f"cannot read {path}: {error.strerror}. Finished work is kept; check the disk, then run the same command again."
    )


def _measure(path: Path) -> tuple[int, str]:
    """Return the file's size in bytes and its sha256."""
    check_regular(path)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
            size += len(part)
    return size, digest.hexdigest()
