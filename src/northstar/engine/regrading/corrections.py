"""Corrected reference answers, from a file of the user's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from northstar.core.errors import UsageError, did_you_mean
from northstar.core.parsing import Malformed, parsed
from northstar.core.records import Row
from northstar.core.regular import check_regular
from northstar.core.text import counted
from northstar.data.rows import RowFile

Id = str | int
_SHOWN = 5


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    expected_answer: Annotated[str, msgspec.Meta(min_length=1)] | int | float


_decode = msgspec.json.Decoder(_Line).decode


@dataclass(frozen=True)
class CorrectedRows:
    """The records of an output, some with another reference answer."""

    records: RowFile
    answers: Mapping[Id, str]

    def row(self, number: int) -> Row:
        row = self.records.row(number)
        return row if (answer := self.answers.get(row["id"])) is None else {**row, "expected_answer": answer}


def read_answers(path: Path) -> dict[Id, str]:
    """Read a file of corrected answers, {"id": …, "expected_answer": …} a line. Raises UsageError."""
    found: dict[Id, str] = {}
    check_regular(path)
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    _add(found, f"--answers: {path}, line {number}", line)
    except OSError as error:
        raise UsageError(f"--answers={path} cannot be read: {error.strerror}.") from None
    if not found:
        raise UsageError(f"--answers={path} holds no answer.")
    return found


def _add(found: dict[Id, str], where: str, line: bytes) -> None:
    try:
        answer = parsed(line, _decode)
    except Malformed as error:
        wanted = '{"id": "…", "expected_answer": "…"}'
        raise UsageError(f"{where}: it should be {wanted} ({error}).") from None
    if not str(answer.expected_answer).strip():
        raise UsageError(f"{where}: the answer of row {answer.id!r} is empty.")
    if answer.id in found:
        raise UsageError(f"{where}: the row {answer.id!r} has an answer already; leave one of the two.")
    found[answer.id] = str(answer.expected_answer)


def check_answers(path: Path, answers: Mapping[Id, str], rows: Mapping[Id, Row], benchmark: str) -> None:
    """Refuse answers to rows that are not there, or that can't be right. Raises UsageError."""
    if unknown := [name for name in answers if name not in rows]:
        shown = ", ".join(repr(name) for name in unknown[:_SHOWN]) + (" …" if len(unknown) > _SHOWN else "")
        hint = did_you_mean(str(unknown[0]), _as_texts(rows))
        raise UsageError(
            f"--answers: {path} has {counted(len(unknown), 'row')} that {benchmark} has not: {shown}.{hint}"
        )
    for name, answer in answers.items():
        row = rows[name]
        if "expected_answer" not in row:
            raise UsageError(f"--answers: {benchmark} is not graded by an expected_answer.")
        if isinstance(options := row.get("options"), dict) and answer not in options:
            raise UsageError(
                f"--answers: {path} says {answer!r} for row {name!r} of {benchmark}, whose options are "
                f"{', '.join(options)}."
            )


def _as_texts(names: Collection[Id]) -> list[str]:
    return [str(name) for name in names]


def fingerprint(answers: Mapping[Id, str]) -> str:
    """Return a checksum of corrected answers, in whatever order they are given."""
    text = json.dumps(sorted(([str(type(name)), str(name), answer] for name, answer in answers.items())))
    return hashlib.sha256(text.encode()).hexdigest()
