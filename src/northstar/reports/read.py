"""Reads a benchmark's finished outputs into Scores, skipping the long texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from northstar.core.errors import NorthstarError
from northstar.core.records import ToolUse
from northstar.core.regular import check_regular
from northstar.core.text import counted
from northstar.metrics.answers import JUDGE_SCORE
from northstar.metrics.arrays import FloatArray, IntArray
from northstar.metrics.labels import LabelMetrics
from northstar.metrics.pairs import PairMetrics
from northstar.metrics.scores import Scores
from northstar.reports.answers import Answer, Count, Generated, Judged, Tally, text_key
from northstar.reports.numbers.columns import SPANS, busy, coded, tool_use
from northstar.reports.numbers.given import given_labels
from northstar.reports.numbers.paces import OF_STREAMS, paces_of
from northstar.reports.seeds import NO_TEXT
from northstar.results.record_lines import parsed_record
from northstar.task.metrics import Metrics


@dataclass(frozen=True)
class Usage:
    """Tokens of all generations, sent and generated, as the server counted them."""

    prompt_tokens: int
    completion_tokens: int

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


NO_USAGE = Usage(0, 0)
NO_PACES = np.empty((0, 2))


@dataclass(frozen=True)
class Results:
    """The content of a benchmark's outputs.

    Attributes:
        answers: Counts of generations without an answer, by reason; `judgements` the same for a judge.
        texts: [rows, k]. Equal numbers are equal texts; NO_TEXT is none.
        ungraded: Why gradings gave no verdict.
        lacking: Of each answer that lacks the verdict of an instruction: what its verifier has not found here.
        verdicts: Of a judge: seed by seed, row by row, the label that it gave, NOT_ASKED, or None where none was read.
        ids: [rows], the rows' ids.
        paces: [n, 2], when the tokens of streamed answers came (numbers/paces.py).
    """

    scores: Scores
    usage: Usage
    answers: Tally
    texts: IntArray
    judge_usage: Usage | None = None
    judgements: Tally | None = None
    ungraded: Sequence[str] = ()
    lacking: Sequence[str] = ()
    verdicts: Sequence[Sequence[str | None]] | None = None
    ids: Sequence[str | int | None] = ()
    paces: FloatArray = field(default_factory=lambda: NO_PACES)


def read_results(
    files: Sequence[Path],
    metrics: Metrics,
    judged: Sequence[Path] | None = None,
    max_rows: int | None = None,
    *,
    calls_count: bool = False,
    with_texts: bool = True,
    regraded: Sequence[Path] | None = None,
    offers_tool: bool = False,
) -> Results:
    """Read one file per seed, and their judgements.

    Args:
        files: The outputs, by seed.
        metrics: Says which fields to read.
        judged: The judgements of each output, if any.
        max_rows: Read only this many rows.
        calls_count: The benchmark asks for tool calls.
        with_texts: Also fill `texts`; without them it takes a quarter less time.
        regraded: New grades of each output, in place of those in its records.
        offers_tool: Northstar offered the model a tool.

    Raises:
        NorthstarError: A line is malformed, a row occurs twice, or seeds have different rows.
    """
    mine = [name for name in metrics.scores if name != JUDGE_SCORE]
    answers = Tally()
    texts: list[list[int]] = [[] for _ in files]
    of_grades = _fields(mine, metrics)
    of_rows: dict[str, Any] = {} if metrics.subset is None else {metrics.subset: _LABEL}
    of_rows |= {"tool_use": ToolUse | None} if offers_tool else {}
    fields = of_rows | _COUNTED if regraded is not None else of_grades | of_rows | _COUNTED
    columns = [
        _read(
            file,
            fields,
            max_rows,
            Generated,
            answers,
            keys if with_texts else None,
            calls_count=calls_count,
        )
        for file, keys in zip(files, texts, strict=True)
    ]
    _check_rows(files, columns)
    graded = files if regraded is None else regraded
    if regraded is not None:
        new = [_read(file, {**of_grades, **_OF_ROW_AND_GRADE}, max_rows, Answer, Tally()) for file in regraded]
        _check_rows([files[0], *regraded], [columns[0], *new])
        columns = [
            {**column, **{name: each[name] for name in each if name != SPANS}}
            for column, each in zip(columns, new, strict=True)
        ]
    values = {name: _checked_scores(graded, columns, name) for name in mine}
    flags, judge_usage, judgements, given = {}, None, None, None
    if judged is not None:
        judgements = Tally()
        verdicts = [_read(file, _JUDGEMENT_FIELDS, max_rows, Judged, judgements) for file in judged]
        _check_rows([files[0], *judged], [columns[0], *verdicts])
        values[JUDGE_SCORE] = _numbers(verdicts, JUDGE_SCORE, 0.0)
        flags["judge_unparsed"] = _numbers(verdicts, "judge_unparsed", 0.0) > 0
        if isinstance(metrics, PairMetrics):
            values |= metrics.of_games(*([column[name] for column in verdicts] for name in PairMetrics.fields))
        if isinstance(metrics, LabelMetrics):
            values |= metrics.of_labels([column["judge_label"] for column in verdicts])
        judge_usage = _usage(verdicts)
        given = [given_labels(column) for column in verdicts]
    scores = Scores(
        values=values,
        answers=None if metrics.answer is None else coded([column[metrics.answer] for column in columns]),
        tokens=_numbers(columns, "num_generated_tokens", float("nan")),
        busy=[busy(column) for column in columns],
        flags=flags,
        weights=None if metrics.weight is None else _numbers(columns, metrics.weight, 0.0)[:, 0],
        **(tool_use(columns) if offers_tool else {}),
        labels=None if metrics.subset is None else [str(name or "") for name in columns[0][metrics.subset]],
    )
    return Results(
        scores,
        _usage(columns),
        answers,
        np.array(texts, dtype=np.int64).T,
        judge_usage,
        judgements,
        ungraded=_texts_of(columns, "grading_error"),
        lacking=[", ".join(each) for column in columns for each in column["ungraded"] if each],
        verdicts=given,
        ids=columns[0]["id"],
        paces=paces_of(columns),
    )


_Column = dict[str, Sequence[Any]]
"""One seed: field → a value per row."""


_LABEL = str | int | float | None
_OF_ROW_AND_GRADE: dict[str, Any] = {"id": str | int | None, "grading_error": str | None, "ungraded": list[str] | None}
_COUNTED: dict[str, Any] = {
    **_OF_ROW_AND_GRADE,
    "num_generated_tokens": Count | None,
    "num_prompt_tokens": Count | None,
    **OF_STREAMS,
}
_REQUIRED = bool | float
_JUDGEMENT_FIELDS: dict[str, Any] = {
    JUDGE_SCORE: bool | float | None,
    **PairMetrics.fields,
    **dict.fromkeys(("judge_label", "finish_reason"), str | None),
    "judge_unparsed": bool | float | None,
    **_COUNTED,
}


def _fields(scores: Sequence[str], metrics: Metrics) -> dict[str, Any]:
    """Return the types of a grade's wanted fields; the decoder skips all others."""
    fields: dict[str, Any] = dict.fromkeys(scores, bool | float)
    if metrics.answer is not None:
        fields[metrics.answer] = _LABEL
    if metrics.weight is not None:
        fields[metrics.weight] = Count | None
    return fields


def _read(
    file: Path,
    fields: dict[str, Any],
    most: int | None,
    base: type[Answer],
    tally: Tally,
    texts: list[int] | None = None,
    *,
    calls_count: bool = False,
) -> _Column:
    """Read the fields of a file's lines; `tally` counts their answers as `base`, `texts` collects a key of each."""
    # A record without its score is damaged; any other field may be missing.
    known: list[Any] = [
        (name, kind) if kind == _REQUIRED or name == JUDGE_SCORE else (name, kind, None)
        for name, kind in fields.items()
        if name != "finish_reason"  # the base has it
    ]
    decoder = msgspec.json.Decoder(msgspec.defstruct("Line", known, bases=(base,), kw_only=True))
    wanted = attrgetter(*fields)
    lines: list[tuple[Any, ...]] = []
    check_regular(file)
    try:
        with file.open("rb", buffering=1 << 18) as raw_lines:
            for number, raw in enumerate(raw_lines, start=1):
                if most is not None and number > most:
                    break
                line: Any = parsed_record(file, number, raw, decoder.decode)
                missing = tally.count(line, calls_count=calls_count)
                if texts is not None:
                    texts.append(NO_TEXT if missing else text_key(line, line.num_generated_tokens))
                lines.append((*wanted(line), line.spans))
    except OSError as error:
        raise NorthstarError(f"cannot read {file}: {error.strerror}.") from None
    if not lines:
        raise NorthstarError(f"{file} holds no record.")
    columns: _Column = dict(zip((*fields, SPANS), zip(*lines, strict=True), strict=True))
    _check_distinct(file, columns["id"])
    return columns


def _check_distinct(file: Path, ids: Sequence[str | int | None]) -> None:
    """Raise NorthstarError if a row occurs twice: rows are asked only once, with unique ids."""
    if len(set(ids)) == len(ids):
        return
    first: dict[str | int, int] = {}
    for number, name in enumerate(ids, start=1):
        if name is not None and (before := first.setdefault(name, number)) != number:
            raise NorthstarError(
                f"{file}, line {number}: the row {name!r} is also in line {before}. Restore the file, or "
                "move it away and run the same command again."
            )


def _check_rows(files: Sequence[Path], columns: Sequence[_Column]) -> None:
    """Raise NorthstarError unless all files have the same rows in the same order, as scores are joined by position."""
    first = columns[0]["id"]
    for file, column in zip(files, columns, strict=True):
        if len(column["id"]) != len(first):
            raise NorthstarError(
                f"{file} has {counted(len(column['id']), 'row')}, {files[0].name} has {len(first)}: they are not of "
                "one run. Move one of them elsewhere, or count the first rows alone with --max_samples."
            )
        if column["id"] != first:
            line = next(
                number for number, (one, other) in enumerate(zip(first, column["id"], strict=True)) if one != other
            )
            raise NorthstarError(
                f"{file}, line {line + 1}: the row is {column['id'][line]!r}, but {first[line]!r} in {files[0].name}; "
                "they are not of one run, or were changed since."
            )


def _checked_scores(files: Sequence[Path], columns: Sequence[_Column], name: str) -> Any:
    """Return [rows, k] of a score. Raises NorthstarError if one is outside 0..1."""
    for file, column in zip(files, columns, strict=True):
        for number, value in enumerate(column[name], start=1):
            if not 0 <= value <= 1:
                raise NorthstarError(f"{file}, line {number}: {name} is {value:g}, not between 0 and 1.")
    return _numbers(columns, name, 0.0)


def _numbers(columns: Sequence[_Column], name: str, missing: float) -> Any:
    """Return [rows, k] of one field."""
    by_seed = [[missing if value is None else float(value) for value in column[name]] for column in columns]
    return np.array(by_seed, dtype=np.float64).reshape(len(columns), -1).T


def _texts_of(columns: Sequence[_Column], name: str) -> list[str]:
    """Return all texts of one field."""
    return [str(value) for column in columns for value in column[name] if value is not None]


def _usage(columns: Sequence[_Column]) -> Usage:
    prompt = sum(int(value or 0) for column in columns for value in column["num_prompt_tokens"])
    return Usage(prompt, sum(int(value or 0) for column in columns for value in column["num_generated_tokens"]))
