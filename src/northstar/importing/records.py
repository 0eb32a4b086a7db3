"""Reads NeMo-Skills' outputs, and any file with a record of `generation` in each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from northstar.importing.found import About, Answer, Found, Number, Seconds, Tokens, Tool, malformed, named_text
from northstar.importing.lines import records


class _Line(msgspec.Struct):
    """The fields that are read; all others are skipped.

    `_full_generation` is NeMo-Skills' for the text before the reasoning was cut off; `reasoning_content` is what its
    server separated, and `reasoning` what Northstar did.
    """

    generation: str | list[str]
    full: str | None = msgspec.field(default=None, name="_full_generation")
    id: str | int | None = None
    unique_id: str | int | None = None
    problem: Any = None
    question: Any = None
    input: Any = None
    prompt: Any = None
    expected_answer: Any = None
    seed: Number | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    finish_reason: str | None = None
    num_generated_tokens: Tokens | None = None
    num_prompt_tokens: Tokens | None = None
    num_input_tokens: Tokens | None = None
    generation_start_time: Seconds | None = None
    generation_end_time: Seconds | None = None
    error: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def _read(path: Path) -> Iterator[Found]:
    for place, line in records(path, _decode):
        if isinstance(line.generation, list) and line.full is not None:
            raise malformed(path, place, "several generations beside one _full_generation")
        yield Found(
            place=place,
            id=line.id if line.id is not None else line.unique_id,
            text=named_text({name: getattr(line, name) for name in ("problem", "question", "input", "prompt")}),
            reference=line.expected_answer,
            seed=line.seed or 0,
            answers=_answers(line),
        )


def _read_outputs(path: Path) -> Iterator[Found]:
    """Read an output of NeMo-Skills, whose name says its seed."""
    for found in _read(path):
        if len(found.answers) > 1:
            raise malformed(path, found.place, "several generations, in a file of one seed")
        yield msgspec.structs.replace(found, seed=0)


def _answers(line: _Line) -> tuple[Answer, ...]:
    """Return the answers; one that ended in an error is none."""
    if line.error is not None:
        return ()
    if isinstance(line.generation, list):
        return tuple(Answer(text=text) for text in line.generation)
    return (
        Answer(
            text=line.generation if line.full is None else line.full,
            reasoning=(line.reasoning_content or line.reasoning) if line.full is None else None,
            finish_reason=line.finish_reason,
            generated_tokens=line.num_generated_tokens,
            prompt_tokens=line.num_prompt_tokens if line.num_prompt_tokens is not None else line.num_input_tokens,
            started=line.generation_start_time or 0.0,
            ended=line.generation_end_time or 0.0,
        ),
    )


def _of_folder(path: Path) -> About:
    return About(group=str(path.parent))


NEMO_SKILLS = Tool("NeMo-Skills", _read_outputs, _of_folder)
RECORDS = Tool("JSON lines", _read, _of_folder)
