"""Finds a letter that a text calls right without stating an answer: "option C is correct"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from northstar.graders.letters.stated_letter import CHOICE, NO_STATEMENT, is_rejected, states_several

_LINK = re.compile(" is(?=[ |])")
_OPTION = re.compile("(?=[oc])(?:option|choice)")
_CLOSEST = re.compile(
    r"""(?<![A-Za-z])(?:(?i:correct|best|right|closest|nearest|matching|only)|(?i:most)\s[a-z]{3,14})
        (?:\s(?:correct|possible|valid|matching|likely|given|plausible|remaining))?\s\Z""",
    re.VERBOSE,
)
_OPTION_IS = re.compile(
    rf"""(?:option|choice) (?:\s(?:to|for|of|among|from|given|in|here)(?:\s[\w']{{1,20}}){{1,6}}?)?
         [\s|]{{0,2}} (?:,\s(?:therefore|thus|then),)? \s{{0,2}}
         (?:is|(?:would|must|will)\sbe|(?:seems|appears)\sto\sbe) (?![A-Za-z])
         (?:\s(?:therefore|thus|hence|then|likely|probably|indeed))? \s?:? [\s|]{{0,8}}
         (?:(?:the\s)?(?:option|choice|letter|answer)[\s:|]{{1,3}})? {CHOICE}""",
    re.VERBOSE,
)
"""What calls a letter right: "the closest option is (C)"."""
_LETTER_BEFORE = re.compile(
    r"""(?: (?<![A-Za-z])(?i:option|choice|answer)[\s|]{1,3}[(\[]?(?P<named>[A-Za-z])[)\]|:]{0,3}
          | [(\[|]{1,3}(?P<enclosed>[A-Za-z])[)\]|]{1,3}
          | (?:\A|[.!:,]\s|\n|[Ss]o\s|us\s|ence\s|ore\s|hat\s)(?P<bare>[A-Z]) )\Z""",
    re.VERBOSE,
)
_IS_RIGHT = re.compile(
    r"""\sis (?:\s(?:therefore|thus|hence|then|clearly|indeed|likely|probably))? [\s|]{1,3}
        (?: (?:the\s)?[|]?(?:most\slikely\s|only\s|single\s)?
            (?:correct|right|best|closest|nearest|only|most\s\w{3,14}|appropriate|suitable|true)
            \s(?:answer|option|choice|match|one|solution|response)(?![A-Za-z])
          | the\sanswer(?![A-Za-z])
          | (?P<alone>correct|right)(?=[\s|]{0,3}(?:[.!]|\Z|\n|,?\s(?:because|since|as)\b)) )
        (?![\s|]{0,3}(?:\?|\s?(?:if|when|only|unless|but)\b))""",
    re.VERBOSE,
)
"""What calls a letter right: "option C is correct", "(C) is the correct answer"."""
_NOT_MEANT = re.compile(
    r"""(?: \b (?: (?:not|false|wrong|incorrect|no\sway)\s(?:\w+\s){0,2}that | no\sway | doubt(?:s|ful)?(?:\sthat)?
              | (?<!\bI\s)(?<!\bwould\s)(?:says?|thinks?|claims?|believes?|argues?)(?:\sthat)?
              | not|neither|nor|either|both|and|or|why|than|that\sonly|perhaps|maybe|possibly
              | vitamin|type|class|group|hepatitis )
          | [,&/]\s?[(|]?[A-Za-z][)|]?,?\s?(?:and|or)? ) [\s|]{0,2}\Z
        | n['’]t\s(?:\w+\s){0,2}\Z""",
    re.IGNORECASE | re.VERBOSE,
)


def called_right(text: str) -> str | None:
    """Return the letter of the option that a plain text calls right without stating an answer; "" if they differ."""
    letters = {letter.upper() for letter in _called_right(text)}
    return (letters.pop() if len(letters) == 1 else "") if letters else None


def _called_right(text: str) -> Iterator[str]:
    for link in _LINK.finditer(text):
        start = max(0, link.start() - 24)
        letter = _LETTER_BEFORE.search(text[start : link.start()])
        right = _IS_RIGHT.match(text, link.start()) if letter else None
        if letter and right and not (letter["bare"] and right["alone"]) and _is_meant(text, start + letter.start()):
            yield letter["named"] or letter["enclosed"] or letter["bare"]
    for word in _OPTION.finditer(text):
        closest = _CLOSEST.search(text[max(0, word.start() - 40) : word.start()])
        found = _OPTION_IS.match(text, word.start()) if closest else None
        if found and not found["joined"] and _is_meant(text, word.start()) and not is_rejected(text, found.end()):
            yield "" if states_several(text, found.end()) else found["letter"]


def _is_meant(text: str, start: int) -> bool:
    before = text[max(0, start - 48) : start]
    return not NO_STATEMENT.search(before) and not _NOT_MEANT.search(before)
