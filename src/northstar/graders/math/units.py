r"""Parts the value of an answer from its unit, its percent sign and its base."""

from __future__ import annotations

import re
from typing import NamedTuple


class Quantity(NamedTuple):
    r"""A formula and what stood around it; each '' or False if nothing did.

    Args:
        value: The formula.
        unit: The unit's one name, such as `centimeter^2`; words that are no unit are dropped.
        base: The base of a number such as `2516_8`, in digits.
        percent: Whether a percent sign followed.
    """

    value: str
    unit: str = ""
    base: str = ""
    percent: bool = False


_NAMES = {
    "millimeter": "mm millimetre",
    "centimeter": "cm centimetre",
    "meter": "m metre",
    "kilometer": "km kilometre",
    "inch": "in inche",
    "foot": "ft feet",
    "yard": "yd",
    "mile": "mi",
    "second": "s sec",
    "minute": "min",
    "hour": "h hr",
    "day": "",
    "week": "",
    "month": "",
    "year": "yr",
    "gram": "g gm",
    "kilogram": "kg",
    "milligram": "mg",
    "pound": "lb",
    "ounce": "oz",
    "liter": "l litre",
    "milliliter": "ml millilitre",
    "gallon": "gal",
    "degree": "deg",
    "radian": "rad",
    "dollar": "usd",
    "cent": "",
    "euro": "",
    "newton": "n",
    "joule": "j",
    "kilojoule": "kj",
    "watt": "w",
    "volt": "v",
    "hertz": "hz",
    "kelvin": "k",
    "mile/hour": "mph",
    "kilometer/hour": "kmh kph kmph",
}
_MARKED_NAMES = {
    "nanometer": "nm nanometre",
    "micrometer": "micrometre",
    "millisecond": "ms",
    "nanosecond": "ns",
    "pascal": "pa",
    "kilopascal": "kpa",
    "megapascal": "mpa",
    "kilohertz": "khz",
    "megahertz": "mhz",
    "gigahertz": "ghz",
    "electronvolt": "ev",
    "kiloelectronvolt": "kev",
    "megaelectronvolt": "mev",
    "gigaelectronvolt": "gev",
    "kilowatt": "kw",
    "kilonewton": "kn",
    "kilovolt": "kv",
    "mole": "mol",
    "millimole": "mmol",
    "am": "a.m",
    "pm": "p.m",
}
"""Units only where they are marked as text: bare letters behind a number, 3kw, are a product."""
_UNITS = {alias: name for name, aliases in (_NAMES | _MARKED_NAMES).items() for alias in (name, *aliases.split())}
_BARE_NAMES = (alias for name, aliases in _NAMES.items() for alias in (name, *aliases.split()))
_BARE = "|".join(sorted((alias for alias in _BARE_NAMES if len(alias) > 1 and alias.isalpha()), key=len, reverse=True))

_WORDS_BEHIND = re.compile(r"\\text\{([^{}]*)\}(?:\^\{?([0-9])\}?)?\Z")
_BARE_BEHIND = re.compile(rf"(?<=[0-9}}]) ?((?:{_BARE})s?|(?:m|km|ft|mi|cm)/(?:s|h|hr|min))(?:\^\{{([0-9])\}})?\Z")
_LETTERS_BEHIND = re.compile(r"(?<=[0-9}]) ?([A-Za-z][A-Za-z.]{0,4})\Z")
_DEGREES = re.compile(r"\^\{(?:\\circ|o)\}(?:\\text\{([CF])\}|([CF]))?\Z")
_BASE = re.compile(
    r"(?:\(([0-9A-Za-z]+)\)|([0-9A-Z]*[0-9][0-9A-Z]*))_\{(?:\\text\{)?\(?([0-9]{1,2}|[a-z]{3,7})\)?\}?\}"
)
_IN_BASE = re.compile(r"\(?(?:\\text\{\(?(?:in )?base ?([a-z]{3,7})?\)?\}|(?:in)?base)\(?([0-9]{1,2})?\)?\Z")
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_COUNTS |= {"eleven": 11, "twelve": 12, "sixteen": 16}
_MONEY = re.compile(r"([+-]?)(?:\\\$|\\text\{(dollars?|euros?|pounds?)\})(?=[0-9.\\(])")


def quantity(text: str) -> Quantity:
    r"""Take a normalised answer apart.

    >>> quantity(r"864\text{square inches}"), quantity("2516_{8}").base
    (Quantity(value='864', unit='inch^2', base='', percent=False), '8')
    """
    unit = ""
    if match := _MONEY.match(text):
        unit = (match[2] or "dollar").rstrip("s")
        text = match[1] + text[match.end() :]
    for _ in range(3):
        if "base" in text and (match := _IN_BASE.search(text)) and (match[1] or match[2]):
            return Quantity(text[: match.start()], "", match[2] or str(_COUNTS.get(match[1], match[1])))
        if (match := _DEGREES.search(text)) and match.start():
            unit = "degree" + (match[1] or match[2] or "")
        elif (match := _WORDS_BEHIND.search(text) or _bare_unit(text)) and match.start():
            unit = _unit(match[1], match[2]) or unit
        else:
            break
        text = text[: match.start()]
    if match := _BASE.fullmatch(text):
        return Quantity(match[1] or match[2], unit, str(_COUNTS.get(match[3], match[3])))
    if text.endswith("\\%"):
        return Quantity(text[:-2], unit, "", True)
    return Quantity(text, unit)


def with_bare_unit(side: Quantity, unit: str) -> Quantity:
    r"""Read letters behind a number as the unit that the other side marks: 5 m beside 5 \text{ m}, else a product."""
    match = _LETTERS_BEHIND.search(side.value) if unit and not side.unit else None
    if match is None or _unit(match[1], None) != unit:
        return side
    return side._replace(value=side.value[: match.start()], unit=unit)


def _bare_unit(text: str) -> re.Match[str] | None:
    return _BARE_BEHIND.search(text) if text[-1:].isalpha() or text[-1:] == "}" else None


def _unit(words: str, power: str | None) -> str:
    """Return the one name of a unit with its power, '' for words that are none."""
    dimension = int(power or 1)
    names = words.lower().strip(" .()").split()
    if names[:1] in (["square"], ["sq"], ["sq."]) or names[-1:] == ["squared"]:
        names, dimension = [name for name in names if not name.startswith("sq")], 2
    elif names[:1] in (["cubic"], ["cu"]) or names[-1:] == ["cubed"]:
        names, dimension = [name for name in names if not name.startswith("cu")], 3
    known = [
        _UNITS.get(part) or _UNITS.get(part.removesuffix("s"), "")
        for part in re.split(r" ?/ ?| per ", " ".join(names).strip())
    ]
    if not known or not all(known):
        return ""
    return "/".join(known) + (f"^{dimension}" if dimension > 1 else "")
