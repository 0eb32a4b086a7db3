"""Says in one word what became of a generation, from the fields of its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from northstar.models.reply.finish_reasons import Meaning, meaning_of

SCORES = ("judge_correct", "symbolic_correct", "accuracy", "problem_accuracy", "correct")
"""The fields that say whether an answer is right; the first that a record has counts."""
ANSWERS = ("predicted_answer", "completion")
"""The fields of what was taken for the answer."""


class Verdict(IntEnum):
    """What became of a generation."""

    RIGHT = 0
    WRONG = 1
    PARTLY = 2
    NO_ANSWER = 3
    CUT_OFF = 4
    ERROR = 5
    UNGRADED = 6

    @property
    def words(self) -> str:
        return _WORDS[self]

    @property
    def sign(self) -> str:
        """One character that tells it without its colour."""
        return "✓✗◐∅✂!?"[self]

    @property
    def style(self) -> str:
        """The name of its CSS class."""
        return self.name.lower().replace("_", "-")


_WORDS = ("right", "wrong", "partly right", "no answer", "cut off", "error", "not graded")


def score_of(record: Mapping[str, Any], scores: Sequence[str] = SCORES) -> float | None:
    """Return the main score of a record, 0 to 1; None if it has none.

    >>> score_of({"symbolic_correct": True}), score_of({"judge_correct": None, "symbolic_correct": False}), score_of({})
    (1.0, 0.0, None)
    """
    values = (record.get(name) for name in scores)
    return next((float(value) for value in values if isinstance(value, (bool, int, float))), None)


def verdict_of(
    score: float | None,
    *,
    error: object = None,
    finish_reason: str | None = None,
    answered: bool = True,
    unfinished: bool = False,
) -> Verdict:
    """Return the verdict on one generation.

    Args:
        score: Its main score; None if it is not graded.
        error: Why there is no generation.
        finish_reason: As the server gave it.
        answered: Whether an answer was found in it, as far as its grader looks for one.
        unfinished: Whether its reasoning never ended.

    >>> verdict_of(0.0, answered=False, finish_reason="length").words, verdict_of(1.0, finish_reason="length").words
    ('cut off', 'right')
    """
    if error is not None:
        return Verdict.ERROR
    if score is not None and score >= 1:
        return Verdict.RIGHT
    if unfinished or not answered or not score:
        if finish_reason and meaning_of(finish_reason) is Meaning.CUT_OFF:
            return Verdict.CUT_OFF
        if (unfinished or not answered) and score is not None:
            return Verdict.NO_ANSWER
    if score is None:
        return Verdict.UNGRADED
    return Verdict.PARTLY if score > 0 else Verdict.WRONG


def verdict_of_record(record: Mapping[str, Any], scores: Sequence[str] = SCORES) -> Verdict:
    """Return the verdict on a record, as `ns view` and reports count it."""
    finish = record.get("finish_reason")
    looked_for = [name for name in ANSWERS if name in record]
    return verdict_of(
        score_of(record, scores),
        error=record.get("error"),
        finish_reason=finish if isinstance(finish, str) else None,
        answered=not looked_for or any(record[name] not in (None, "") for name in looked_for),
        unfinished=bool(record.get("reasoning_unfinished")),
    )
