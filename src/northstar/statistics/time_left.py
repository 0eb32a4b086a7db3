"""How long a run still takes: a range, from the lengths of the answers so far and the ages of those under way.

Answers that are still under way say something too: each takes at least as long as it has (Kaplan and Meier 1958). Else
the first answers of a run, which are the short ones, would promise a soon end.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from northstar.metrics.arrays import FloatArray

FEWEST = 4
"""With fewer lengths of a benchmark, nothing is said of its answers."""
OUT_OF_LINE = 3.0
"""An answer under way for so many times the longest so far follows none of the lengths seen."""
TAIL, THINNEST_TAIL = 2.0, 50.0
"""Beyond what was seen, P(longer than b, given longer than a) = (a/b)^tail. With 2, for few lengths, half of the
answers take 1.4 times as long; with 50, for those that are cut off at a limit, hardly any do."""
FEWEST_FOR_TAIL = 20
ENOUGH = 1000
"""Lengths that are enough, however many are under way."""
LONGEST_TAIL = 10.0
FASTER = 0.5
"""With 1/n of its requests left, a server answers each up to n^0.5 times as fast. How much so is not known: in half of
the simulations it is not at all, in the others each takes another exponent."""
MOST_STEPS = 60_000
"""Of all simulations together, as far as FEWEST_SIMULATIONS allow: about 20 ms."""
FEWEST_SIMULATIONS = 8
MOST_ASKED = 2000
"""Of one simulation; what waits beyond that is counted by its mean length."""
MOST_SLOTS = 256
"""Of one simulation while answers wait: more at once are simulated as so many with as much less to answer."""


@dataclass(frozen=True)
class Work:
    """What is known of one benchmark's answers.

    Attributes:
        lengths: Seconds that answers took.
        ended: How many answers ended in all, if the lengths are only some of them.
        ages: Seconds that each of those under way has taken so far.
        waiting: How many are still to be asked.
    """

    lengths: Sequence[float]
    ages: Sequence[float] = ()
    waiting: int = 0
    ended: int = 0

    @property
    def left(self) -> int:
        """Answers that are still to come."""
        return len(self.ages) + self.waiting

    @property
    def known_ages(self) -> FloatArray:
        """As large a part of the ages as the lengths are of all that ended: more would make lengths seem rare."""
        return _some(self.ages, len(self.lengths) / max(self.ended, len(self.lengths), 1))


@dataclass(frozen=True)
class Lengths:
    """A distribution of lengths, in seconds.

    Attributes:
        events: The lengths that were seen, in order.
        counts: How often each was seen.
        masses: The probability of each.
        tail: That of a length beyond the last one.
        index: How fast these become rare; see TAIL.
    """

    events: FloatArray
    counts: FloatArray
    masses: FloatArray
    tail: float
    index: float = TAIL


def _some(ages: Sequence[float], share: float) -> FloatArray:
    """Return this share of the ages, evenly from the youngest to the oldest."""
    known = np.sort(np.asarray(ages, dtype=np.float64))
    number = round(share * len(known))
    return known if number >= len(known) else known[((np.arange(number) + 0.5) * len(known) / number).astype(int)]


def lengths_of(work: Work) -> Lengths | None:
    """Return the Kaplan-Meier estimate; None from fewer than FEWEST lengths, or if more than half lies beyond them.

    >>> found = lengths_of(Work([1.0, 2.0, 3.0, 4.0], ages=[5.0]))
    >>> found.masses.round(6).tolist(), round(found.tail, 6)
    ([0.2, 0.2, 0.2, 0.2], 0.2)
    >>> lengths_of(Work([1.0, 1.0, 1.0, 1.0], ages=[5.0] * 5)) is None
    True
    """
    if len(work.lengths) < FEWEST:
        return None
    events, counts = np.unique(np.asarray(work.lengths, dtype=np.float64), return_counts=True)
    known = np.sort(np.concatenate([np.asarray(work.lengths, dtype=np.float64), work.known_ages]))
    at_risk = len(known) - np.searchsorted(known, events, side="left")
    survival = np.cumprod(1.0 - counts / at_risk)
    masses = np.concatenate([[1.0], survival[:-1]]) - survival
    if survival[-1] > 0.5:
        return None
    return Lengths(events, counts.astype(np.float64), masses, float(survival[-1]), _index(work))


def _index(work: Work) -> float:
    """Return the tail's index by the longest tenth of the lengths (Hill 1975), with those under way as censored."""
    lengths = np.asarray(work.lengths, dtype=np.float64)
    if len(lengths) < FEWEST_FOR_TAIL:
        return TAIL
    above = max(float(np.quantile(lengths, 0.9)), 1e-9)
    known = np.concatenate([lengths, work.known_ages])
    beyond = float(np.log(known[known > above] / above).sum())
    ended = int((lengths > above).sum())
    return float(np.clip(ended / beyond, TAIL, THINNEST_TAIL)) if beyond else THINNEST_TAIL


def time_left(parts: Sequence[Work], at_once: int, seed: int = 0) -> tuple[float, float] | None:
    """Return the range (5th to 95th percentile) of the seconds until all answers are there; None if it is unknown.

    It is unknown until as many have ended as are under way, where most of what is left belongs to benchmarks without
    enough answers, where most answers take longer than those seen so far, and where one under way follows none of the
    lengths seen.

    Args:
        parts: A benchmark each.
        at_once: How many are asked at the same time.
        seed: Of the simulation.
    """
    parts = [part for part in parts if part.left]
    if not parts:
        return 0.0, 0.0
    if sum(len(part.lengths) for part in parts) < min(sum(len(part.ages) for part in parts), ENOUGH):
        return None
    own = [lengths_of(part) for part in parts]
    everything = lengths_of(
        Work([each for part in parts for each in part.lengths], [age for part in parts for age in part.known_ages])
    )
    unknown = sum(part.left for part, found in zip(parts, own, strict=True) if found is None)
    if everything is None or 2 * unknown > sum(part.left for part in parts):
        return None
    drawn = [(part, found or everything) for part, found in zip(parts, own, strict=True)]
    if any(max(part.ages, default=0.0) > OUT_OF_LINE * found.events[-1] for part, found in drawn):
        return None
    ends = _simulated(drawn, max(at_once, sum(len(part.ages) for part in parts), 1), np.random.default_rng(seed))
    low, high = np.quantile(ends, [0.05, 0.95])
    return float(low), float(high)


def _simulated(drawn: Sequence[tuple[Work, Lengths]], at_once: int, random: np.random.Generator) -> list[float]:
    """Return the seconds that the rest takes, in each of some simulations."""
    scale = max(1.0, at_once / MOST_SLOTS) if any(part.waiting for part, _ in drawn) else 1.0
    slots = round(at_once / scale)
    ages = [_some(part.ages, 1.0 / scale) for part, _ in drawn]
    waiting = [part.waiting / scale for part, _ in drawn]
    asked = min(sum(waiting), max(MOST_ASKED, 2 * slots))
    share = asked / sum(waiting) if asked else 0.0
    ends = []
    for _ in range(max(FEWEST_SIMULATIONS, min(200, MOST_STEPS // int(asked + at_once)))):
        likes = [_perturbed(lengths, random) for _, lengths in drawn]  # the lengths seen are a sample themselves
        finishing: list[_Slot] = []
        following: list[tuple[float, int]] = []
        ahead = 0.0
        for number, like in enumerate(likes):
            rests = _remaining(like, ages[number], random).tolist()
            finishing += [(rest, -age, number) for rest, age in zip(rests, ages[number].tolist(), strict=True)]
            next_ones = math.ceil(share * waiting[number])
            following += [(seconds, number) for seconds in _remaining(like, np.zeros(next_ones), random).tolist()]
            ahead += max(0.0, waiting[number] - next_ones) * _mean(like) / slots
        finishing += [(0.0, 0.0, _IDLE)] * (slots - len(finishing))
        heapq.heapify(finishing)
        last = 0.0
        for place in random.permutation(len(following)).tolist():
            seconds, number = following[place]
            last = finishing[0][0]
            heapq.heapreplace(finishing, (last + seconds, last, number))
        ending = (
            np.array([end for end, _, _ in finishing]) if scale == 1.0 else _all(finishing, last, scale, likes, random)
        )
        ends.append(ahead + _emptied(ending, last, max(0.0, float(random.uniform(-FASTER, FASTER)))))
    return ends


_Slot = tuple[float, float, int]
"""When its answer ends and when it began, and of which benchmark it is."""
_IDLE = -1


def _all(
    finishing: Sequence[_Slot], last: float, scale: float, likes: Sequence[Lengths], random: np.random.Generator
) -> FloatArray:
    """Return when the answer of each slot ends, where each of those simulated until `last` stands for several."""
    ends = [np.zeros(0)]
    for number in {number for _, _, number in finishing}:
        mine = np.array([(end, last - began) for end, began, each in finishing if each == number])
        end, ages = mine[(np.arange(round(scale * len(mine))) / scale).astype(int).clip(max=len(mine) - 1)].T
        if number != _IDLE:  # a draw beyond all that was seen stays: for a real answer it would be a sign of more
            within = ages <= likes[number].events[-1]
            end[within] = last + _remaining(likes[number], ages[within], random)
        ends.append(end)
    return np.concatenate(ends)


def _emptied(finishing: FloatArray, last: float, faster: float) -> float:
    """Return when the last answer ends, where the server becomes faster from `last` on, when nothing waits any more.

    Args:
        finishing: When the answer of each slot would end at the usual speed.
        last: When the last answer was begun.
        faster: The exponent; see FASTER.
    """
    ends = np.sort(np.maximum(finishing, last))
    slots = len(ends)
    steps = np.diff(ends, prepend=last)
    return last + float((steps * (np.arange(slots, 0, -1) / slots) ** faster).sum())


def _perturbed(lengths: Lengths, random: np.random.Generator) -> Lengths:
    """Return the distribution as another sample of as many lengths might have it (Rubin's Bayesian bootstrap)."""
    seen = lengths.masses * random.gamma(lengths.counts) / lengths.counts
    beyond = max(lengths.tail, 1.0 / (lengths.counts.sum() + 1.0)) * random.gamma(1.0)  # the next may be the longest
    whole = seen.sum() + beyond
    return Lengths(lengths.events, lengths.counts, seen / whole, float(beyond / whole), lengths.index)


def _remaining(lengths: Lengths, ages: FloatArray, random: np.random.Generator) -> FloatArray:
    """Draw how much longer answers of these ages take."""
    before = np.concatenate([[0.0], np.cumsum(lengths.masses)])
    passed = before[np.searchsorted(lengths.events, ages, side="right")]
    place = passed + random.random(len(ages)) * (1.0 - passed)
    index = np.searchsorted(before[1:], place, side="right")
    last = len(lengths.events)
    index_beyond = np.where(ages > lengths.events[-1], TAIL, lengths.index)  # one that is longer already may be stuck
    longer = np.minimum(random.random(len(ages)) ** (-1.0 / index_beyond), LONGEST_TAIL)
    beyond = np.maximum(ages, lengths.events[-1]) * longer
    drawn = np.where(index >= last, beyond, lengths.events[np.minimum(index, last - 1)])
    rest: FloatArray = np.maximum(drawn - ages, 0.0)
    return rest


def _mean(lengths: Lengths) -> float:
    seen = float((lengths.masses * lengths.events).sum())  # a product by BLAS may wait for its threads
    return seen + lengths.tail * float(lengths.events[-1]) * lengths.index / (lengths.index - 1.0)


def per_benchmark(
    lengths: Mapping[str, Sequence[float]],
    ages: Mapping[str, Sequence[float]],
    waiting: Mapping[str, int],
    ended: Mapping[str, int],
) -> list[Work]:
    """Return the work of each benchmark that is named anywhere."""
    names = dict.fromkeys([*lengths, *ages, *waiting])
    return [
        Work([*lengths.get(name, ())], [*ages.get(name, ())], waiting.get(name, 0), ended.get(name, 0))
        for name in names
    ]
