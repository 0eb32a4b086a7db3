"""What belongs to a row and is too large for its line: hidden tests, expected values. Files beside the rows.

A row names its attachment as {"file": …, "sha256": …, "bytes": …}, below the data folder. So rows, and the records that
repeat them, stay small, and the rows' own checksum covers what is attached.
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
"""How a row names its attachment."""


@dataclass(frozen=True)
class Attachment:
    """Put into a row by a benchmark that is being prepared; `keep` writes it and gives what the row says instead.

    name: of a file below the benchmark's data folder, one that tells its content apart from any other, since a file
    that is there is not written again. content: called if it isn't.
    """

    name: str
    content: Callable[[], bytes]


def keep(attachment: Attachment, data_dir: Path, benchmark: str, *, anew: bool = False) -> Reference:
    """Write the attachment unless it is there already, or `anew`."""
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


class Attachments:
    """Reads the attachments of rows; each is held against its checksum before it is read for the first time."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._checked: set[str] = set()

    def lines(self, reference: Reference) -> Iterator[bytes]:
        """Its lines, one after the other, without their ends. Raises NorthstarError."""
        path = self._check(reference)
        try:
            with path.open("rb") as file:
                for line in file:
                    yield line.rstrip(b"\n")
        except OSError as error:
            raise _cannot_read(path, error) from None

    def read(self, reference: Reference) -> bytes:
        """All of it. Raises NorthstarError."""
        path = self._check(reference)
        try:
            return read_whole(path)
        except OSError as error:
            raise _cannot_read(path, error) from None

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
            why = "it was changed since it was prepared"
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
        f"cannot read {path}: {error.strerror}. What is done is kept; see to the disk, then run the same command again."
    )


def _measure(path: Path) -> tuple[int, str]:
    """Bytes and sha256."""
    check_regular(path)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
            size += len(part)
    return size, digest.hexdigest()
