r"""Writes a mathematical answer in one spelling, the same for the quick comparison and for algebra.

Pure, driven by the tables of spellings.py, and linear in the length of the text, whatever a model writes. What is kept
is what the reader of the typeset answer sees; TeX's own rules decide what belongs to a command (`\frac12`, `\sqrt2`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from northstar.graders.extract import extract_boxed
from northstar.graders.math.commands import rewritten
from northstar.graders.math.spellings import CHARACTERS, SUBSCRIPTS, SUPERSCRIPTS

_FORMULA = re.compile(
    r"(?<!\\)\$\$([^$]++)\$\$|(?<!\\)\$((?:[^$\\]|\\.)++)\$|\\\(((?:[^\\]|\\[^()])*+)\\\)"
    r"|(?<!\\)\\\[((?:[^\\]|\\[^\[\]])*+)\\\]",
    re.DOTALL,
)
_BETWEEN = re.compile(r"\s*(?:,|;|,?\s*and|,?\s*or)\s*", re.IGNORECASE)
_CONDITION = re.compile(r"[\s,;(]*(?:where|for|with|such that|if|when|provided)\b[^.$]{0,40}")
_LEAD = re.compile(r"(?:the\s{1,3})?(?:(?:final|correct)\s{1,3})?answer(?:\s{0,3}(?:is|:|=)){1,2}\s", re.IGNORECASE)
_VULGAR = re.compile("[¼½¾⅐-⅞]")
_RAISED = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
_LOWERED = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
_SPACE_GROUPED = re.compile(r"(?<![0-9.,_^])([1-9][0-9]{0,2})((?: [0-9]{3})++)(?![0-9])")
_COMMA_GROUPED = re.compile(r"(?<![0-9.,_^])([1-9][0-9]{0,2})((?:,[0-9]{3})++)(?!,?[0-9])")
_COMMA_DECIMAL = re.compile(r"\A(-?0),([0-9]{3,})\Z")
_PRIMES = re.compile(r"\^ ?(?:\\prime(?![A-Za-z])|\{ ?((?:\\prime(?![A-Za-z]) ?)++)\})")
_OPENING = re.compile(r"\\[{}]|[()\[\]]")


@lru_cache(maxsize=8192)
def normalised(answer: str) -> str:
    r"""Return the answer in the one spelling; '' if it holds nothing.

    >>> normalised(r"$\left( \dfrac12, 10{,}080\pi \right)$."), normalised("-1 + sqrt(3)"), normalised("2**(1/4)")
    ('(\\frac{1}{2},10080\\pi)', '-1+\\sqrt{3}', '2^{1/4}')
    """
    text = _formula_of(_ascii(answer.strip()))
    text = _PRIMES.sub(lambda run: "'" * run[0].count("p"), text)
    text = _without_ending(rewritten(text))
    text = _COMMA_DECIMAL.sub(r"\1.\2", text)
    text = _SPACE_GROUPED.sub(lambda match: match[0].replace(" ", ""), text)
    if text[:1] == "]" and text[-1] in "[])":
        text = "(" + text[1:]  # ]0, 1] as it is written in France
    if text[-1:] == "[" and text[0] in "([":
        text = text[:-1] + ")"
    return _comma_groups_joined(text)


def _ascii(text: str) -> str:
    """Replace the characters that have a spelling in ASCII."""
    if text.isascii():
        return text
    text = _RAISED.sub(lambda run: "^{" + "".join(SUPERSCRIPTS[sign] for sign in run[0]) + "}", text)
    text = _LOWERED.sub(lambda run: "_{" + "".join(SUBSCRIPTS[sign] for sign in run[0]) + "}", text)
    text = _VULGAR.sub(_fraction, text)
    if text.isascii():
        return text
    return "".join(CHARACTERS.get(sign) or _compatible(sign) if sign > "\x7f" else sign for sign in text)


def _fraction(sign: re.Match[str]) -> str:
    top, _, bottom = unicodedata.normalize("NFKC", sign[0]).partition("\u2044")
    return f"\\frac{{{top}}}{{{bottom}}}"


def _compatible(sign: str) -> str:
    """Return the ASCII form of a full-width, bold or foreign digit or letter, else the character."""
    if CHARACTERS.get(sign) == "":
        return ""
    plain = unicodedata.normalize("NFKC", sign)
    if plain.isascii():
        return plain
    digit = unicodedata.digit(sign, None)
    return CHARACTERS.get(plain, sign) if digit is None else str(digit)


def _formula_of(text: str) -> str:
    """Return the formula that an answer in prose ends with (several, where only commas or and/or part them), or all."""
    if text.startswith("**") and text.endswith("**"):
        text = text.strip("*")
    if "box" in text and (boxed := extract_boxed(text)) is not None:
        return boxed
    formulas = list(_FORMULA.finditer(text))
    if not formulas:
        return _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    end = len(text)
    while len(formulas) > 1 and _CONDITION.fullmatch(text, formulas[-2].end(), formulas[-1].start()):
        formulas.pop()  # $4k + 3$ for $k > 0$
        end = formulas[-1].end()
    last = len(formulas) - 1
    while last and _BETWEEN.fullmatch(text, formulas[last - 1].end(), formulas[last].start()):
        last -= 1
    inside = [next(group for group in formula.groups() if group is not None) for formula in formulas[last:]]
    before, after = text[: formulas[last].start()], text[formulas[-1].end() : end]
    if not any(part.strip(" \t\r\n.,;:") for part in (before, after)):
        return ",".join(inside)
    if len(formulas) == 1 and (_leads(before) or _is_formula(after)):
        return f"{before} {inside[0]} {after}"  # x = $5$, $5$ cm, $5$%
    return ",".join(inside)


def _leads(text: str) -> bool:
    """Return whether a text before a formula belongs to it: `x =`, `odd`."""
    return len(text) < 24 and (text.rstrip().endswith(("=", "<", ">", "+", "-", "(")) or text.strip().isalpha())


def _is_formula(text: str) -> bool:
    """Return whether a text behind a formula belongs to it: `cm`, `%`."""
    return len(text) < 24 and (re.search(r"[0-9=\\%^+]", text) is not None or text.strip().isalpha())


def _without_ending(text: str) -> str:
    """Drop the full stop of the sentence, but no dots of a sequence."""
    return text if text.endswith("..") else text.rstrip(" .,;:\\")


def _comma_groups_joined(text: str) -> str:
    r"""Drop the commas of 20,000 outside of brackets: (1,234) is a pair, \frac{20,000}{\pi} holds one number."""
    if "," not in text:
        return text
    parts, depth, place = [], 0, 0
    for bracket in _OPENING.finditer(text):
        part = text[place : bracket.start()]
        parts.append(part if depth else _COMMA_GROUPED.sub(lambda match: match[0].replace(",", ""), part))
        parts.append(bracket[0])
        depth = max(0, depth + (1 if bracket[0][-1] in "([{" else -1))
        place = bracket.end()
    part = text[place:]
    parts.append(part if depth else _COMMA_GROUPED.sub(lambda match: match[0].replace(",", ""), part))
    return "".join(parts)
