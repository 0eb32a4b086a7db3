"""What a file of another tool says, in one form for all tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from northstar.core.errors import NorthstarError

Seconds = Annotated[float, msgspec.Meta(ge=0, le=2**53)]
Tokens = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
"""A seed or an epoch."""
TEXT_FIELDS = ("problem", "question", "input", "prompt")
"""Where tools keep a problem's text, the likeliest first; in any case of letters."""
ID_FIELDS = ("id", "unique_id", "question_id")


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One generation. Times are Unix seconds, 0 where unknown."""

    text: str
    reasoning: str | None = None
    finish_reason: str | None = None
    generated_tokens: int | None = None
    prompt_tokens: int | None = None
    started: float = 0.0
    ended: float = 0.0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One problem's answers in a file.

    Attributes:
        place: Where it stands: 'line 12', 'samples/3_epoch_1.json'.
        id: The problem's id, if the file has one.
        text: The problem's text, if the file has a field for it.
        other_texts: Other texts of the record, one of which may be the problem's.
        reference: The reference answer that the tool compared with.
        seed: The number of the first answer in this file, from 0.
        answers: The answers, of consecutive seeds; none where the tool got none.
    """

    place: str
    id: str | int | None = None
    text: str | None = None
    other_texts: tuple[str, ...] = ()
    reference: Any = None
    seed: int = 0
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class About:
    """What a file says of itself.

    Attributes:
        group: What it belongs to: a task's name, or a folder. Files of several groups are not mixed.
        model: The model that answered.
        sampling: What is known of the sampling, by the names of run.json: {'inference.temperature': 0.7}.
    """

    group: str
    model: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A form of files. read: yields what a file holds, the same each time. about: what the file says of itself."""

    name: str
    read: Callable[[Path], Iterator[Found]]
    about: Callable[[Path], About]


def malformed(path: Path, place: str, why: object) -> NorthstarError:
    """Make the error for a file that cannot be read: where, and why."""
    return NorthstarError(f"{path}, {' '.join(place.split())}: {why}.")  # a place may be a stranger's name


def named_text(fields: Mapping[str, Any]) -> str | None:
    """Return the problem's text among a record's fields; None without a field that is known to hold it.

    >>> named_text({"ID": "2024-I-1", "Problem": "What is 3 + 4?"})
    'What is 3 + 4?'
    """
    by_lower = {name.lower(): value for name, value in fields.items()}
    texts = (by_lower.get(name) for name in TEXT_FIELDS)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def named_id(fields: Mapping[str, Any]) -> str | int | None:
    """Return the problem's own id among a record's fields."""
    ids = (fields.get(name) for name in ID_FIELDS)
    return next((each for each in ids if isinstance(each, str | int) and not isinstance(each, bool)), None)
