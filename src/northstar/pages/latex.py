r"""Turns LaTeX formulas into MathML, which browsers draw without a script.

The converter copies text and attributes into its output as they are (\text{<script>}, \href{javascript:…}), so its
output is parsed, and built anew from the elements and attributes that draw a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape

from northstar.core.clock import thread_time

LONGEST_FORMULA = 2000
"""Characters. The converter takes some 7 µs for each."""
DEEPEST = 20
"""Nested braces, and environments."""

_ELEMENTS = frozenset(
    (
        *("math", "mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "menclose", "mphantom"),
        *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
        *("mtable", "mtr", "mtd", "mlabeledtr", "mstyle", "mpadded"),
    )
)
_ATTRIBUTES = {
    **dict.fromkeys(
        ("display", "displaystyle", "fence", "form", "stretchy", "separator", "accent", "movablelimits", "largeop"),
        r"[a-z]{1,8}",
    ),
    **dict.fromkeys(("mathvariant", "linethickness", "scriptlevel", "minsize", "maxsize"), r"[a-z0-9.+-]{1,24}"),
    **dict.fromkeys(("columnalign", "rowlines", "columnlines", "frame", "notation"), r"[a-z ]{1,60}"),
    **dict.fromkeys(("width", "height", "depth"), r"[0-9]{0,2}(\.[0-9]{1,4})?(em|ex|pt|px)"),
}
"""Attribute → what its whole value may be; colours and negative spaces could hide text, links do not belong here."""
_OUTSIDE = str.maketrans({"<": "\ue000", ">": "\ue001"})
_BACK = str.maketrans({"\ue000": "<", "\ue001": ">"})
_NOT_DRAWN = re.compile(
    r"[^\S \n]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ue000-\uf8ff]"
)


@dataclass
class MathTime:
    """How long the formulas of a page may take in all; beyond it they are shown as they were written.

    Attributes:
        seconds: What is left, of the processor: on a busy machine the same formulas are drawn.
        skipped: Formulas that the time did not suffice for.
    """

    seconds: float = 0.5
    skipped: int = field(default=0, init=False)


def mathml(formula: str, time: MathTime, *, display: bool = False) -> Markup | None:
    r"""Return a formula, without its dollar signs, as MathML; None if it can't be drawn or the page's time is over.

    >>> print(mathml("x<2", MathTime()))
    <math display="inline"><mrow><mi>x</mi><mo>&lt;</mo><mn>2</mn></mrow></math>
    >>> mathml(r"\text{<script>}", MathTime()).count("<script>"), mathml("{" * 1000, MathTime())
    (0, None)
    """
    if len(formula) > LONGEST_FORMULA or not formula.strip() or _NOT_DRAWN.search(formula) or _depth(formula) > DEEPEST:
        return None
    if time.seconds <= 0:
        time.skipped += 1
        return None
    _converter()  # which takes longer to import than a page has time
    begun = thread_time()
    try:
        return _converted(formula, display)
    finally:
        time.seconds -= thread_time() - begun


def _depth(formula: str) -> int:
    r"""Return how deep braces, \left and environments nest; closers before their openers count as none."""
    deepest = depth = 0
    for token in _NESTING.finditer(formula):
        depth += 1 if token["open"] else -1 if depth else 0
        deepest = max(deepest, depth)
    return deepest


_NESTING = re.compile(r"\\[{}\\]|(?P<open>\{|\\left\b|\\begin\b)|\}|\\right\b|\\end\b")


@cache
def _converter() -> Callable[..., str]:
    from latex2mathml.converter import convert

    return convert


@lru_cache(maxsize=2048)
def _converted(formula: str, display: bool) -> Markup | None:
    try:
        written = _converter()(formula.translate(_OUTSIDE), display="block" if display else "inline")
        tree = ElementTree.fromstring(written)
    except Exception:  # of many kinds, for a formula that isn't one
        return None
    if any(_name(each) not in _ELEMENTS for each in tree.iter()) or (tree.tail or "").strip():
        return None
    return Markup(_serialised(tree))


def _serialised(element: ElementTree.Element) -> str:
    name = _name(element)
    text = (element.text or "").translate(_BACK)
    if name == "mi" and text in ("<", ">"):
        name = "mo"
    allowed = {key: value for key, value in element.attrib.items() if re.fullmatch(_ATTRIBUTES.get(key, "(?!)"), value)}
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in allowed.items())
    inner = "".join(_serialised(child) + str(_safe((child.tail or "").translate(_BACK))) for child in element)
    return f"<{name}{attributes}>{_safe(text)}{inner}</{name}>"


def _safe(text: str) -> Markup:
    return escape(_NOT_DRAWN.sub("\ufffd", text))


def _name(element: ElementTree.Element) -> str:
    """Return an element's name without its namespace; HTML needs none for <math>."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
