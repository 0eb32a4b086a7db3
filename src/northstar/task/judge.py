"""The Judge value: who decides whether an answer is right, and by which labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Label:
    """One of a judge's verdicts.

    Attributes:
        name: What records and tables call it.
        words: What a judge may write for it beside its name, in any case, with blanks, hyphens or underscores: 'A'.
        score: What it counts as `judge_correct`, 0 to 1.
    """

    name: str
    words: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Labels:
    """The verdicts that a judge chooses from.

    Attributes:
        unanswered: The name of the label that an empty or failed generation gets; no judge is asked about it.
        alone: Whether the judge is asked for the label alone: a line that is nothing else then states it, as a box
            does. Else a verdict needs its mark: 'Judgement: …'.
    """

    each: tuple[Label, ...]
    unanswered: str
    alone: bool = False

    def __post_init__(self) -> None:
        words = [word for label in self.each for word in {label.name.lower(), *map(str.lower, label.words)}]
        if len(set(words)) < len(words):
            raise ValueError("each word of a judge's labels must belong to one label")
        if self.unanswered not in self.names:
            raise ValueError(f"unanswered is '{self.unanswered}', which is none of the labels {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.each)

    def score(self, name: str) -> float:
        """Return what the label of that name counts."""
        return next(label.score for label in self.each if label.name == name)


YES_OR_NO = Labels((Label("yes", (), 1.0), Label("no", (), 0.0)), unanswered="no")
"""The verdicts of a judge that says whether two answers agree."""

CORRECT_OR_NOT = Labels((Label("correct", (), 1.0), Label("incorrect", (), 0.0)), unanswered="incorrect", alone=True)
"""The same, where the judge is asked for one of these two words alone."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A second model that decides whether a generation agrees with the reference; the user may choose another.

    Attributes:
        prompt: A file of northstar/prompts over a record's fields, or a prompt of a library at a commit
            ('nemo-skills@0b012df8/judge/aalcr'); it asks for one of the labels.
        labels: What the judge may say. Of yes or no the prompt asks for a last line 'Judgement: Yes' or
            'Judgement: No'.
        model: The default judge; None if the user has to name one.
        inference: Defaults of the judge's settings.
    """

    prompt: str = "judge"
    labels: Labels = YES_OR_NO
    model: str | None = None
    server_type: str = "openai"
    inference: Mapping[str, Any] = field(default_factory=lambda: {"tokens_to_generate": 4096})
