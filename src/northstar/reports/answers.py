"""Counts why generations have no answer, by their records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, NamedTuple

import msgspec

from northstar.graders.judgement import NOTHING_TO_JUDGE
from northstar.models.refusal_words import speaks_of_filter
from northstar.models.reply.finish_reasons import Meaning, Withheld, meaning_of, withheld_by
from northstar.reports.error_kinds import kind_of

LONGEST_ERROR = 200


class Reason(Enum):
    """Why a generation has no answer, or one whose reader should know something; the value is its metrics.json name."""

    CONTEXT = "out_of_context"
    ERROR = "error"
    WITHHELD = "withheld"
    REFUSED = "refused"
    UNUSABLE = "unusable_to_server"
    REASONING_CUT = "reasoning_cut_off"
    END_NOT_FOUND = "reasoning_without_end"
    REASONING_ALONE = "reasoning_alone"
    CALLS_ALONE = "tool_calls_alone"
    TOOL_LIMIT = "tool_limit"
    CUT_BEFORE_TEXT = "cut_off_before_text"
    EMPTY = "empty"
    CUT_OFF = "cut_off"
    UNKNOWN_ENDING = "unknown_finish_reason"


_WITHHELD = {
    Withheld.FILTERED: Reason.WITHHELD,
    Withheld.DECLINED: Reason.REFUSED,
    Withheld.UNUSABLE: Reason.UNUSABLE,
}


class Found(NamedTuple):
    """A reason; `detail` is the error's start or the finish reason, `missing` whether there is no answer."""

    reason: Reason
    detail: str = ""
    missing: bool = True
    of_error: bool = False


Seconds = Annotated[float, msgspec.Meta(ge=0, le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)] | Seconds
"""A plausible count or duration; any other number means a damaged record."""
_NONE, _NO_TEXT = msgspec.Raw(b"null"), msgspec.Raw(b'""')


class Answer(msgspec.Struct):
    """The inspected fields of one answer. Texts stay undecoded and refer to the line, so don't keep them.

    `finish_reason` is None if the server gave none, and unset if the record has no such field.
    """

    generation: msgspec.Raw = _NO_TEXT
    reasoning: msgspec.Raw = _NONE
    reasoning_unfinished: bool | None = False
    end_not_found: bool | None = False
    end_unopened: bool | None = False
    finish_reason: str | msgspec.UnsetType | None = msgspec.UNSET
    error: str | None = None
    out_of_context: bool | None = False
    tool_calls: msgspec.Raw = _NONE
    answered_by: str | None = None
    system_fingerprint: str | None = None
    generation_start_time: Seconds | None = 0.0
    generation_end_time: Seconds | None = 0.0

    @property
    def spans(self) -> list[tuple[float, float]]:
        """The known start and end times of its parts, in Unix seconds."""
        parts = [part for part in self.parts if part.generation_start_time] or [self]
        return [
            (part.generation_start_time, part.generation_end_time)
            for part in parts
            if part.generation_start_time and part.generation_end_time
        ]

    @property
    def text(self) -> msgspec.Raw:
        return self.generation

    @property
    def parts(self) -> Sequence[Answer]:
        """The answers that make it up."""
        return (self,)


class Generated(Answer):
    """A generation of one or several answers."""

    turns: list[Answer] | None = None
    steps: list[Answer] | None = None

    @property
    def parts(self) -> Sequence[Answer]:
        return self.turns or self.steps or (self,)


class Judged(Answer):
    """A judgement, whose text has another name."""

    judgement: msgspec.Raw = _NO_TEXT

    @property
    def text(self) -> msgspec.Raw:
        return self.judgement


@dataclass
class Tally:
    """Counts of generations by their answers.

    Attributes:
        total, missing: Generations, and those without an answer.
        unasked: Judgements that no judge was asked for.
        refusals: Answers that decline in words.
        details: Reason → finish reasons, or kinds of errors, with their counts.
        examples: The first error of each kind.
        answered_by, fingerprints: Origins that differ from the first answer's.
        unopened: Generations that end a reasoning that nothing visibly opens.
        unparted: Generations graded in full, without a separate reasoning.
    """

    total: int = 0
    missing: int = 0
    unasked: int = 0
    refusals: int = 0
    reasons: Counter[Reason] = field(default_factory=Counter)
    details: dict[Reason, Counter[str]] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    answered_by: Counter[str] = field(default_factory=Counter)
    fingerprints: Counter[str] = field(default_factory=Counter)
    unopened: int = 0
    unparted: int = 0

    @property
    def asked(self) -> int:
        return self.total - self.unasked

    @property
    def is_empty(self) -> bool:
        """Whether answers were requested and none arrived."""
        return 0 < self.asked == self.missing

    def count(self, generated: Answer, *, calls_count: bool) -> bool:
        """Count one generation by its first reason; return whether it has no answer.

        `calls_count`: tool calls are answers, even without text.
        """
        self.total += 1
        self.unasked += generated.finish_reason == NOTHING_TO_JUDGE
        parts = generated.parts
        for part in parts:
            if part.answered_by is not None or part.system_fingerprint is not None:
                self._count_origins(parts)
                break
        found, missing = _looked_at(generated, calls_count=calls_count)
        self._count_ends(generated, parts, missing=missing)
        if found is not None:
            self.missing += missing
            self.refusals += found.reason is Reason.REFUSED and not missing
            kind = kind_of(found.detail) if found.of_error else found.detail
            self.reasons[found.reason] += 1
            self.details.setdefault(found.reason, Counter())[kind] += 1
            self.examples.setdefault(kind, found.detail)
        return missing

    def _count_origins(self, parts: Sequence[Answer]) -> None:
        self.answered_by.update({part.answered_by for part in parts if part.answered_by is not None})
        self.fingerprints.update({part.system_fingerprint for part in parts if part.system_fingerprint is not None})

    def _count_ends(self, generated: Answer, parts: Sequence[Answer], *, missing: bool) -> None:
        """Count how the reasoning ends, in any part of a conversation."""
        unopened, parted = generated.end_unopened, False
        for part in parts:
            unopened = unopened or part.end_unopened
            parted = parted or part.reasoning != _NONE
        if unopened:
            self.unopened += 1
        elif not parted and not missing:
            self.unparted += 1

    def __add__(self, other: Tally) -> Tally:
        details = {reason: Counter(counts) for reason, counts in self.details.items()}
        for reason, counts in other.details.items():
            details.setdefault(reason, Counter()).update(counts)
        return Tally(
            self.total + other.total,
            self.missing + other.missing,
            self.unasked + other.unasked,
            self.refusals + other.refusals,
            self.reasons + other.reasons,
            details,
            {**other.examples, **self.examples},
            self.answered_by + other.answered_by,
            self.fingerprints + other.fingerprints,
            self.unopened + other.unopened,
            self.unparted + other.unparted,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the counts for metrics.json."""
        reasons = {reason.value: self.reasons[reason] for reason in Reason if self.reasons[reason]}
        return {"generations": self.total, "without_answer": self.missing, "reasons": reasons}


def _looked_at(generated: Answer, *, calls_count: bool) -> tuple[Found | None, bool]:
    """Return the first reason, if any, and whether every part lacks an answer."""
    if generated.error is not None:
        return _error(generated), True
    if generated.finish_reason == "tool_limit":
        return Found(Reason.TOOL_LIMIT), is_blank(generated.text)
    found = [_reason(part, calls_count=calls_count) for part in generated.parts]
    first = next((each for each in found if each is not None), None)
    return first, all(each is not None and each.missing for each in found)


def _reason(answer: Answer, *, calls_count: bool) -> Found | None:
    if answer.error is not None:
        return _error(answer)
    word = answer.finish_reason or None
    untold = answer.finish_reason in (None, "")
    meaning = meaning_of(word)
    blank = is_blank(answer.text)
    if meaning is Meaning.WHOLE and not untold and not blank and not answer.reasoning_unfinished:
        return None
    if word == NOTHING_TO_JUDGE or (calls_count and answer.tool_calls != _NONE):
        return None
    if meaning is Meaning.WITHHELD:
        return Found(_WITHHELD[withheld_by(word)], word or "", missing=blank)
    if answer.reasoning_unfinished:
        if meaning is Meaning.CUT_OFF:
            return Found(Reason.REASONING_CUT)
        return Found(Reason.END_NOT_FOUND if answer.end_not_found else Reason.REASONING_ALONE)
    if blank and answer.tool_calls != _NONE:
        return Found(Reason.CALLS_ALONE)
    if blank:
        return Found(Reason.CUT_BEFORE_TEXT if meaning is Meaning.CUT_OFF else Reason.EMPTY, word or "")
    if meaning is Meaning.CUT_OFF:
        return Found(Reason.CUT_OFF, word or "", missing=False)
    return Found(Reason.UNKNOWN_ENDING, word or "", missing=False)


def _error(answer: Answer) -> Found:
    error = answer.error or ""
    message = " ".join(error.split())[:LONGEST_ERROR]
    if answer.out_of_context:
        return Found(Reason.CONTEXT, message, of_error=True)
    return Found(Reason.WITHHELD if speaks_of_filter(error) else Reason.ERROR, message, of_error=True)


_QUOTE = ord('"')


def is_blank(text: msgspec.Raw) -> bool:
    """Return whether a JSON value is an empty or blank text, or null; decodes only if its start leaves doubt."""
    view = _view(text)
    if len(view) <= 2:
        return True
    if view[0] == _QUOTE and view[1] < 128 and chr(view[1]).isalnum():  # most texts
        return False
    head = bytes(view[1:65])
    for blank in (b"\\n", b"\\r", b"\\t"):
        head = head.replace(blank, b"")
    if (first := head.strip()[:1]) and first not in b'"\\\xc2\xe2\xe3' and len(view) != len("null"):
        return False
    value = msgspec.json.decode(view)
    return value is None or (isinstance(value, str) and not value.strip())


def text_key(generated: Answer, tokens: float | None) -> int:
    """Return a number that is equal for equal texts, and rarely for others; hashes only parts, for speed."""
    parts = [_sample(text) for part in generated.parts for text in (part.text, part.reasoning, part.tool_calls)]
    return hash((tokens, *parts))


def _sample(text: msgspec.Raw) -> tuple[int, bytes, bytes, bytes]:
    """Return a text's length, beginning, middle and end."""
    view = _view(text)
    middle = len(view) // 2
    return len(view), bytes(view[:64]), bytes(view[middle : middle + 64]), bytes(view[-256:])


def _view(text: msgspec.Raw) -> memoryview:
    """Return a text as in its line; it is already decoded if it is also a benchmark's score or answer."""
    return memoryview(text if isinstance(text, msgspec.Raw) else msgspec.json.encode(text))
