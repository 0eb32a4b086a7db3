"""Turns results of fewer rows into journals of more, so that a run asks only the rows that are new, and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from northstar.core.atomic import cannot_write, whole_file
from northstar.core.errors import NorthstarError
from northstar.core.lock import Held, Locks, locked
from northstar.core.records import Generation, Row
from northstar.core.regular import check_regular, is_there
from northstar.core.text import counted
from northstar.data.rows import RowFile
from northstar.results import journal_line
from northstar.results import judgement_files as judged
from northstar.results.journal_line import DAMAGE, FORMAT, Header, sealed
from northstar.results.layout import (
    OutputFile,
    growth_lock,
    join_lock,
    journal_beside,
    metrics_files,
    output_file,
    shard_lock,
    superseded_folder,
)
from northstar.results.leftovers import remove_leftovers
from northstar.results.metrics_file import drop_metrics, restore_metrics
from northstar.results.outputs import IMPORTED
from northstar.results.record_lines import parsed_record
from northstar.results.state import holds_answers, judgement_folders, lines_of, output_files

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_GENERATION = frozenset(Generation.__struct_fields__)
_OF_JUDGEMENT = frozenset(("id", "expected_answer", "predicted_answer", "judge", "judgement"))
"""Fields of a judgement that are neither its generation's nor its grade's."""


class Growth(NamedTuple):
    """The rows that results have, and those that they are to have. before, after: of the same split."""

    benchmark: str
    greedy: bool
    before: RowFile
    after: RowFile

    def places(self) -> list[int]:
        """The number of each row of `before` in `after`."""
        return self.after.places_of(self.before)

    def takes(self, file: OutputFile) -> bool:
        return (file.seed is None) == self.greedy


class _Grown(NamedTuple):
    """A file that grew, where it lies as it was, and how long its new journal was when it was written."""

    file: Path
    aside: Path
    size: int


class BeforeGrowth:
    """What grew, as it was. when: the name of the folder under superseded/."""

    def __init__(self, when: str) -> None:
        self._when = when
        self._grown: list[_Grown] = []
        self._numbers: list[tuple[Path, Path]] = []

    def keep_journal(self, journal: Path) -> None:
        """Copy a journal that is about to be replaced. Raises NorthstarError."""
        with cannot_write(aside := self._aside(journal)):
            shutil.copyfile(journal, aside)

    def grew(self, file: OutputFile) -> None:
        """Take note that the new journal of a file is there; an output moves away. Raises NorthstarError."""
        with cannot_write(aside := self._aside(file.path)):
            if not file.is_journal:
                file.path.rename(aside)
            self._grown.append(_Grown(file.path, aside, journal_beside(file.path).stat().st_size))

    def move_numbers(self, benchmark: Path) -> None:
        """Move a benchmark's metrics files away if any of its files grew. Raises NorthstarError."""
        if not any(each.file.is_relative_to(benchmark) for each in self._grown):
            return
        for file in metrics_files(benchmark).values():
            if is_there(file):
                with cannot_write(aside := self._aside(file)):
                    file.rename(aside)
                self._numbers.append((file, aside))
        drop_metrics(benchmark)

    @property
    def files(self) -> list[OutputFile]:
        return [found for each in self._grown if (found := output_file(each.file)) is not None]

    def has_all(self, there: Iterable[OutputFile]) -> bool:
        """Whether no answer was added since, to what grew or to any other of the files that are there now."""
        sizes = {journal_beside(each.file): each.size for each in self._grown}
        if any(_size(journal) != size for journal, size in sizes.items()):
            return False
        return not any(file.path not in sizes and holds_answers(file) for file in there)

    def put_back(self) -> None:
        """Put all back where `has_all`, while the locks are held. Raises NorthstarError."""
        for file, aside, _ in self._grown:
            with cannot_write(file):
                aside.replace(file)
                if (journal := journal_beside(file)) != file:
                    journal.unlink(missing_ok=True)
        for file, aside in self._numbers:
            restore_metrics(file, aside)
            with cannot_write(file):
                aside.replace(file)
        for folder in {each.aside.parent for each in self._grown}:
            with suppress(OSError):  # still holds files of other runs
                folder.rmdir()
                folder.parent.rmdir()
        self._grown, self._numbers = [], []

    def _aside(self, file: Path) -> Path:
        folder = superseded_folder(file.parent, self._when)
        with cannot_write(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / file.name


def grow(folder: Path, growth: Growth, before: BeforeGrowth) -> None:
    """Turn the outputs and journals of a benchmark, and of its judges, into journals of more rows.

    Each file is replaced by a rename, so that a killed process leaves it as it was or as it is to be; a second call
    goes on with the rest. Of processes that grow the same results at once, such as jobs of one submission, the first
    turns them, and the others wait for it.

    Args:
        folder: The benchmark's folder.
        growth: The rows.
        before: Keeps the files as they were.

    Raises:
        NorthstarError: A file is damaged, is of a part of the rows, or is being written by another process.
    """
    with locked(growth_lock(folder), str(folder), wait=True):
        for place in (folder, *judgement_folders(folder)):
            remove_leftovers(place)
            for file in [file for file in output_files(place) if growth.takes(file)]:
                _grow_file(file, growth, before, of_judge=place != folder)
        before.move_numbers(folder)


def is_unused(folder: Path, growth: Growth, before: BeforeGrowth, locks: Locks) -> bool:
    """Whether results have no answer more since they grew, and no other process may add some: takes their locks."""
    try:
        with locked(growth_lock(folder), str(folder)):
            for file in before.files:
                locks.take(shard_lock(file.path.parent, file.stem), str(file.path))
            places = (folder, *judgement_folders(folder))
            return before.has_all(file for place in places for file in output_files(place) if growth.takes(file))
    except Held:
        return False


def _grow_file(file: OutputFile, growth: Growth, before: BeforeGrowth, *, of_judge: bool) -> None:
    """Turn one file, unless it has no answers, or is of so many rows already."""
    if not _is_to_grow(file, growth):
        return
    if file.is_chunk:
        raise NorthstarError(
            f"{file.path} has a part of the rows (--num_chunks), which can't be made more: finish all parts first, or "
            "choose another --output_dir."
        )
    folder = file.path.parent
    if file.is_whole and is_there(journal_beside(file.path)):  # what a killed process leaves was removed
        raise NorthstarError(f"{journal_beside(file.path)} has answers that its output lacks; move one of them away.")
    with ExitStack() as stack:
        for lock in (shard_lock(folder, file.stem), join_lock(folder, file.seed)):
            stack.enter_context(locked(lock, str(file.path)))
        if not _is_to_grow(file, growth):  # another process finished it just now
            return
        if file.is_journal:
            before.keep_journal(file.path)
        lines = _of_journal(file.path, growth) if file.is_journal else _of_output(file.path, growth, of_judge=of_judge)
        with whole_file(journal_beside(file.path)) as journal:
            journal.write(sealed(_header(file, growth)) + b"\n")
            journal.writelines(lines)
        before.grew(file)


def _is_to_grow(file: OutputFile, growth: Growth) -> bool:
    """Whether a file has answers, and not yet as many rows as asked: another process may have grown or finished it."""
    if file.is_journal:
        return _rows_of(file.path) != len(growth.after) and holds_answers(file)
    return is_there(file.path) and lines_of(file.path) != len(growth.after)


def _header(file: OutputFile, growth: Growth) -> Header:
    return Header(journal=FORMAT, benchmark=growth.benchmark, seed=file.seed, first_row=0, rows=len(growth.after))


def _rows_of(journal: Path) -> int:
    """How many rows a journal is for; 0 for one without a readable header, which opening it reports."""
    check_regular(journal)
    with journal.open("rb") as lines:
        try:
            return journal_line.read_header(lines.readline().rstrip(b"\n")).rows
        except DAMAGE:
            return 0


def _of_journal(path: Path, growth: Growth) -> Iterator[bytes]:
    """Yield a journal's lines but for the header, with their rows' new numbers; a torn last line is dropped."""
    places = growth.places()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1 or not line.endswith(b"\n"):
                continue
            try:
                content = msgspec.to_builtins(journal_line.whole(line[:-1]))
            except DAMAGE as error:
                raise NorthstarError(f"{path}, line {number}: damaged ({error}). Restore the file.") from None
            kept = {key: value for key, value in content.items() if key != "crc" and value is not None}
            yield sealed({**kept, "row": places[content["row"]]}) + b"\n"


def _of_output(path: Path, growth: Growth, *, of_judge: bool) -> Iterator[bytes]:
    """Yield two lines for each record of an output: its generation and its grade."""
    places = growth.places()
    with path.open("rb") as lines:
        count = 0
        for number, line in enumerate(lines, start=1):
            record, count = parsed_record(path, number, line, _decode), number
            if number > len(places):
                break
            row = growth.before.row(number - 1)
            if record.get("id") != row["id"]:
                raise NorthstarError(
                    f"{path}, line {number}: the row is {record.get('id')!r}, not {row['id']!r} as asked; was the file "
                    "changed by hand? Restore it, or choose another --output_dir."
                )
            generation, grade = _judgement_of(record) if of_judge else _parts_of(record, row)
            yield sealed({"row": places[number - 1], "generation": generation}) + b"\n"
            yield sealed({"row": places[number - 1], "grade": grade}) + b"\n"
    if count != len(places):
        raise NorthstarError(
            f"{path} has {counted(count, 'row')}, but {len(places)} were asked. Restore it, or choose another "
            "--output_dir."
        )


def _parts_of(record: Mapping[str, Any], row: Row) -> tuple[Generation, dict[str, Any]]:
    """Return the generation and the grade that a record was made from; see outputs.record."""
    grade = {
        key: value
        for key, value in record.items()
        if key not in _GENERATION and key not in _not_of_grade() and (key not in row or row[key] != value)
    }
    return _generation(record.items()), grade


def _judgement_of(record: Mapping[str, Any]) -> tuple[Generation, dict[str, Any]]:
    grade = {key: value for key, value in record.items() if key not in _GENERATION and key not in _OF_JUDGEMENT}
    return _generation([*record.items(), ("generation", record["judgement"])]), grade


def _generation(fields: Iterable[tuple[str, Any]]) -> Generation:
    return msgspec.convert({key: value for key, value in fields if key in _GENERATION}, Generation)


def _not_of_grade() -> frozenset[str]:
    return frozenset((*judged.FIELDS, IMPORTED))


def _size(file: Path) -> int:
    return file.stat().st_size if is_there(file) else -1
