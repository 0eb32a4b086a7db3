"""Reads a judge's verdict and grades by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.graders.full_width import narrow
from northstar.task.grader import SolverContext
from northstar.task.judge import YES_OR_NO, Labels

NOTHING_TO_JUDGE = "nothing to judge"
"""The finish_reason of a judgement that was not requested, because the model gave no answer."""

_MARK = r"judge?ment [\s*_`\"']{0,8} (?: [:=>] | \s[-–—]{1,2}\s )"
_HEADING = r"""^[ \t#>*_|]{0,8} (?:[0-9][.)]\s)? (?:(?:my|the)\s)?(?:(?:final|overall)\s)?
    judge?ment [ \t#*_|]{0,8} (?:\r?\n){1,3}"""
"""A verdict may stand under a heading, where "no" must not begin a sentence: "### Judgement", "Yes"."""

_LINE = r"""(?: ^[ \t#>*_{"'-]{0,8} | [,{]\s{0,8}["'] ) (?:(?:final|overall)[ _])?"""
_OFFICIAL = rf"""{_LINE} correct [\s*_`"']{{0,8}} :"""
"""The verdict in the form of HLE's official judge: a line 'correct: yes'."""
_NAMED = rf"""{_LINE} (?:judge?ment|verdict|grade|label) [\s*_`"']{{0,8}} [:=]"""
"""The verdict of a judge that is asked for a label: a line 'Grade: A', or JSON, '{{"verdict": "CORRECT"}}'."""

_DECOR = r"""[\s*_`"'$(\[{|]{0,12} (?:\\[a-z]{1,16}\s?\{\s?){0,3} [*_]{0,3}"""
_FLAGS = re.IGNORECASE | re.VERBOSE | re.MULTILINE


@dataclass(frozen=True)
class _Reader:
    """How the labels of one judge are found in its text; every pattern takes time linear in the text's length."""

    names: dict[str, str]
    marked: tuple[re.Pattern[str], ...]
    official: re.Pattern[str]
    boxed: re.Pattern[str]
    line: re.Pattern[str]
    empty_mark: re.Pattern[str]

    def name(self, word: str) -> str:
        return self.names[_plain(word)]


@cache
def _reader(labels: Labels) -> _Reader:
    names = {_plain(word): label.name for label in labels.each for word in (label.name, *label.words)}
    longest_first = sorted(names, key=len, reverse=True)
    any_word = "|".join(r"[\s_-]?".join(re.escape(part) for part in word.split()) for word in longest_first)
    # No letter goes on after a single one ('A good answer'), and no second label follows ('correct or incorrect').
    after = rf"""(?!\w) (?!\s?(?:/|,|&|\||or\b|and\b)\s?["'*_]{{0,3}}(?:{any_word})\b)"""
    word = rf"{_DECOR} ({any_word}) {after}"
    if any(len(each) == 1 for each in names):
        word = rf"{_DECOR} ({any_word}) {after} (?=[ \t]{{0,4}}[\r\n.,;:!*_`'\"$}})\]—–(-]|\s{{0,4}}\Z|(?<=\w\w))"
    ends = r"(?=[ \t]{0,4}[\r\n.,;:!*_`$})\]—–-] | \s{0,4}\Z)"
    named = (re.compile(_NAMED + word, _FLAGS),) if labels.alone else ()
    marks = rf"(?:{_NAMED}|{_MARK})" if labels.alone else _MARK
    return _Reader(
        names,
        (re.compile(_MARK + word, _FLAGS), re.compile(_HEADING + word + ends, _FLAGS), *named),
        re.compile(_OFFICIAL + word, _FLAGS),
        re.compile(rf"\\boxed\s?\{{ \s{{0,4}} (?:\\text\s?\{{)? \s{{0,4}} ({any_word}) \s{{0,4}} \}}", _FLAGS),
        re.compile(rf"""[\W_]{{0,12}} ({any_word}) (?: [\W_]{{1,8}} ({any_word}) )? [\W_]{{0,12}}""", _FLAGS),
        re.compile(rf"{marks} [\s*_`\"'({{\[]{{0,12}} \w+ (?:[\s_-]\w+){{0,3}} [\W_]{{0,12}} \Z", _FLAGS),
    )


def read_label(text: str, labels: Labels = YES_OR_NO) -> str | None:
    """Return the name of the label that a judge states last: 'Judgement: Yes', a line 'correct: yes', or that alone.

    Bold marks and boxes are ignored, and a heading is as good as a colon. Nothing is guessed: a last mark with another
    word, two labels at once, or different ones in different forms are no verdict. Takes time linear in the length of
    the text.

    >>> read_label("They are equal. **Judgement: Yes**"), read_label("Perhaps."), read_label("Judgement: Perhaps")
    ('yes', None, None)
    """
    text, reader = narrow(text), _reader(labels)
    marked = [found for pattern in reader.marked for found in pattern.finditer(text)]
    marked = marked or list(reader.official.finditer(text))
    last = max(marked, key=lambda found: found.start(1), default=None)
    void = reader.empty_mark.search(text, max(len(text) - 400, 0))
    if void is not None and (last is None or last.start(1) < void.start()):
        return None
    stated = set() if last is None else {reader.name(last[1])}
    if labels.alone:
        boxes = list(reader.boxed.finditer(text))
        lines = [found for line in text.splitlines() if (found := reader.line.fullmatch(line.strip()[:200]))]
        stated |= {reader.name(found[1]) for found in boxes[-1:]}
        stated |= {reader.name(word) for found in lines for word in found.groups() if word is not None}
    elif last is None and (bare := _plain(text.strip("*_`\"'.()[]{} \n"))) in reader.names:
        stated = {reader.names[bare]}
    return stated.pop() if len(stated) == 1 else None


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", word.strip()).lower()


@dataclass(frozen=True)
class Judgement:
    """Scores `judge_correct`, and `judge_unparsed` where the judge stated no label (or failed).

    Of labels beyond yes and no, `judge_label` says which.
    """

    labels: Labels = YES_OR_NO

    version = 2

    def identity(self) -> dict[str, Any]:
        return {"name": "judgement"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        return self.grade(generation.generation, generation.finish_reason)

    def grade(self, text: str, finish_reason: str | None) -> Grade:
        """Return the scores of a judgement."""
        asked = finish_reason != NOTHING_TO_JUDGE
        label = read_label(text, self.labels) if asked else self.labels.unanswered
        if label is None:
            return {"judge_correct": None, "judge_unparsed": True}
        score = self.labels.score(label)
        correct = bool(score) if score in (0, 1) else score
        return {"judge_correct": correct} | ({} if self.labels == YES_OR_NO else {"judge_label": label})


@dataclass(frozen=True)
class JudgedAlone:
    """Scores nothing: the answers are free texts, which only a judge can grade."""

    version = 1

    @property
    def extraction(self) -> str:
        return "the whole text, by a judge"

    def identity(self) -> dict[str, Any]:
        return {"name": "judged_alone"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        return {}
