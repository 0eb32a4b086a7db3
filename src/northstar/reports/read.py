"""Reads a benchmark's finished outputs into Scores, skipping the long texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from northstar.errors import NorthstarError
from northstar.metrics.answers import AnswerMetrics
from northstar.metrics.scores import Scores

_SEED = re.compile(r"output-rs(\d+)\.jsonl")
_OPEN = re.compile(r"output(?:-rs(\d+))?(?:_chunk_(\d+)-of-(\d+))?\.jsonl(\.journal)?")


@dataclass(frozen=True)
class Outputs:
    """The files of one benchmark's folder. notes: what is there but not complete, a sentence each."""

    greedy: Path | None
    seeds: tuple[Path, ...]
    notes: tuple[str, ...]


def find_outputs(folder: Path) -> Outputs:
    """The complete outputs of a benchmark's folder, seeds in order."""
    seeds: list[tuple[int, Path]] = []
    unfinished: set[str] = set()
    greedy = folder / "output.jsonl"
    for file in sorted(folder.iterdir()):
        if match := _SEED.fullmatch(file.name):
            seeds.append((int(match[1]), file))
        elif file != greedy and (match := _OPEN.fullmatch(file.name)):
            unfinished.add("the greedy generation" if match[1] is None else f"seed {int(match[1])}")
    done = {f"seed {seed}" for seed, _ in seeds} | ({"the greedy generation"} if greedy.exists() else set())
    notes = tuple(
        f"{folder.name}: {name} is not complete and not counted; the same ns eval command goes on with it."
        for name in sorted(unfinished - done, key=lambda name: (len(name), name))
    )
    return Outputs(greedy if greedy.exists() else None, tuple(file for _, file in sorted(seeds)), notes)


def read_scores(files: Sequence[Path], metrics: AnswerMetrics, max_rows: int | None = None) -> Scores:
    """Read one file a seed. Raises NorthstarError for a malformed line, or seeds of different length."""
    decoder = msgspec.json.Decoder(_line_type(metrics))
    columns = [_Column.read(file, decoder, metrics, max_rows) for file in files]
    rows = len(columns[0].tokens)
    for file, column in zip(files, columns, strict=True):
        if len(column.tokens) != rows:
            raise NorthstarError(
                f"{file} has {len(column.tokens)} rows, {files[0].name} has {rows}: they are not of one run. "
                "Summarise them apart, or use --max_samples."
            )
    return Scores(
        values={name: np.array([column.scores[name] for column in columns]).T for name in metrics.scores},
        answers=None if metrics.answer is None else _coded([column.answers for column in columns]),
        tokens=np.array([column.tokens for column in columns], dtype=np.float64).T.reshape(rows, len(files)),
        started=np.array([column.started for column in columns]),
        ended=np.array([column.ended for column in columns]),
    )


def _line_type(metrics: AnswerMetrics) -> type[msgspec.Struct]:
    """A struct of only the wanted fields: what a decoder isn't asked for, it skips."""
    fields: list[Any] = [(name, bool | float | None, None) for name in metrics.scores]
    if metrics.answer is not None:
        fields.append((metrics.answer, str | int | float | None, None))
    fields += [("num_generated_tokens", int | float | None, None)]
    fields += [("generation_start_time", float | None, None), ("generation_end_time", float | None, None)]
    return msgspec.defstruct("Line", fields)


@dataclass
class _Column:
    """One seed, a value a row."""

    scores: dict[str, list[float]]
    answers: list[str | None]
    tokens: list[float]
    started: float
    ended: float

    @classmethod
    def read(cls, file: Path, decoder: msgspec.json.Decoder[Any], metrics: AnswerMetrics, most: int | None) -> _Column:
        scores: dict[str, list[float]] = {name: [] for name in metrics.scores}
        answers: list[str | None] = []
        tokens: list[float] = []
        started, ended = float("inf"), float("-inf")
        with file.open("rb", buffering=1 << 18) as lines:
            for number, raw in enumerate(lines, start=1):
                if most is not None and number > most:
                    break
                try:
                    line = decoder.decode(raw)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise NorthstarError(f"{file}, line {number}: not a record ({error}).") from None
                for name, values in scores.items():
                    values.append(float(getattr(line, name) or 0.0))
                if metrics.answer is not None:
                    answer = getattr(line, metrics.answer)
                    answers.append(None if answer is None else str(answer).strip() or None)
                tokens.append(float("nan") if line.num_generated_tokens is None else line.num_generated_tokens)
                started = min(started, line.generation_start_time or float("inf"))
                ended = max(ended, line.generation_end_time or float("-inf"))
        return cls(scores, answers, tokens, started, ended)


def _coded(columns: Sequence[Sequence[str | None]]) -> Any:
    """[rows, k] of answers → equal integers for equal answers of a row, -1 for none."""
    coded = np.full((len(columns[0]), len(columns)), -1, dtype=np.int64)
    codes: dict[str, int] = {}
    for seed, answers in enumerate(columns):
        for row, answer in enumerate(answers):
            if answer is not None:
                coded[row, seed] = codes.setdefault(answer, len(codes))
    return coded
