"""Reads a split's rows on demand; memory holds an offset a row."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec

from northstar.data.manifest import read_manifest
from northstar.errors import NorthstarError
from northstar.records import Row

_whole = msgspec.json.Decoder(dict[str, Any])


class Rows(Protocol):
    """Rows by their number, from 0."""

    def row(self, number: int) -> Row: ...


class RowFile:
    """An opened, checked rows file. sha256: of its bytes."""

    def __init__(self, path: Path, starts: array[int], ends: array[int], sha256: str) -> None:
        self.path = path
        self.sha256 = sha256
        self._starts = starts
        self._ends = ends
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def open(cls, path: Path, needs: Sequence[str] = (), only: tuple[str, str] | None = None) -> RowFile:
        """Read `path` once: every line must be a JSON object with an id of its own, and a value for each of `needs`.

        only: (field, value) of the rows that are wanted, where that is not all. Raises NorthstarError naming file and
        line, or when the file is not what its manifest says.
        """
        starts, ends, digest = array("q"), array("q"), hashlib.sha256()
        seen: set[str | int] = set()
        field, value = only or ("", "")
        decoder = msgspec.json.Decoder(_line_type(list(dict.fromkeys([*needs, *(only or ())[:1]]))))
        end = 0
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    digest.update(line)
                    row = _checked(path, number, line, decoder)
                    name: str | int = row.id
                    if name in seen:
                        raise NorthstarError(
                            f"{path}, line {number}: the id {name!r} was there before; ids must differ."
                        )
                    seen.add(name)
                    if not field or getattr(row, field) == value:
                        starts.append(end)
                        ends.append(end + len(line))
                    end += len(line)
        except OSError as error:
            raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None
        if not starts:
            raise NorthstarError(f"{path} holds no rows; prepare it again.")
        sha256 = digest.hexdigest()
        manifest = read_manifest(path)
        if manifest is not None and manifest.sha256 != sha256:
            raise NorthstarError(
                f"{path} was changed since it was prepared (its manifest has another sha256). Prepare it again with "
                f"ns prepare_data {manifest.benchmark} --split={manifest.split} --force, or use another --data_dir."
            )
        return cls(path, starts, ends, sha256)

    def __len__(self) -> int:
        return len(self._starts)

    def row(self, number: int) -> Row:
        """The row of that number, from 0."""
        start, end = self._starts[number], self._ends[number]
        try:
            return _whole.decode(os.pread(self._file, end - start, start))
        except msgspec.DecodeError as error:  # a number that no file of ours can hold
            raise NorthstarError(f"{self.path}, row {number + 1}: not as it should be ({error}).") from None

    def close(self) -> None:
        os.close(self._file)


def _line_type(needs: Sequence[str]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any]] = [("id", str | int), *((name, _Something) for name in needs)]
    return msgspec.defstruct("Row", fields)


_Something = Annotated[str, msgspec.Meta(min_length=1)] | int | float | bool | list[Any] | dict[str, Any]
"""Any value but null and the empty text."""


def _checked(path: Path, number: int, line: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    if not line.strip():
        raise NorthstarError(f"{path}, line {number}: the line is empty; take it out.")
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NorthstarError(
            f"{path}, line {number}: not a row as it should be ({error}). Mend it, or prepare it again."
        ) from None
