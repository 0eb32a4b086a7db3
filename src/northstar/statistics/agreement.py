"""How far two raters agree on the same items, and beyond what chance would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """The agreement of two raters.

    Attributes:
        num: Items that both rated.
        share: Of these, those with equal ratings, 0 to 1; None for no items.
        kappa: Cohen's kappa: 1 for equal ratings, 0 for what chance gives with the same frequencies. None where chance
            alone would make all equal, as both gave one and the same rating.
    """

    num: int
    share: float | None
    kappa: float | None


def agreement(one: Sequence[str | None], other: Sequence[str | None]) -> Agreement:
    """Return the agreement of two raters' ratings, item by item; None is no rating, and the item is left out.

    >>> agreement(["yes", "yes", "no", None], ["yes", "no", "no", "yes"])
    Agreement(num=3, share=0.6666666666666666, kappa=0.4)
    """
    both = [(mine, theirs) for mine, theirs in zip(one, other, strict=True) if mine is not None and theirs is not None]
    if not both:
        return Agreement(0, None, None)
    equal = sum(mine == theirs for mine, theirs in both)
    ours, others = Counter(mine for mine, _ in both), Counter(theirs for _, theirs in both)
    by_chance = sum(count * others[rating] for rating, count in ours.items())  # in units of 1 / num²
    num = len(both)
    if by_chance == num * num:
        return Agreement(num, 1.0, None)
    return Agreement(num, equal / num, (num * equal - by_chance) / (num * num - by_chance))
