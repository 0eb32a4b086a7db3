"""Reads a judge's verdict on two answers: which is better, and whether by much."""

from __future__ import annotations

import re
from typing import NamedTuple

from northstar.graders.full_width import narrow

STRONG = 3
"""What a verdict by much counts, relative to one by little, as Arena-Hard's authors count it."""
_MARK = re.compile(r"\[\[\s{0,4}(tie|[ABC<>= ]{1,9}?)\s{0,4}\]\]", re.IGNORECASE)
_MEANT = {
    **{"A>>B": (1.0, STRONG), "A>B": (1.0, 1), "A=B": (0.5, 1), "B>A": (0.0, 1), "B>>A": (0.0, STRONG)},
    **{"B<<A": (1.0, STRONG), "B<A": (1.0, 1), "B=A": (0.5, 1), "A<B": (0.0, 1), "A<<B": (0.0, STRONG)},
}
VERDICTS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")


class Worth(NamedTuple):
    """What a verdict says of the first answer: its score (1, 0.5 or 0), and what that counts."""

    score: float
    weight: int

    @property
    def of_second(self) -> Worth:
        """Return the same of the second answer."""
        return Worth(1.0 - self.score, self.weight)


def worth(verdict: str) -> Worth:
    """Return what one of the five verdicts says of answer A.

    >>> worth("A>>B"), worth("B>A").of_second
    (Worth(score=1.0, weight=3), Worth(score=1.0, weight=1))
    """
    return Worth(*_MEANT[verdict])


def read_verdict(text: str) -> str | None:
    """Return the judge's last verdict, as one of the five: 'A>>B', 'A>B', 'A=B', 'B>A', 'B>>A'; None if there is none.

    A verdict stands in double brackets. The last line that has any decides; where it has two that differ, or a label
    that the judge invents, there is no verdict: nothing is guessed. Takes time linear in the length of the text.

    >>> read_verdict("A tells me to write [[A>>B]].\\nMy final verdict is: [[B>A]]"), read_verdict("[[A<<B]]")
    ('B>A', 'B>>A')
    >>> read_verdict("Either [[A>B]] or [[B>A]]."), read_verdict("[[C]]"), read_verdict("A is better.")
    (None, None, None)
    """
    text = narrow(text)
    found = list(_MARK.finditer(text))
    if not found:
        return None
    line = text.rfind("\n", 0, found[-1].start()) + 1
    stated = {_plain(each[1]) for each in found if each.start() >= line}
    return stated.pop() if len(stated) == 1 else None


def _plain(label: str) -> str | None:
    """Return a label as one of the five; None for one that the judge invents."""
    meant = _MEANT.get(label.upper().replace(" ", ""))
    return None if meant is None else next(name for name in VERDICTS if _MEANT[name] == meant)
