"""The labels that a judge gave, as its judgements hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from northstar.graders.judgement import NOTHING_TO_JUDGE

NOT_ASKED = ""
"""In place of a label: no judge is asked about a generation without an answer."""


def given_labels(column: Mapping[str, Sequence[Any]]) -> list[str | None]:
    """Return the label of each judgement of a seed, yes or no where it has no other; NOT_ASKED, or None if unread."""
    fields = zip(*(column[name] for name in ("judge_label", "judge_correct", "finish_reason")), strict=True)
    return [
        NOT_ASKED if finish == NOTHING_TO_JUDGE else None if correct is None else label or ("yes" if correct else "no")
        for label, correct, finish in fields
    ]
