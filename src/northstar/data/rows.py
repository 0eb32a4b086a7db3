"""Reads a split's rows on demand; only an offset per row is in memory."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, check_depth, parsed
from northstar.core.records import Row
from northstar.core.regular import check_regular
from northstar.data.manifest import read_manifest

_whole = msgspec.json.Decoder(dict[str, Any])
_Decoded = TypeVar("_Decoded")


class Rows(Protocol):
    """Rows by number, from 0."""

    def row(self, number: int) -> Row: ...


class RowFile:
    """An open, validated rows file; `sha256` of its bytes."""

    def __init__(self, path: Path, starts: array[int], ends: array[int], sha256: str) -> None:
        self.path = path
        self.sha256 = sha256
        self._starts = starts
        self._ends = ends
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def open(
        cls,
        path: Path,
        needs: Sequence[str] = (),
        *,
        parted_by: str | None = None,
        part: str | None = None,
        limit: int | None = None,
    ) -> RowFile:
        """Read and validate all of `path`, so that a run finds bad rows before it asks anything.

        Args:
            path: The rows file; each line must be a JSON object with a unique id.
            needs: Fields that every row must have.
            parted_by: The field that holds a row's part.
            part: Take only the rows of this part.
            limit: Take at most this many rows, one of each part in turn.

        Raises:
            NorthstarError: A row is malformed (the message names file and line), or the file differs from its manifest.
        """
        starts, ends, places, digest = array("q"), array("q"), array("q"), hashlib.sha256()
        seen: set[str | int] = set()
        of_part: Counter[str] = Counter()
        decoder = msgspec.json.Decoder(_line_type(needs, parted_by))
        end = 0
        check_regular(path)
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    digest.update(line)
                    row = _checked(path, number, line, decoder)
                    name: str | int = row.id
                    if name in seen:
                        raise NorthstarError(
                            f"{path}, line {number}: an earlier row has the same id {name!r}; ids must be unique."
                        )
                    seen.add(name)
                    its = getattr(row, parted_by) if parted_by else ""
                    if part is None or its == part:
                        starts.append(end)
                        ends.append(end + len(line))
                        places.append(of_part[its])
                        of_part[its] += 1
                    end += len(line)
        except OSError as error:
            raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None
        if not starts:
            raise NorthstarError(f"{path} has no rows; prepare it again.")
        sha256 = digest.hexdigest()
        _check_manifest(path, sha256)
        if limit is not None:
            chosen = _in_turn(places, limit)
            starts, ends = array("q", (starts[n] for n in chosen)), array("q", (ends[n] for n in chosen))
        return cls(path, starts, ends, sha256)

    def __len__(self) -> int:
        return len(self._starts)

    def narrow(self, numbers: Sequence[int]) -> None:
        """Keep only these rows, in this order; the first of them is then number 0."""
        self._starts = array("q", (self._starts[number] for number in numbers))
        self._ends = array("q", (self._ends[number] for number in numbers))

    def places_of(self, fewer: RowFile) -> list[int]:
        """Return the number here of each row of `fewer`, which has some of the same file's rows."""
        numbers = {start: number for number, start in enumerate(self._starts)}
        return [numbers[start] for start in fewer._starts]

    def row(self, number: int) -> Row:
        """Return a row by its number, from 0."""
        return self.decoded(number, _whole.decode)

    def decoded(self, number: int, decode: Callable[[bytes], _Decoded]) -> _Decoded:
        """Return what `decode` makes of a row's line."""
        start, end = self._starts[number], self._ends[number]
        try:
            return parsed(os.pread(self._file, end - start, start), decode)
        except Malformed as error:
            raise NorthstarError(f"{self.path}, row {number + 1}: changed while it was in use ({error}).") from None

    def close(self) -> None:
        os.close(self._file)


def valid_rows(lines: Iterable[bytes], needs: Sequence[str], parted_by: str | None = None) -> Iterator[bytes]:
    """Yield rows as they are made, each checked as RowFile.open does, so that no bad one is ever stored.

    Raises:
        NorthstarError: A row lacks a field that it needs, or it is empty.
    """
    decoder = msgspec.json.Decoder(_line_type(needs, parted_by))
    for number, line in enumerate(lines, start=1):
        try:
            parsed(line, decoder.decode)
        except Malformed as error:
            raise NorthstarError(
                f"row {number} of the source cannot be used ({error}): its file is not the one expected, or the "
                "benchmark's to_row leaves something out."
            ) from None
        yield line


def _in_turn(places: Sequence[int], limit: int) -> list[int]:
    """Choose `limit` rows, the first of each part, then the second, and so on; return their numbers in order.

    Args:
        places: Each row's position within its part, from 0.
        limit: How many to choose.

    >>> _in_turn([0, 1, 2, 0, 1], 3)
    [0, 1, 3]
    """
    return sorted(sorted(range(len(places)), key=places.__getitem__)[:limit])


def _check_manifest(path: Path, sha256: str) -> None:
    manifest = read_manifest(path)
    if manifest is not None and manifest.sha256 != sha256:
        raise NorthstarError(
            f"{path} has changed since it was prepared (its manifest has another sha256). Prepare it again with "
            f"ns prepare_data {manifest.benchmark}.{manifest.split} --force, or use another --data_dir."
        )


def _line_type(needs: Sequence[str], parted_by: str | None) -> type[msgspec.Struct]:
    fields: dict[str, Any] = {"id": str | int, **{name: _TYPES.get(name, _Something) for name in needs}}
    return msgspec.defstruct("Row", list((fields | ({parted_by: str} if parted_by else {})).items()))


_Something = Annotated[str, msgspec.Meta(min_length=1)] | int | float | bool | list[Any] | dict[str, Any]
"""Any value except null and the empty text."""
_TYPES: dict[str, Any] = {"options": Annotated[dict[str, str], msgspec.Meta(min_length=1)]}
"""Fields of one form in every benchmark: options map letters to texts, or no letter could be found among them."""


def _checked(path: Path, number: int, line: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    if not line.strip():
        raise NorthstarError(f"{path}, line {number}: the line is empty; remove it.")
    try:
        check_depth(parsed(line, _whole.decode), line)
        return parsed(line, decoder.decode)
    except Malformed as error:
        raise NorthstarError(
            f"{path}, line {number}: not a valid row ({error}). Fix it, or prepare the file again."
        ) from None
