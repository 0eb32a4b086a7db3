"""What a report reads of each generation beside its scores: its times, its ending, and what groups its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from northstar.comparison.side import Side
from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular
from northstar.metrics.arrays import FloatArray, IntArray
from northstar.pages.verdict import Verdict, verdict_of
from northstar.results.record_lines import parsed_record

GROUPS = (
    *("category", "subject", "discipline", "domain", "subdomain", "kind", "language", "difficulty", "level"),
    *("platform", "bin"),
)
"""Fields of a row by which accuracy is shown."""
MOST_GROUPS = 40
_LONGEST_GROUP = 200
"""Characters; a longer value is a text, and no name of a group."""


@dataclass(frozen=True)
class Generations:
    """All generations of a benchmark.

    Attributes:
        verdicts: [rows, k], as numbers of Verdict.
        starts: [rows, k], Unix seconds; 0 where unknown.
        ends: The same.
        labels: Field → the value of each row, for fields that group the rows.
    """

    verdicts: IntArray
    starts: FloatArray
    ends: FloatArray
    labels: Mapping[str, Sequence[str]]


class _Line(msgspec.Struct):
    error: Any = None
    finish_reason: Any = None
    reasoning_unfinished: Any = None
    generation_start_time: float | None = None
    generation_end_time: float | None = None


_Grouped: Any = msgspec.defstruct("_Grouped", [(name, Any, None) for name in GROUPS], bases=(_Line,))


def read_generations(files: Sequence[Path], side: Side) -> Generations:
    """Read the outputs that `side` was read from. Raises NorthstarError if they have changed since."""
    score = next(side.scores.values[name] for name in side.metrics.scores if name in side.scores.values)
    answers = side.scores.answers
    shape = score.shape
    verdicts, starts, ends = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape)
    labels: dict[str, Sequence[str]] = {}
    for seed, file in enumerate(files):
        lines: list[Any] = _lines(file, _Grouped if seed == 0 else _Line)
        if len(lines) != shape[0]:
            raise NorthstarError(f"{file} has changed while it was read; run the same command again.")
        starts[:, seed] = [line.generation_start_time or 0.0 for line in lines]
        ends[:, seed] = [line.generation_end_time or 0.0 for line in lines]
        verdicts[:, seed] = [
            verdict_of(
                float(score[row, seed]),
                error=line.error,
                finish_reason=line.finish_reason if isinstance(line.finish_reason, str) else None,
                answered=answers is None or bool(answers[row, seed] >= 0),
                unfinished=bool(line.reasoning_unfinished),
            )
            for row, line in enumerate(lines)
        ]
        if seed == 0:
            labels = {name: found for name in GROUPS if (found := _labels(lines, name)) is not None}
    return Generations(verdicts, starts, ends, labels)


def _lines(file: Path, kind: type[_Line]) -> list[Any]:
    decode = msgspec.json.Decoder(kind).decode
    check_regular(file)
    try:
        with file.open("rb", buffering=1 << 18) as raw:
            return [parsed_record(file, number, line, decode) for number, line in enumerate(raw, start=1)]
    except OSError as error:
        raise NorthstarError(f"cannot read {file}: {error.strerror}.") from None


def _labels(lines: Sequence[Any], name: str) -> list[str] | None:
    """Return each row's value of a field; None unless it sorts the rows into a few groups."""
    values = [getattr(line, name) for line in lines]
    if not all(isinstance(value, str | int | float) or value is None for value in values):
        return None
    texts = ["(none)" if value is None else str(value) for value in values]
    if max(map(len, texts)) > _LONGEST_GROUP:
        return None
    return texts if 2 <= len(set(texts)) <= min(MOST_GROUPS, len(texts) / 2) else None


def shares_of(found: Generations) -> dict[Verdict, float]:
    """Return which share of the generations has each verdict, in its order."""
    return {verdict: float((found.verdicts == verdict).mean()) for verdict in Verdict}
