r"""Extracts the letter that a generation chooses; never guesses one, never takes one from prose.

In this order (docs/grading.md explains it to users):

1. the last box that contains a letter: \boxed{C}, \boxed{\text{(C)}}, \boxed{C. 5 m};
2. else the last statement of an answer: "Answer: C", "**Final answer:** (C)", "The answer is C because …"; where
   answers of several questions are listed, the last one outside of the list (listed_answers.py);
3. else a letter that is called right: "option C is correct", "the closest option is (C)".

A letter that is not an option is no answer, and neither are several letters. A text that goes on to invent a next
question, as base models with few-shot prompts do, is read only up to the first answer, like in the official grader of
MMLU-Pro.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from northstar.graders.extract import boxes
from northstar.graders.full_width import narrow
from northstar.graders.letters.called_right import called_right
from northstar.graders.letters.listed_answers import that_counts
from northstar.graders.letters.stated_letter import letter_of_box, plain, says_an_answer, statements

_NEXT_QUESTION = re.compile(
    r"""^[ \t#*>]{0,8} (?: (?P<question>(?:Question|Problem|Q)[* \t]{0,4}(?:\#?\d{1,4})?[* \t]{0,4}:)
                         | (?:Answer[ ])?(?:Options|Choices)[* \t]{0,4}: | \(?A[.):] )""",
    re.VERBOSE | re.MULTILINE,
)
_JOINED = re.compile(r"[}$\s]{0,8}(?:,|and|or|,\s?and|,\s?or|&)[$\s]{0,8}\\(?:boxed|fbox)\s{0,4}\{?")
"""What stands between two boxes that make one answer."""
_FIRST_OPTION = re.compile(r"(?:^|[\s*])\(?A[.):]")
_SECOND_OPTION = re.compile(r"[\s*]\(?B[.):]")


def extract_choice(text: str, letters: str | Sequence[str]) -> str | None:
    r"""Return the letter among `letters` that `text` chooses, or None. Linear in the length of the text; never raises.

    >>> extract_choice("5 m, so **Answer: (c)**", "ABCD")
    'C'
    """
    options = {letter.upper(): letter for letter in letters}
    for part in _parts(narrow(text)):
        chosen = _chosen(part, options)
        if chosen is not None:
            return options.get(chosen)
    return None


def _parts(text: str) -> Iterator[str]:
    """Yield the text cut before each question with options; what follows answers that question."""
    start, question = 0, -1
    for line in _NEXT_QUESTION.finditer(text):
        if line["question"]:
            question = line.start()
        if question >= 0 and (not line["question"] or _has_options(text, line.end())):
            yield text[start:question]
            start, question = question, -1
    yield text[start:]


def _has_options(text: str, start: int) -> bool:
    """Return whether options stand in the line that goes on at `start`: "… (A) 5 (B) 7"."""
    line = text[start : start + 4000].partition("\n")[0]
    first = _FIRST_OPTION.search(line)
    return first is not None and _SECOND_OPTION.search(line, first.end()) is not None


def _chosen(part: str, options: dict[str, str]) -> str | None:
    """Return the letter, in upper case, that this part states; it may not be an option, and is "" for no letter."""
    boxed, end = _last_boxed(part)
    if boxed is None:
        return _stated(part)
    if boxed in options:
        return boxed
    return _stated(part[end:]) or boxed  # \boxed{K} may have been a quantity if an answer follows


def _last_boxed(part: str) -> tuple[str | None, int]:
    """Return the letter of the last box that contains one ("" for several), and where that box ends."""
    letter, best_start, best_end = None, -1, -1
    for start, end in boxes(part):
        if start <= best_start or (found := letter_of_box(part[start : min(end, start + 200)])) is None:
            continue
        joined = letter not in (None, found) and _JOINED.fullmatch(part, best_end, start)
        letter, best_start, best_end = "" if joined else found, start, end
    return letter, best_end


def _stated(part: str) -> str | None:
    text = plain(part)
    if (statement := that_counts(text, statements(text))) is not None:
        return statement.letter
    if (letter := called_right(text)) is not None:
        return letter
    return "" if says_an_answer(text) else None
