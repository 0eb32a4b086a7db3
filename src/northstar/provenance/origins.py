"""Notes which models the responses name: a router or a deployment may change the model behind an address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from northstar.core.clock import now, utc_text
from northstar.models.reply.response import UNSAID, Origin

MOST_NAMED = 20
"""How many origins are told apart, for a server may invent a name for each answer."""


@dataclass(slots=True)
class Seen:
    """What is known of one origin.

    Attributes:
        first: the Unix time of its first answer.
        answer: the number of that answer in the run, from 1.
        answers: how many answers it gave.
    """

    first: float
    answer: int
    answers: int = 0


class Origins:
    """The origins of a run's answers to one model's or judge's questions.

    Args:
        first: called with a name of results and an origin; stores it if it is their first, and returns the first one.
        note: called with `as_json` whenever there is a new origin.
        run: calls `first` in a thread.
    """

    def __init__(
        self,
        first: Callable[[str, Mapping[str, str]], Mapping[str, Any]] = lambda _, origin: origin,
        note: Callable[[list[dict[str, Any]]], None] = lambda _: None,
        run: Callable[..., Awaitable[Mapping[str, Any]]] = asyncio.to_thread,
    ) -> None:
        self._first = first
        self._note = note
        self._run = run
        self._learning = asyncio.Lock()
        self._known: dict[str, Origin] = {}
        self._seen: dict[Origin, Seen] = {}
        self._answers = 0

    async def compared(self, results: str, origin: Origin) -> Origin:
        """Look up who answered first, perhaps waiting for another process, then return `differing`."""
        if self._tells_more(results, origin):
            async with self._learning:
                if self._tells_more(results, origin):
                    self._know(results, await self._run(self._first, results, _as_json(origin)))
        return self.differing(results, origin)

    def differing(self, results: str, origin: Origin) -> Origin:
        """Count an answer; returns the parts of its origin that differ from these results' first answer."""
        self._answers += 1
        seen = self._seen.get(origin) or self._first_sight(origin)
        seen.answers += 1
        if self._tells_more(results, origin):
            self._know(results, self._first(results, _as_json(origin)))
        known = self._known.get(results, UNSAID)
        if origin == known:
            return UNSAID
        return Origin(
            origin.model if origin.model != known.model else None,
            origin.system_fingerprint if origin.system_fingerprint != known.system_fingerprint else None,
        )

    def as_json(self) -> list[dict[str, Any]]:
        """The origins for run.json, each with its first time, its first answer and its number of answers."""
        return [
            {
                **_as_json(origin),
                "first": utc_text(seen.first),
                "first_answer": seen.answer,
                "answers": seen.answers,
            }
            for origin, seen in self._seen.items()
            if origin != UNSAID
        ]

    def _tells_more(self, results: str, origin: Origin) -> bool:
        """Whether the origin says more than what is known of the first answer."""
        known = self._known.get(results, UNSAID)
        return bool(
            (known.model is None and origin.model) or (known.system_fingerprint is None and origin.system_fingerprint)
        )

    def _know(self, results: str, first: Mapping[str, Any]) -> None:
        self._known[results] = Origin(first.get("model"), first.get("system_fingerprint"))

    def _first_sight(self, origin: Origin) -> Seen:
        if len(self._seen) >= MOST_NAMED:
            return self._seen.setdefault(_OTHERS, Seen(now(), self._answers))
        seen = self._seen[origin] = Seen(now(), self._answers)
        if origin != UNSAID:
            self._note(self.as_json())
        return seen


_OTHERS = Origin("(others)")


def _as_json(origin: Origin) -> dict[str, str]:
    return {name: value for name, value in origin._asdict().items() if value is not None}
