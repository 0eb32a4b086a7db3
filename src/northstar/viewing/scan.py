"""Reads of each record what a grid needs, skipping its long texts: one entry a generation."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from northstar.core.regular import check_regular
from northstar.models.reply.finish_reasons import Meaning, meaning_of
from northstar.pages.verdict import ANSWERS, SCORES, Verdict, verdict_of

ENTRY = np.dtype(
    [
        *(("row", "<i4"), ("verdict", "u1"), ("tokens", "<i4"), ("id", "<u8"), ("answer", "<u8")),
        *(("start", "<i8"), ("size", "<i4"), ("grade_start", "<i8"), ("grade_size", "<i4")),
        *(("began", "<f8"), ("ended", "<f8"), ("ending", "u1")),
    ]
)
"""A generation: its row; `id` and `answer`: hashes, 0 for none; where its line, and in a journal its grade's, stands.

`grade_start` is -1 in an output, and in a journal before the grade is there; `tokens` is -1 where unknown; `began` and
`ended`: when it was generated, as its record says; 0 where unknown; `ending`: CUT and UNFINISHED, added up.
"""
Entries = npt.NDArray[np.void]

LONGEST_LINE = 2**31 - 1
_ABSENT, _NULL = b"", b"null"
_RAW = msgspec.Raw(_ABSENT)
CUT, UNFINISHED = 1, 2
"""Of `ending`: the server cut it off; its reasoning never ended."""
_TIMES = ("generation_start_time", "generation_end_time")
_OF_GENERATION = ("finish_reason", "error", "reasoning_unfinished", "num_generated_tokens", *_TIMES)
_REMEMBERED: dict[int, dict[str, bytes]] = {
    Verdict.ERROR: {"error": b"true"},
    Verdict.CUT_OFF: {"finish_reason": b'"length"'},
}
_DAMAGE = (msgspec.DecodeError, ValueError, RecursionError)


class Scanned(NamedTuple):
    """What a stretch of a file holds.

    Attributes:
        end: Where its last whole line ends.
        lines: How many lines that is; `damaged` of them are no records.
        header: (first row, rows) of a journal's header, if it was in the stretch.
    """

    entries: Entries
    end: int
    lines: int
    damaged: int
    header: tuple[int, int] | None


class _Header(msgspec.Struct):
    journal: int
    first_row: int
    rows: int


class Scanner:
    """Scans outputs and journals of one benchmark.

    Args:
        scores: The fields of its main score; the first that a record has counts.
    """

    def __init__(self, scores: Sequence[str] = SCORES) -> None:
        self.scores = tuple(scores)
        grades = (*self.scores, *ANSWERS)
        record = _struct("Record", ("id", *_OF_GENERATION, *(name for name in grades if name != "id")))
        self._record = msgspec.json.Decoder(record).decode
        line = msgspec.defstruct(
            "Line",
            [
                ("row", int, -1),
                ("generation", _struct("Generated", _OF_GENERATION) | None, None),
                ("grade", _struct("Grade", grades) | None, None),
            ],
        )
        self._line = msgspec.json.Decoder(line).decode
        self._finishes: dict[bytes, str | None] = {}

    def output(self, path: Path, begin: int = 0, first_line: int = 0) -> Scanned:
        """Scan an output from a line's start; entries are numbered by their lines."""
        found: list[tuple[Any, ...]] = []
        end, number, damaged = begin, first_line, 0
        check_regular(path)
        with path.open("rb", buffering=1 << 20) as lines:
            lines.seek(begin)
            for line in lines:
                try:
                    fields = self._record(line)
                    hashes = (_hash(fields.id), self._answer(fields))
                    place = (end, len(line), -1, 0)
                    found.append(
                        (number, *self._judged(fields, fields), *hashes, *place, *_times(fields), self._ending(fields))
                    )
                except _DAMAGE:
                    damaged += 1
                end += len(line)
                number += 1
        return Scanned(_entries(found), end, number - first_line, damaged, None)

    def journal(self, path: Path, begin: int = 0, known: Entries | None = None) -> Scanned:
        """Scan a journal from a line's start; `known`: the entries of what stands before, which grades may complete."""
        before = _entries([]) if known is None else known
        by_row: dict[int, list[Any]] = {}  # only what is new or changes: a large journal grows by little at a time
        end, count, damaged, header = begin, 0, 0, None
        waiting: dict[int, Any] = {}
        check_regular(path)
        with path.open("rb", buffering=1 << 20) as lines:
            lines.seek(begin)
            for text in lines:
                if not text.endswith(b"\n"):
                    break  # it is being written
                try:
                    if end == 0 and count == 0:
                        read = _header(text)
                        header = (read.first_row, read.rows)
                    else:
                        self._take(self._line(text), end, len(text), by_row, waiting, before)
                except _DAMAGE:
                    damaged += 1
                end += len(text)
                count += 1
        return Scanned(
            _merged(before, _entries([tuple(each) for each in by_row.values()])), end, count, damaged, header
        )

    def _take(
        self,
        line: Any,
        start: int,
        size: int,
        by_row: dict[int, list[Any]],
        waiting: dict[int, Any],
        before: Entries,
    ) -> None:
        """Enter a line of a journal. Raises ValueError if it has no row."""
        if not 0 <= line.row < 2**31:
            raise ValueError("a line without a row")
        if line.generation is not None:
            verdict, tokens = self._judged(line.generation, None)
            by_row[line.row] = [line.row, verdict, tokens, 0, 0, start, size, -1, 0, *_times(line.generation)]
            by_row[line.row].append(self._ending(line.generation))
            waiting[line.row] = _plain(line.generation)
        elif line.grade is not None and (entry := by_row.get(line.row) or _found(before, line.row)) is not None:
            by_row[line.row] = entry
            kept = waiting.pop(line.row, None)
            if kept is None:  # it was scanned earlier; its verdict then says what of it counts
                kept = _REMEMBERED.get(entry[1], {})
            entry[1] = self._verdict(kept, line.grade)
            entry[4], entry[7], entry[8] = self._answer(line.grade), start, size

    def _judged(self, generation: Any, grade: Any) -> tuple[int, int]:
        kept = _plain(generation)
        tokens = _number(kept["num_generated_tokens"])
        known = tokens is not None and 0 <= tokens < 2**31
        return self._verdict(kept, grade), int(tokens) if known and tokens is not None else -1

    def _verdict(self, kept: dict[str, bytes], grade: Any) -> int:
        score, answered = None, True
        if grade is not None:
            values = (_score(bytes(getattr(grade, name))) for name in self.scores)
            score = next((value for value in values if value is not None), None)
            given = [value for name in ANSWERS if (value := bytes(getattr(grade, name))) != _ABSENT]
            answered = not given or any(value not in (_NULL, b'""') for value in given)
        error = kept.get("error", _ABSENT)
        return verdict_of(
            score,
            error=None if error in (_ABSENT, _NULL) else error,
            finish_reason=self._finish(kept.get("finish_reason", _ABSENT)),
            answered=answered,
            unfinished=kept.get("reasoning_unfinished", _ABSENT) == b"true",
        )

    def _ending(self, generation: Any) -> int:
        finish = self._finish(bytes(generation.finish_reason))
        cut = bool(finish) and meaning_of(finish) is Meaning.CUT_OFF
        return CUT * cut + UNFINISHED * (bytes(generation.reasoning_unfinished) == b"true")

    def _finish(self, raw: bytes) -> str | None:
        if raw not in self._finishes:
            value = msgspec.json.decode(raw) if raw[:1] == b'"' and len(raw) < 200 else None
            if len(self._finishes) > 1000:
                return value
            self._finishes[raw] = value
        return self._finishes[raw]

    def _answer(self, grade: Any) -> int:
        for name in ANSWERS:
            raw = bytes(getattr(grade, name))
            if raw not in (_ABSENT, _NULL, b'""'):
                return _hash(raw)
        return 0


def _struct(name: str, fields: Sequence[str]) -> Any:
    return msgspec.defstruct(name, [(field, msgspec.Raw, _RAW) for field in dict.fromkeys(fields)], kw_only=True)


def _header(line: bytes) -> _Header:
    found = msgspec.json.decode(line, type=_Header)
    if not (0 <= found.first_row < 2**31 and 0 <= found.rows < 2**31):
        raise ValueError("no header")
    return found


def _plain(generation: Any) -> dict[str, bytes]:
    """Copy the few short fields; a Raw would keep its whole line."""
    return {name: bytes(getattr(generation, name)) for name in _OF_GENERATION}


def _times(generation: Any) -> list[float]:
    return [_number(bytes(getattr(generation, name))) or 0.0 for name in _TIMES]


def _hash(raw: Any) -> int:
    text = bytes(raw)
    return 0 if text in (_ABSENT, _NULL) else int.from_bytes(blake2b(text, digest_size=8).digest(), "little") or 1


def _score(raw: bytes) -> float | None:
    if raw in (b"true", b"false"):
        return float(raw == b"true")
    return _number(raw)


def _number(raw: bytes) -> float | None:
    if raw[:1] not in b"-0123456789" or not raw:
        return None
    try:
        return float(raw)
    except ValueError:
        return None


def _found(entries: Entries, row: int) -> list[Any] | None:
    """Return the entry of a row, of entries in the order of their rows; None if there is none."""
    place = int(np.searchsorted(entries["row"], row))
    return list(entries[place].tolist()) if place < len(entries) and entries["row"][place] == row else None


def _merged(before: Entries, new: Entries) -> Entries:
    """Return the entries of both in the order of their rows; of a row in both, the new one."""
    both = np.concatenate([before[~np.isin(before["row"], new["row"])], new])
    return both[np.argsort(both["row"], kind="stable")]


def _entries(found: Sequence[tuple[Any, ...]]) -> Entries:
    return np.array([each for each in found if each[6] <= LONGEST_LINE], dtype=ENTRY)
