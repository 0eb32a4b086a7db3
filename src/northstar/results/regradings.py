"""New grades of finished generations: the lines of their files, and the journal that collects them."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import msgspec

from northstar.core.records import Generation, Grade, Row, Times
from northstar.core.regular import check_regular, is_there
from northstar.data.rows import RowFile
from northstar.results import journal_line
from northstar.results.journal import Counts, Journal
from northstar.results.journal_line import DAMAGE, Header
from northstar.results.record_lines import parsed_record

_generation = msgspec.json.Decoder(Generation).decode


def regraded_record(row: Row, generation: Generation, grade: Grade) -> dict[str, Any]:
    """Return one line of a file of new grades; the times tell which generation it is of."""
    line = {"id": row["id"]} | ({"expected_answer": row["expected_answer"]} if "expected_answer" in row else {})
    times = {name: getattr(generation, name) for name in ("generation_start_time", "generation_end_time")}
    return {**line, **grade, **times}


class _Line(Times, frozen=True):
    id: msgspec.Raw = msgspec.Raw()


_line = msgspec.json.Decoder(_Line).decode


def is_of(output: Path, grades: Path) -> bool:
    """Return whether a file of new grades is there and of the generations in `output`. Raises NorthstarError."""
    if not is_there(grades):
        return False
    check_regular(output)
    with output.open("rb") as records, grades.open("rb") as graded:
        pairs = zip(records, graded, strict=True)
        try:
            return all(
                parsed_record(output, number, record, _line) == parsed_record(grades, number, grade, _line)
                for number, (record, grade) in enumerate(pairs, start=1)
            )
        except ValueError:  # one has more lines
            return False


class RegradingJournal(Journal):
    """The journal of an output that is graded anew: it holds the grades alone, the output the generations."""

    def __init__(
        self, path: Path, records: RowFile, *, benchmark: str, seed: int | None, counts: Counts | None = None
    ) -> None:
        """Open or create `path` and replay it, unless it is of other generations: then start it anew."""
        self._records = records
        if _first_line_says(path) not in ("", records.sha256):
            path.unlink()
        rows = range(len(records))
        super().__init__(path, benchmark=benchmark, seed=seed, rows=rows, counts=counts, of=records.sha256)

    def generation(self, row: int) -> Generation:
        return self._records.decoded(row, _generation)

    def _replay(self, expected: Header) -> None:
        self.generations = len(self._records)
        self._generated = array("q", [0]) * self.generations
        super()._replay(expected)


def _first_line_says(journal: Path) -> str:
    """Return the checksum of the output that a journal grades; '' if it cannot be told."""
    if not is_there(journal):
        return ""
    with journal.open("rb") as lines:
        try:
            return journal_line.read_header(lines.readline().rstrip(b"\n")).of
        except DAMAGE:  # replaying it reports the damage
            return ""
