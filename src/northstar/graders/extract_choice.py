r"""Extracts the letter that a generation chooses; never guesses one, never takes one from prose.

In this order (docs/grading.md explains it to users):

1. the last box that contains a letter: \boxed{C}, \boxed{\text{(C)}}, \boxed{C. 5 m};
2. else the last statement of an answer: "Answer: C", "**Final answer:** (C)", "The correct answer is C because …".

A letter that is not an option is no answer. A text that goes on to invent a next question, as base models with few-shot
prompts do, is read only up to the first answer, like in the official grader of MMLU-Pro.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from northstar.graders.extract import boxes

_MARKUP = re.compile(
    r"""(?: [*`$"“”„«»{}]
          | (?<![A-Za-z0-9])_+ | _+(?![A-Za-z0-9{])  # emphasis, not an index
          | \\[()\[\]]
          | \\(?:text|math)(?:rm|bf|it|sf|tt|normal|bb|cal)?(?![A-Za-z])
          | \\(?:bf|rm|it|bm|boldsymbol|boxed|fbox|left|right|displaystyle|large|Large)(?![A-Za-z])
        )+""",
    re.VERBOSE,
)
"""Markup around letters; each run is replaced by one bar, which keeps the patterns below readable."""

_CHOICE = r"""
    [\s|(\[（【<'‘]{0,8}
    (?P<letter>[A-Za-z])
    (?= \s?[)\]）】>] | \| | (?<=\|[A-Za-z])\s\|          # enclosed
      | ['’](?![A-Za-z]) | [.,;:!?](?![A-Za-z0-9]) | [。，；：！？、]
      | [ \t|]{0,8}(?:[\r\n]|\Z)                         # the last of its line
      | \s[-–—]{1,3}\s | [–—] | \s\( | <[/|]             # "C – foo", "C (foo)", "C</s>"
      | \s(?i:because|since|as|for|in|with|by|which|based\son|due\sto)(?![\w-])  # none of them follows an article
    )
    (?! [ \t|)\]）】]{0,4} (?:[,;/&+]|(?i:and|or)(?![A-Za-z])) (?:\s(?i:and|or)(?![A-Za-z]))?  # "(A), (C)", "A or C"
        [ \t|(\[]{0,4} (?:[A-Za-z]|(?<=[(\[|])[ivx]{2,4})
        (?:[)\]|]|\s{0,4}(?:[,.;&/](?![A-Za-z0-9])|[\r\n]|\Z|(?i:and|or|are)(?![A-Za-z])))
      | \s[-–—]\s[A-Za-z]\.?[ ]{0,4}(?:[\r\n]|\Z)  # "A - C"
    )
"""
"""A letter that stands by itself: not in "A bit", "B cells", "D-glucose", "x = C" or "A or B"."""

_BOX = re.compile(_CHOICE, re.VERBOSE)

_STATEMENT = re.compile(
    rf"""
    (?<![A-Za-z]) (?i:answer|(?:correct|best|right)\s(?:choice|option)) (?![A-Za-z])
    (?:\s(?i:choice|option|letter))?
    (?:\s(?i:to|for|of)(?:\s[\w']{{1,20}}){{1,5}}?)?      # to this question
    (?: [\s|]{{0,3}} [:：=]
      | \s [-–—]{{1,2}} (?=\s)
      | [\s|]{{0,2}} (?:,\s(?i:therefore|thus|hence|then|so),)? \s{{0,2}}
        (?i:is|(?:would|should|must|will)\sbe|has\sto\sbe) (?![A-Za-z])
        (?:,?\s(?i:therefore|thus|hence|then|clearly|most\slikely|likely|probably|simply|indeed|definitely),?){{0,2}}
        \s? [:：]?
      | (?P<heading>[ \t|]{{0,4}}\r?\n)
    )
    [\s|]{{0,12}}
    (?:(?i:the\s)?(?i:(?:correct|best|right)\s)?(?i:option|choice|letter|answer)(?=[\s:|])[:|]?\s?)?
    {_CHOICE}
    """,
    re.VERBOSE,
)

_BEFORE_HEADING = re.compile(r"[#|>\s]*(?:(?:my|the)\s)?(?:(?:final|correct|best)\s)?", re.IGNORECASE)

_NO_STATEMENT = re.compile(
    r"""(?:\b(?:if|whether|unless|suppose|supposing|assume|assuming)(?:[ ](?:that|the|my|your|correct|final|best)){0,4}
         | \b(?:wrong|incorrect) | \bnot[ ](?:the|a)(?:[ ](?:correct|best|right|final))?
        )[ ]\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""Text before "the answer is C" that makes it no statement: "if the answer is C", "the incorrect answer is C"."""

_NEXT_QUESTION = re.compile(
    r"""^[ \t#*>]{0,8} (?: (?P<question>Question[* \t]{0,4}(?:\d{1,4})?[* \t]{0,4}:)
                         | (?:Options|Choices)[* \t]{0,4}: | \(?A[.):] )""",
    re.VERBOSE | re.MULTILINE,
)


def extract_choice(text: str, letters: str | Sequence[str]) -> str | None:
    r"""Return the letter among `letters` that `text` chooses, or None. Linear in the length of the text; never raises.

    >>> extract_choice("5 m, so **Answer: (c)**", "ABCD")
    'C'
    """
    options = {letter.upper(): letter for letter in letters}
    for part in _parts(text):
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
        elif question >= 0:
            yield text[start:question]
            start, question = question, -1
    yield text[start:]


def _chosen(part: str, options: dict[str, str]) -> str | None:
    """Return the letter, in upper case, that this part states; it may not be an option."""
    boxed, end = _last_boxed(part)
    if boxed is None or boxed in options:
        return boxed or _last_stated(part)
    return _last_stated(part[end:]) or boxed  # \boxed{K} may have been a quantity if an answer follows


def _last_boxed(part: str) -> tuple[str | None, int]:
    """Return the letter of the last box that contains one, and where that box ends."""
    letter, best_start, best_end = None, -1, -1
    for start, end in boxes(part):
        if start > best_start and (found := _BOX.match(_plain(part[start : min(end, start + 200)]))):
            letter, best_start, best_end = found["letter"].upper(), start, end
    return letter, best_end


def _last_stated(part: str) -> str | None:
    plain, letter = _plain(part), None
    for found in _STATEMENT.finditer(plain):
        before = plain[max(0, found.start() - 48) : found.start()]
        if found["heading"] and not _BEFORE_HEADING.fullmatch(before.rpartition("\n")[2]):
            continue
        if not _NO_STATEMENT.search(before):
            letter = found["letter"].upper()
    return letter


def _plain(text: str) -> str:
    return _MARKUP.sub("|", text)
