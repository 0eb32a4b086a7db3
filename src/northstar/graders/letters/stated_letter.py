r"""Finds where a text states the letter of its answer: "Answer: C", "The answer is (C) because …", "答案：C".

Patterns see a text whose markup is replaced by bars (`plain`). They are tried where a word for "answer" stands, and
look ahead by a bounded number of characters, so that all takes time linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from northstar.graders.answer_words import AFTER_LETTER, LANGUAGES, LETTERS, NOT, OTHER_AND

_MARKUP = re.compile(
    r"""(?=[*`$"“”„«»{}_\\])  # for speed
        (?: [*`$"“”„«»{}]
          | (?<![A-Za-z0-9])_+ | _+(?![A-Za-z0-9{])  # emphasis, not an index
          | \\[()\[\]]
          | \\(?:text|math)(?:rm|bf|it|sf|tt|normal|bb|cal)?(?![A-Za-z])
          | \\(?:bf|rm|it|bm|boldsymbol|boxed|fbox|left|right|displaystyle|large|Large)(?![A-Za-z])
        )+""",
    re.VERBOSE,
)
"""Markup around letters; each run is replaced by one bar, which keeps the patterns below readable."""

_AND = rf"(?i:and|or)(?![A-Za-z])|(?:{OTHER_AND})(?!\w)|[和或与與]"
_REASONS = "|".join(words.reason.replace(" ", r"\ ") for words in LANGUAGES.values() if words.reason)
_OPEN = r"[\s|(\[【<'‘]{0,8}"
_CLOSE = rf"""
    (?= \s?[)\]】>] | \| | (?<=\|[A-Za-z])\s\|           # enclosed
      | ['’](?![A-Za-z]) | [.,;:!?](?![A-Za-z0-9]) | [。；！？、।۔،]
      | [ \t|]{{0,8}}(?:[\r\n]|\Z)                       # the last of its line
      | \s[-–—]{{1,3}}\s | [–—] | \s\(                   # "C – foo", "C (foo)"
      | \s?<(?:[/|｜]|(?!su[bp]>)[A-Za-z_]{{2,24}}>) | \s?\[(?:/?[A-Z_]{{2,12}}|end\ of\ text)\]  # "C</s>", "C<eos>"
      | \s(?i:because|since|as|for|in|with|by|which|based\son|due\sto)(?![\w-])  # none of them follows an article
      | \s(?:{_REASONS})(?!\w) | \s?(?:{AFTER_LETTER})
      | (?P<joined>[ \t]{{0,2}}[/&+] | \s(?:{_AND}) | [和或与與와과])  # a letter only if another one follows
    )
"""
CHOICE = rf"{_OPEN}(?P<letter>[A-Za-z]){_CLOSE}"
"""A letter that stands by itself: not in "A bit", "B cells", "D-glucose", "x = C"."""

_BOX = re.compile(CHOICE, re.VERBOSE)

_WORDS = [re.compile(word) for word in ("nswer", "NSWER", "choice", "Choice", "CHOICE", "option", "Option", "OPTION")]
"""Where to look for a statement: a pattern that begins with letters is found as fast as a string."""
_FIRST_LETTERS = {"a", "A"}
_BEFORE_WORD = re.compile(r"(?i:correct|best|right)\s\Z")
_STATEMENT = re.compile(
    rf"""
    (?<![A-Za-z]) (?i:answer|(?:correct|best|right)\s(?:choice|option)) (?![A-Za-z])
    (?:\s(?i:choice|option|letter))?
    (?:\s(?i:to|for|of)(?:\s[\w']{{1,20}}){{1,5}}?)?      # to this question
    (?: [\s|]{{0,3}} [:=]
      | \s [-–—]{{1,2}} (?=\s)
      | [\s|]{{0,2}} (?:,\s(?i:therefore|thus|hence|then|so),)? \s{{0,2}}
        (?i:is|(?:would|should|must|will)\sbe|has\sto\sbe) (?![A-Za-z])
        (?:,?\s(?i:therefore|thus|hence|then|clearly|most\slikely|likely|probably|simply|indeed|definitely),?){{0,2}}
        \s? :?
      | (?P<heading>[ \t|]{{0,4}}\r?\n)
    )
    [\s|]{{0,12}} (?:[-•]\s)?
    (?:(?i:the\s)?(?i:(?:correct|best|right)\s)?(?i:option|choice|letter|answer)(?=[\s:|])[:|]?\s?)?
    {CHOICE}
    """,
    re.VERBOSE,
)

_OTHER_ANSWERS = {form for words in LANGUAGES.values() for form in words.answers()}
_ASCII_ANSWERS, _OTHER_STEMS = (
    sorted({word[1:] or word for word in _OTHER_ANSWERS if word.isascii() or not only_ascii})
    for only_ascii in (True, False)
)
"""What a text with such a word contains: an ASCII text none of the others."""


def _alternatives(column: str) -> str:
    words = {word for of_language in LANGUAGES.values() for word in getattr(of_language, column).split("|") if word}
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_OTHER_ANSWER = re.compile("|".join(re.escape(word) for word in sorted(_OTHER_ANSWERS, key=len, reverse=True)))
_LATIN = "A-Za-z\u00c0-\u024f"
_CHOICE_OF_ANY_SCRIPT = CHOICE.replace("(?P<letter>[A-Za-z])", f"(?<![{_LATIN}])(?P<letter>[A-Za-z{''.join(LETTERS)}])")
_OTHER_STATEMENT = re.compile(
    rf"""
    (?:{_OTHER_ANSWER.pattern})
    (?P<words>(?:\s(?!(?:{NOT})\s)[^\s\d.,:;!?|()]{{2,16}}){{1,3}}?)??     # correcta, yang benar
    (?: [\s|]{{0,3}} [:=] | [\s|]{{0,2}} [-–—]{{1,2}} (?=\s)
      | [\s|]{{0,2}} (?:{_alternatives("link")}) [\s|]{{0,2}} :?
      | (?(words)(?!)|[ |]{{0,2}}) )
    [\s|]{{0,12}} (?:(?:{_alternatives("option")})[\s|:]{{0,3}})?
    {_CHOICE_OF_ANY_SCRIPT}
    """,
    re.VERBOSE,
)

_BEFORE_HEADING = re.compile(r"[#|>\s]*(?:(?:my|the)\s)?(?:(?:final|correct|best)\s)?", re.IGNORECASE)

NO_STATEMENT = re.compile(
    r"""(?:\b(?:if|whether|unless|suppose|supposing|assume|assuming)(?:[ ](?:that|the|my|your|correct|final|best)){0,4}
         | \b(?:wrong|incorrect) | \bnot[ ](?:the|a)(?:[ ](?:correct|best|right|final))?
        )[ ]\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""Text before "the answer is C" that makes it no statement: "if the answer is C", "the incorrect answer is C"."""

_REJECTED = re.compile(
    r"""[ |)\]】>]{0,4} ,?\s (?:which\s|this\s|that\s)?
        (?: (?:is|was|are|(?:would|must|can|could)\sbe|seems) \s(?:also\s|therefore\s|thus\s|clearly\s)?
            (?:incorrect|inaccurate|invalid|wrong|false|ruled\sout|eliminated|excluded|impossible
              |not\s(?:the\s)?(?:correct|right|best|answer|true))
          | (?:isn|wasn|can|couldn|wouldn)['’]t\s(?:be\s)?(?:the\s)?(?:correct|right|best|answer|true)
          | (?:cannot|can\snot|could\snot|would\snot)\sbe\s(?:the\s)?(?:correct|right|best|answer|true) )
        (?=[\s|]{0,3}(?:[.;:!]|\Z|\n|,?\s?(?:because|since|as|for|here|so)\b|(?:answer|option|choice)\b))""",
    re.VERBOSE | re.IGNORECASE,
)
"""Text after a letter that speaks against it: "the answer is (I) is incorrect"."""

_NUMERALS = r"[IVX]\)[ ]?(?:[,;&]|and|or)?[ ]?(?:(?:and|or)[ ])?\([IVX]{1,4}\)"
"""Statements that an option names by Roman numerals: "(C) (I), (III) and (IV)"."""

_SEVERAL = re.compile(
    rf"""[ \t|)\]】]{{0,4}} (?: (?:[,;/&+、]|{_AND}) (?:\s(?:{_AND}))?  # "(A), (C)", "A or C"
        [ \t|(\[]{{0,4}} (?:[A-ZА-Яa-z]|(?<=[(\[|])[ivx]{{2,4}})
        (?:[)\]|]|\s{{0,4}}(?:[,.;&/](?![A-Za-z0-9])|[\r\n]|\Z|(?i:and|or|are)(?![A-Za-z])))
      | \s?[-–—]\s[A-Za-z]\.?[ ]{{0,4}}(?:[\r\n]|\Z)  # "A - C"
      | (?:(?<=\))|(?<=\)[ ]))\((?!{_NUMERALS})[A-Z]\)(?=[ ]{{0,4}}(?:[.,;(]|[\r\n]|\Z)) )  # "(A)(C)\"""",
    re.VERBOSE,
)
_ANOTHER = re.compile(
    r"""\s?[|]?[)\].:] (?P<between>[^\n]{0,120}?)
        (?:[,;&、]|(?<![A-Za-z])(?i:and|or)(?![A-Za-z])) (?:\s(?i:and|or|also)(?![A-Za-z]))? [ |]{0,3}
        (?:(?i:option|choice|answer)\s)?
        (?P<letter>[(\[][|]?[A-Za-z](?=[|]?[)\]]) | [|]?[A-Za-z](?=[|]?\)|[|]?\.\s?[-$|\\(]{0,2}[0-9]))""",
    re.VERBOSE,
)
"""Another letter in the same sentence, with words between: "(A) Sunda and (H) Sahul", "A. 411, H. 435"."""

_NEXT_LINE = re.compile(
    r"""[|]?(?P<style>[)\].:]?)[|]? (?P<between>[^\n]{0,120}) \r?\n
        [ \t>|•-]{0,4} [(\[]?[|]?(?P<letter>[A-Za-z])[|]? (?P<again>[)\].:]?) (?:(?=[\s|])|\Z)
        (?P<after>[^\n]{0,200})""",
    re.VERBOSE,
)
"""Another letter on the next line: "A. 411", "H. 435"."""

_CLAUSE = re.compile(
    r"""[.!?](?:\s|\Z) | (?<![\w(])\(?[A-Za-z]\)
        | \b(?:is|are|was|were|be|because|since|as|but|not|unlike|than|rather|while|whereas|which|so|if|would|can|cannot
        |could|has|have|does|do|therefore|thus|hence|however|instead|eliminat\w*|exclud\w*|wrong|incorrect|false)\b
        | n['’]t\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""What makes the words between two letters more than the text of an option."""

_VERB = re.compile(r"[ |)\]]{0,4}\s(?:is|was|would|could|can|cannot|does|has|isn['’]t|doesn['’]t)\b", re.IGNORECASE)


_ANY_ANSWER = re.compile(
    r"nswers?[\s|]{0,3}(?::|(?i:is|are)(?![A-Za-z]):?)[ \t|]{0,4}(?!(?i:let|we|to|i\b|first|think|step))[^\s]"
)


@dataclass(frozen=True)
class Statement:
    """A place that states an answer: the letter, in upper case (empty where it states several), and its span."""

    letter: str
    start: int
    end: int


def plain(text: str) -> str:
    """Return the text with its markup replaced by bars."""
    return _MARKUP.sub("|", text)


def letter_of_box(content: str) -> str | None:
    """Return the letter, in upper case, that the content of a box begins with; "" for several."""
    text = plain(content)
    found = _BOX.match(text)
    if found is None or states_several(text, found.end()):
        return None if found is None else ""
    return None if found["joined"] else found["letter"].upper()


def statements(text: str) -> list[Statement]:
    """Return the statements of a plain text in their order."""
    places = sorted(place for word in _WORDS for place in _starts(text, word))
    found = list(_statements(text, places, _STATEMENT))
    if any(word in text for word in (_ASCII_ANSWERS if text.isascii() else _OTHER_STEMS)):
        places = [word.start() for word in _OTHER_ANSWER.finditer(text)]
        found += _statements(text, places, _OTHER_STATEMENT)
        found.sort(key=lambda statement: statement.start)
    return found


def _starts(text: str, word: re.Pattern[str]) -> Iterator[int]:
    for found in word.finditer(text):
        place = found.start()
        if text[place - 1 : place] in _FIRST_LETTERS:
            yield place - 1
        elif text[place - 1 : place].isspace() and (before := _BEFORE_WORD.search(text[max(0, place - 8) : place])):
            yield place - len(before[0])


def says_an_answer(text: str) -> bool:
    """Return whether a plain text states an answer that need not be a letter: "The answer is both (A) and (C)"."""
    return _ANY_ANSWER.search(text) is not None


def _statements(text: str, places: list[int], pattern: re.Pattern[str]) -> Iterator[Statement]:
    end = 0
    for place in places:
        found = pattern.match(text, place) if place >= end else None
        if found:
            end = found.end()
            if (stated := _stated(text, found)) is not None:
                yield stated


def _stated(text: str, found: re.Match[str]) -> Statement | None:
    groups = found.groupdict()
    before = text[max(0, found.start() - 48) : found.start()]
    if groups.get("heading") and not _BEFORE_HEADING.fullmatch(before.rpartition("\n")[2]):
        return None
    if NO_STATEMENT.search(before) or is_rejected(text, found.end()):
        return None
    letter = found["letter"]
    several = states_several(text, found.end())
    if found["joined"] and not several:
        return None
    return Statement("" if several else LETTERS.get(letter, letter).upper(), found.start(), found.end())


def is_rejected(text: str, end: int) -> bool:
    """Return whether the text speaks against the letter that ends here: "(I) is incorrect"."""
    return _REJECTED.match(text, end) is not None


def states_several(text: str, end: int) -> bool:
    """Return whether another letter is stated beside the one that ends here."""
    if (found := _SEVERAL.match(text, end)) is not None:
        return not _VERB.match(text, found.end())
    if (found := _ANOTHER.match(text, end)) is not None and not _CLAUSE.search(found["between"]):
        letter, between = found["letter"].strip("|"), found["between"]
        alike = text[end - 1].isupper() == letter[-1].isupper()
        return alike and between.count("(") == between.count(")") and not _VERB.match(text, found.end() + 1)
    found = _NEXT_LINE.match(text, end)
    if found is None or found["style"] != found["again"] or found["letter"].upper() == text[end - 1].upper():
        return False
    return not _CLAUSE.search(found["between"]) and not _CLAUSE.search(found["after"])
