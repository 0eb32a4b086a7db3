"""Cleans up what a killed process leaves beside outputs: joined chunks, and journals that became outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import msgspec

from northstar.core.lock import Held, locked
from northstar.core.records import Times
from northstar.core.regular import check_regular
from northstar.results.layout import OutputFile, join_lock, shard_lock, whole_stem
from northstar.results.state import output_files

_Decoded = TypeVar("_Decoded")


def remove_leftovers(folder: Path) -> None:
    """Remove each chunk and journal whose answers are all in an output beside it, unless it is being written.

    Files with any other answer stay. Raises NorthstarError if the folder cannot be written.
    """
    files = output_files(folder)
    outputs = {file.stem: file.path for file in files if not file.is_journal}
    for file in files:
        output = outputs.get(whole_stem(file.seed), outputs.get(file.stem))
        if output is not None and output != file.path:
            with ExitStack() as stack:
                try:
                    stack.enter_context(locked(join_lock(folder, file.seed), str(output)))
                    stack.enter_context(locked(shard_lock(folder, file.stem), str(output)))
                except Held:  # its writer cleans up
                    continue
                if _is_part_of(file, output):
                    file.path.unlink()


_Answer = tuple[bytes | int, float, float]
"""A row or its id, and the times of an answer, which distinguish it from other answers to the same row."""


class _Record(Times, frozen=True):
    """A record of an output; `turns` and `steps` are the answers within its generation."""

    id: msgspec.Raw = msgspec.Raw()
    turns: tuple[Times, ...] = ()
    steps: tuple[Times, ...] = ()


class _Line(msgspec.Struct, frozen=True):
    """A line of a journal: its header, or a generation, a turn or a grade of a row."""

    first_row: int = 0
    row: int = -1
    generation: Times | None = None
    turn: Times | None = None


_record = msgspec.json.Decoder(_Record)
_line = msgspec.json.Decoder(_Line)


def _is_part_of(part: OutputFile, whole: Path) -> bool:
    """Return whether every answer of `part` is in `whole`. Raises NorthstarError if either is not a regular file."""
    try:
        if not part.is_journal:
            return _by_id(part.path) <= _by_id(whole)
        header, *lines = _lines(part.path, _line)
        answers = _of_journal(lines)
        first = 0 if whole.stem == whole_stem(part.seed) else header.first_row
        return bool(answers or not lines) and answers <= _by_row(whole, first)
    except (FileNotFoundError, msgspec.DecodeError, ValueError):  # removed meanwhile, or damaged
        return False


def _of_journal(lines: Iterable[_Line]) -> set[_Answer]:
    """Return the journal's generations, and the turns of rows without one (a generation includes its turns)."""
    found: set[_Answer] = set()
    turns: dict[int, set[_Answer]] = {}
    for line in lines:
        if line.generation is not None:
            found.add((line.row, *_times(line.generation)))
            turns[line.row] = set()
        elif line.turn is not None:
            turns.setdefault(line.row, set()).add((line.row, *_times(line.turn)))
    return found.union(*turns.values())


def _by_id(file: Path) -> set[_Answer]:
    return {(bytes(record.id), *_times(record)) for record in _lines(file, _record)}


def _by_row(file: Path, first: int) -> set[_Answer]:
    return {
        (row, *_times(each))
        for row, record in enumerate(_lines(file, _record), start=first)
        for each in (record, *record.turns, *record.steps)
    }


def _times(answer: Times) -> tuple[float, float]:
    return answer.generation_start_time, answer.generation_end_time


def _lines(file: Path, decoder: msgspec.json.Decoder[_Decoded]) -> Iterator[_Decoded]:
    check_regular(file)
    with file.open("rb") as lines:
        yield from map(decoder.decode, lines)
