"""What a run's servers were held for: start, answers, idle in between, tail, rest; pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from northstar.metrics.arrays import FloatArray

TAIL = 0.5
"""The tail begins when fewer than this share of the most requests in flight are, for good."""


@dataclass(frozen=True)
class Held:
    """A server that a run held; times in Unix seconds.

    Attributes:
        weight: What an hour of it counts: its GPUs, or 1 for hours of servers.
        began, ready, ended: When it was started, answered, and was let go.
        asked: Answers that its run says it got.
    """

    weight: float
    began: float
    ready: float
    ended: float
    asked: int = 0


@dataclass(frozen=True)
class Hours:
    """What servers were held for, in hours times weight.

    Attributes:
        start: Until the first request, and of servers that come later until they are ready.
        answers: Requests were in flight, before the tail.
        between: No request was, between the first and the last, before the tail.
        tail: From when fewer than TAIL of the most in flight were, for good, until the last answer.
        rest: After the last answer.
        unused: The part of the tail that the requests still missing from the most in flight would have filled.
        starts: Servers.
        found: Answers, and in_tail: those of them that ended in the tail.
        most: Requests in flight at most, at once.
    """

    start: float = 0.0
    answers: float = 0.0
    between: float = 0.0
    tail: float = 0.0
    rest: float = 0.0
    unused: float = 0.0
    starts: int = 0
    found: int = 0
    in_tail: int = 0
    most: int = 0

    @property
    def all(self) -> float:
        return self.start + self.answers + self.between + self.tail + self.rest

    def __add__(self, other: Hours) -> Hours:
        mine, theirs = asdict(self), asdict(other)
        sums = {name: mine[name] + theirs[name] for name in mine}
        return Hours(**sums | {"most": max(self.most, other.most)})


@dataclass(frozen=True)
class Split:
    """The hours of servers, without those that can't be split.

    Attributes:
        bare: Servers that are not split, since many of their answers are not among the spans.
        bare_hours: What they were held for.
        outside: Spans at a time when no server was held.
    """

    hours: Hours
    bare: int
    bare_hours: float
    outside: int


def split(servers: Sequence[Held], spans: FloatArray) -> Split:
    """Split what servers were held for; those held at the same time share the requests.

    Args:
        servers: In any order.
        spans: [n, 2] start and end of each request, in Unix seconds; all of a kind, with end ≥ start.

    >>> spans = np.array([[10.0, 40.0], [10.0, 60.0], [10.0, 90.0]])
    >>> hours = split([Held(3600, 0.0, 10.0, 100.0)], spans).hours
    >>> hours.start, hours.answers, hours.tail, hours.rest, hours.in_tail
    (10.0, 50.0, 30.0, 10.0, 1)
    """
    whole, bare, bare_hours = Hours(), 0, 0.0
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    inside = 0
    for group in _together(servers):
        began, ended = min(each.began for each in group), max(each.ended for each in group)
        mine = spans[np.searchsorted(spans[:, 0], began - _ROUNDED) : np.searchsorted(spans[:, 0], ended, "right")]
        inside += len(mine)
        if len(mine) < _ENOUGH * sum(each.asked for each in group):
            bare, bare_hours = bare + len(group), bare_hours + sum(map(_held, group))
        else:
            whole += _of_group(group, np.clip(mine, began, ended))
    return Split(whole, bare, bare_hours, len(spans) - inside)


_ROUNDED = 1.0
"""Seconds by which the clocks of run.json and of records may differ."""
_ENOUGH = 0.9


def _held(server: Held) -> float:
    return server.weight * (server.ended - server.began) / 3600


def _together(servers: Sequence[Held]) -> Iterator[list[Held]]:
    """Group the servers that were held at the same time."""
    group: list[Held] = []
    for server in sorted(servers, key=lambda each: (each.began, each.ended)):
        if group and server.began >= max(each.ended for each in group):
            yield group
            group = []
        group.append(server)
    if group:
        yield group


def _of_group(group: Sequence[Held], spans: FloatArray) -> Hours:
    times = [time for each in group for time in (each.began, each.ready, each.ended)]
    edges = np.unique(np.concatenate([spans.ravel(), times]))
    width, at = np.diff(edges) / 3600, edges[:-1]
    in_flight = _counts(edges, spans[:, 0], spans[:, 1])
    starting = sum((each.weight * _counts(edges, [each.began], [each.ready]) for each in group), np.zeros(len(at)))
    ready = sum((each.weight * _counts(edges, [each.ready], [each.ended]) for each in group), np.zeros(len(at)))
    start = float(starting @ width)
    if not len(spans) or not ready.any():
        return Hours(start=start, between=float(ready @ width), starts=len(group))
    first, last, most = spans[:, 0].min(), spans[:, 1].max(), float(in_flight.max(initial=0.0))
    room = most * ready / ready.max()  # with fewer servers there is less of it
    full = (in_flight > 0) & (ready > 0) & (in_flight >= TAIL * room)
    tail = float(edges[1:][full].max()) if full.any() else first
    spent = ready * width
    busy, before, ending = in_flight > 0, at < first, (at >= tail) & (at < last)
    asking = ~before & (at < tail)
    missing = 1.0 - np.divide(in_flight, room, out=np.ones(len(at)), where=room > 0)
    return Hours(
        start=start + float(spent[before].sum()),
        answers=float(spent[asking & busy].sum()),
        between=float(spent[asking & ~busy].sum()),
        tail=float(spent[ending].sum()),
        rest=float(spent[~before & (at >= last)].sum()),
        unused=float((spent * missing)[ending].clip(0.0).sum()),
        starts=len(group),
        found=len(spans),
        in_tail=int((spans[:, 1] > tail).sum()),
        most=int(most),
    )


def _counts(edges: FloatArray, starts: FloatArray | Sequence[float], ends: FloatArray | Sequence[float]) -> FloatArray:
    """Return how many of some spans hold each stretch between edges, among which are all starts and ends."""
    change = np.zeros(len(edges))
    np.add.at(change, np.searchsorted(edges, starts), 1.0)
    np.add.at(change, np.searchsorted(edges, ends), -1.0)
    counts: FloatArray = np.cumsum(change)[:-1]
    return counts
