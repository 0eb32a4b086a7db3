"""Turns finished work into output files: complete, in row order, with chunks joined."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from northstar.core.atomic import whole_file
from northstar.core.lock import locked
from northstar.core.records import Generation, Grade, Row
from northstar.core.regular import is_there
from northstar.data.rows import Rows
from northstar.results import judgement_files as judged
from northstar.results.journal import Journal
from northstar.results.layout import Shard, join_lock, output_path, path_of, whole_path

IMPORTED = "imported"
"""The field that names the tool which generated an imported record."""
_encode = msgspec.json.Encoder().encode
_ROWS_A_BREATH = 64
"""Records to write before yielding to other tasks; a record takes about 50 µs."""


def record(row: Row, generation: Generation, grade: Grade) -> dict[str, Any]:
    """Return one line of an output file: the row's fields, the generation and the grade."""
    merged: dict[str, Any] = {
        **{key: value for key, value in row.items() if key not in _OURS},
        "generation": generation.generation,
        "finish_reason": generation.finish_reason,
        "num_generated_tokens": generation.num_generated_tokens,
        "num_prompt_tokens": generation.num_prompt_tokens,
        "generation_start_time": generation.generation_start_time,
        "generation_end_time": generation.generation_end_time,
    }
    if generation.reasoning is not None:
        merged["reasoning"] = generation.reasoning
    if generation.num_reasoning_tokens is not None:
        merged["num_reasoning_tokens"] = generation.num_reasoning_tokens
    if generation.time_to_first_token is not None:
        merged["time_to_first_token"] = generation.time_to_first_token
    if generation.time_between_tokens is not None:
        merged["time_between_tokens"] = generation.time_between_tokens
    if generation.reasoning_unfinished:
        merged["reasoning_unfinished"] = True
    if generation.end_not_found:
        merged["end_not_found"] = True
    if generation.end_unopened:
        merged["end_unopened"] = True
    if generation.error is not None:
        merged["error"] = generation.error
    if generation.out_of_context:
        merged["out_of_context"] = True
    if generation.reduced_to is not None:
        merged["reduced_to"] = generation.reduced_to
    if generation.tool_calls is not None:
        merged["tool_calls"] = generation.tool_calls
    if generation.steps is not None:
        merged["steps"] = generation.steps
    if generation.turns is not None:
        merged["turns"] = generation.turns
    if generation.tool_use is not None:
        merged["tool_use"] = generation.tool_use
    return merged | origin_fields(generation) | dict(grade)


def record_of_input(row: Row, generation: Generation, grade: Grade) -> dict[str, Any]:
    """Return a line about a row of a user's file: fields of its own that ours would replace are kept as `input_…`.

    >>> record_of_input({"id": 1, "generation": "before"}, Generation(generation="now"), {})["input_generation"]
    'before'
    """
    taken = [name for name in row if name in _OURS or name in _OF_ANSWER]
    if taken:
        row = {_beside(name, row) if name in taken else name: value for name, value in row.items()}
    return record(row, generation, grade)


def _beside(name: str, row: Row) -> str:
    """Return the first name that is free for a row's field."""
    while name in row or name in _OURS or name in _OF_ANSWER:
        name = f"input_{name}"
    return name


def origin_fields(generation: Generation) -> dict[str, str]:
    """Return the generation's origin, where it differs from that of the first answer."""
    fields = {"answered_by": generation.answered_by, "system_fingerprint": generation.system_fingerprint}
    return {name: value for name, value in fields.items() if value is not None}


_OURS = frozenset(
    (
        *("reasoning", "reasoning_unfinished", "error", "out_of_context", "reduced_to", "tool_calls", "steps", "turns"),
        *("end_not_found", "end_unopened", "answered_by", "system_fingerprint", "tool_use", IMPORTED),
        *("num_reasoning_tokens", "time_to_first_token", "time_between_tokens"),
        *judged.FIELDS,
    )
)
"""Fields that only Northstar may set: a dataset's own column of that name is dropped."""

_OF_ANSWER = frozenset(
    (
        *("generation", "finish_reason", "num_generated_tokens", "num_prompt_tokens"),
        *("generation_start_time", "generation_end_time"),
    )
)
"""The fields of every answer."""


def is_ours(name: str) -> bool:
    """Whether records have a field of that name which is not the row's."""
    return name in _OURS or name in _OF_ANSWER


RecordOf = Callable[[Row, Generation, Grade], dict[str, Any]]


class Answers(Protocol):
    """Has the generation and the grade of each row of a shard: a journal, or several together."""

    def generation(self, row: int) -> Generation: ...
    def grade(self, row: int) -> Grade: ...


async def write_output(folder: Path, shard: Shard, rows: Rows, journal: Journal, record_of: RecordOf) -> None:
    """Write the shard's records in row order and remove its journal; join the chunks if this was the last one."""
    await write_records(folder, shard, rows, journal, record_of)
    await asyncio.to_thread(journal.path.unlink)  # slow for a file of a gigabyte
    if shard.num_chunks > 1:
        await asyncio.to_thread(join_chunks, folder, shard)


async def write_records(
    folder: Path, shard: Shard, rows: Rows, answers: Answers, record_of: RecordOf, *, once: bool = False
) -> None:
    """Write the shard's records in row order. once: unless its output is there by then, of another node."""
    with whole_file(output_path(folder, shard), once=once) as file:
        for position, row in enumerate(shard.rows):
            merged = record_of(rows.row(row), answers.generation(row), answers.grade(row))
            file.write(_encode(merged) + b"\n")
            if position % _ROWS_A_BREATH == 0:
                await asyncio.sleep(0)
        await asyncio.to_thread(_bring_to_disk, file)  # at the block's end it would hold up all requests


def _bring_to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def finish_joining(folder: Path, shard: Shard) -> None:
    """Join the seed's chunks if all exist and the writer of the last one was killed before it could."""
    if shard.num_chunks > 1 and not is_there(whole_path(folder, shard.seed)):
        join_chunks(folder, shard)


def join_chunks(folder: Path, shard: Shard) -> None:
    """Join the chunks of the shard's seed in order, if all exist. Safe beside another job that does the same."""
    output = whole_path(folder, shard.seed)
    chunks = [path_of(folder, stem) for stem in shard.siblings]
    with locked(join_lock(folder, shard.seed), str(output), wait=True):
        if not all(is_there(chunk) for chunk in chunks):
            return
        with whole_file(output) as whole:
            for chunk in chunks:
                with chunk.open("rb") as part:
                    shutil.copyfileobj(part, whole, 1 << 20)
        for chunk in chunks:
            chunk.unlink()
