"""Tokens a second of a server against its requests in flight, and how long a fleet takes by that: pure functions."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from northstar.metrics.arrays import FloatArray


@dataclass(frozen=True)
class LoadCurve:
    """points: (requests in flight, tokens a second), rising in both; straight from nothing and between, then level."""

    points: tuple[tuple[float, float], ...]

    @property
    def full(self) -> float:
        """Tokens a second, at most."""
        return self.points[-1][1]

    def at(self, requests: float) -> float:
        """Tokens a second with so many requests in flight.

        >>> curve = LoadCurve(((10, 100.0), (110, 200.0)))
        >>> curve.at(5), curve.at(60), curve.at(1000)
        (50.0, 150.0, 200.0)
        """
        place = bisect_left(self.points, (requests,))
        if place == len(self.points):
            return self.full
        (few, slow), (many, fast) = self.points[place - 1] if place else (0.0, 0.0), self.points[place]
        return slow + (fast - slow) * (requests - few) / (many - few)


def saturating(one: float, at: int, full: float) -> LoadCurve:
    """Return the curve n·one / (1 + n·one / V) that makes `one` token a second alone and `full` with `at` requests.

    >>> curve = saturating(one=50.0, at=512, full=5000.0)
    >>> round(curve.at(1)), round(curve.at(512)), round(curve.at(4096))
    (50, 5000, 5000)
    """
    most = 1.0 / (1.0 / full - 1.0 / (at * one))
    counts = [*range(1, min(at, 64)), *range(64, at, 16), at]
    return LoadCurve(tuple((float(n), n * one / (1.0 + n * one / most)) for n in counts))


def measured(spans: FloatArray, tokens: FloatArray) -> LoadCurve | None:
    """Return what a server did at each load, each answer's tokens spread evenly over its time; None without answers.

    Args:
        spans: [n, 2] start and end of each request, in seconds.
        tokens: [n] generated.
    """
    lengths = spans[:, 1] - spans[:, 0]
    usable = (lengths > 0) & (tokens > 0)
    if not usable.any():
        return None
    spans, rates = spans[usable], tokens[usable] / lengths[usable]
    times = np.concatenate([spans[:, 0], spans[:, 1]])
    order = np.argsort(times, kind="stable")
    ones = np.concatenate([np.ones(len(rates)), -np.ones(len(rates))])[order]
    change = np.concatenate([rates, -rates])[order]
    seconds = np.diff(times[order])
    count, speed = np.cumsum(ones)[:-1], np.cumsum(change)[:-1]
    points: list[tuple[float, float]] = []
    low = 1.0
    while low <= count.max():  # loads that differ by less than a factor of 2 are one point
        here = (count >= low) & (count < 2 * low) & (seconds > 0)
        if (spent := seconds[here].sum()) > 0:
            mean = float((count[here] * seconds[here]).sum() / spent)
            points.append((mean, float((speed[here] * seconds[here]).sum() / spent)))
        low *= 2
    rising: list[tuple[float, float]] = []
    for requests, rate in points:  # a busier server is no slower: what is measured so is chance
        if not rising or rate > rising[-1][1]:
            rising.append((requests, rate))
    return LoadCurve(tuple(rising)) if rising else None


class Work(NamedTuple):
    """A sample to ask. cap: tokens a second that it makes at most, where it waits for more than the server."""

    tokens: float
    cap: float = float("inf")


@dataclass
class _Node:
    """A server. Its requests of one cap progress alike: each is done once their common progress reaches its mark."""

    clock: float
    progress: dict[float, float] = field(default_factory=dict)
    marks: dict[float, list[float]] = field(default_factory=dict)
    in_flight: int = 0

    def take(self, work: Work) -> None:
        heapq.heappush(self.marks.setdefault(work.cap, []), self.progress.setdefault(work.cap, 0.0) + work.tokens)
        self.in_flight += 1

    def next_end(self, curve: LoadCurve) -> tuple[float, float]:
        """Return the seconds until the next request is done, and its cap."""
        each = curve.at(self.in_flight) / self.in_flight
        return min(
            ((marks[0] - self.progress[cap]) / min(cap, each), cap) for cap, marks in self.marks.items() if marks
        )

    def advance(self, curve: LoadCurve) -> None:
        """Go on to the next end of a request."""
        each = curve.at(self.in_flight) / self.in_flight
        seconds, done = self.next_end(curve)
        for cap in self.progress:
            self.progress[cap] += min(cap, each) * seconds
        self.clock += seconds
        self.progress[done] = heapq.heappop(self.marks[done])
        self.in_flight -= 1


def node_seconds(
    work: Iterable[Work], curve: LoadCurve, at_once: int, nodes: int = 1, start: float = 0.0, claim: int = 1
) -> list[float]:
    """Return how long each node is held when all take from one queue as they have room, and go once it is empty.

    Args:
        work: In the order in which it is asked.
        curve: Of each node's server.
        at_once: Requests in flight on a node, at most.
        nodes: How many nodes begin together.
        start: Seconds until a server is ready.
        claim: How much a node takes at its turn while the first of it is dealt.
    """
    queue, held = deque(work), [_Node(start) for _ in range(nodes)]
    while queue and any(node.in_flight < at_once for node in held):  # in turns, as they all begin at once
        for node in held:
            for _ in range(min(claim, at_once - node.in_flight, len(queue))):
                node.take(queue.popleft())
    ends = [(node.clock + node.next_end(curve)[0], number) for number, node in enumerate(held) if node.in_flight]
    heapq.heapify(ends)
    while ends:
        _, number = heapq.heappop(ends)
        node = held[number]
        node.advance(curve)
        if queue:
            node.take(queue.popleft())
        if node.in_flight:
            heapq.heappush(ends, (node.clock + node.next_end(curve)[0], number))
    return [node.clock for node in held]


def gpu_hours(seconds: Sequence[float], gpus: int) -> float:
    """Return the GPU hours of nodes with so many GPUs, held so long."""
    return sum(seconds) * gpus / 3600
