"""Reads a split's rows on demand; memory holds an offset a row."""

from __future__ import annotations

import hashlib
import os
from array import array
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from northstar.data.manifest import read_manifest
from northstar.errors import NorthstarError
from northstar.records import Row

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class RowFile:
    """An opened, checked rows file: `len(rows)`, `rows.row(0)`. sha256: of its bytes.

    >>> with RowFile.open(Path("data/aime24/test.jsonl")) as rows:  # doctest: +SKIP
    ...     rows.row(0)["problem"]
    """

    def __init__(self, path: Path, file: BinaryIO, offsets: array[int], sha256: str) -> None:
        self.path = path
        self.sha256 = sha256
        self._offsets = offsets
        self._file = file

    @classmethod
    def open(cls, path: Path) -> RowFile:
        """Read `path` once: every line must be a JSON object with an id of its own. 200,000 rows take about a second.

        Raises NorthstarError naming file and line, or when the file is not what its manifest says.
        """
        try:
            file = path.open("rb")
        except OSError as error:
            raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None
        try:
            offsets, sha256 = _checked(path, file)
            _check_manifest(path, sha256)
        except BaseException:
            file.close()
            raise
        return cls(path, file, offsets, sha256)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def row(self, number: int) -> Row:
        """The row of that number, from 0. Raises IndexError; NorthstarError if the file was changed meanwhile."""
        if not 0 <= number < len(self):
            raise IndexError(f"row {number} of {len(self)}")
        start, end = self._offsets[number], self._offsets[number + 1]
        try:
            return _decode(os.pread(self._file.fileno(), end - start, start))
        except _MALFORMED:
            raise NorthstarError(f"{self.path}, line {number + 1}: the file was changed while it was in use.") from None

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> RowFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked(path: Path, file: BinaryIO) -> tuple[array[int], str]:
    """Where each line starts (and the last one ends), and the sha256 of all."""
    offsets, digest = array("q", [0]), hashlib.sha256()
    seen: dict[str, int] = {}
    try:
        for number, line in enumerate(file, start=1):
            digest.update(line)
            name = _checked_id(path, number, line)
            if (first := seen.setdefault(name, number)) != number:
                raise NorthstarError(
                    f"{path}, line {number}: the id {name!r} is that of line {first} already; give each row its own."
                )
            offsets.append(offsets[-1] + len(line))
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None
    if not seen:
        raise NorthstarError(f"{path} holds no rows; prepare it again.")
    return offsets, digest.hexdigest()


def _checked_id(path: Path, number: int, line: bytes) -> str:
    try:
        name = _decode(line).get("id")  # the whole line: a run must not stumble over it hours later
    except _MALFORMED as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NorthstarError(
            f"{path}, line {number}: not a JSON object ({reason}); mend the line, or prepare the file again."
        ) from None
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise NorthstarError(
            f"{path}, line {number}: a row needs an id, a text or a whole number; mend the line, or prepare the file "
            "again."
        )
    return str(name)


def _check_manifest(path: Path, sha256: str) -> None:
    """Rows without a manifest are a user's own; with one they must be what it says."""
    manifest = read_manifest(path)
    if manifest is not None and manifest.sha256 != sha256:
        raise NorthstarError(
            f"{path} was changed since it was prepared (its manifest has another sha256): prepare it again with "
            f"ns prepare_data {manifest.benchmark} --split={manifest.split} --force, or keep your rows in another "
            "--data_dir."
        )
