"""Tries a request until it is answered: waits for a lost server, lets limits pass, counts what failed in passing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TypeVar

from northstar.core.text import counted
from northstar.models.client.backoff import pause_before_retry
from northstar.models.client.gate import RefusedAlone
from northstar.models.counts import ClientCounts
from northstar.models.failures import GaveUp
from northstar.models.route import Route

T = TypeVar("T")


class Cause(Enum):
    """Why a try failed: decides whether the next one waits, and whether it counts."""

    PASSING = auto()
    """A lost connection, a busy server, an unreadable answer."""
    LIMIT = auto()
    """The server's rate limit. The gate makes the next try wait; it is no failure, however often it comes."""
    WORDING = auto()
    """The server wants the request worded otherwise, which the next try does."""


class TryFailed(Exception):
    """One try failed, and another one may succeed. `retry_after`: the header of that name."""

    def __init__(self, why: str, cause: Cause = Cause.PASSING, retry_after: str | None = None) -> None:
        super().__init__(why)
        self.cause = cause
        self.retry_after = retry_after


async def until_answered(
    once: Callable[[str, int], Awaitable[T]],
    route: Route,
    retries: int,
    counts: ClientCounts,
    about: str = "",
    tokens: Callable[[T], int] = lambda answer: 0,  # noqa: ARG005
) -> T:
    """Return what `once` returns, as soon as it does.

    Args:
        once: Sends the request; gets the address without a slash at its end, and how many tries failed in passing.
        route: Where to. A request whose server is lost is sent again once one is back, as often as that takes.
        retries: After so many tries more than one that fail in passing, the request is given up.
        counts: Counts them.
        about: What was requested; begins the error.
        tokens: How many an answer has; tells the route how fast its server is.

    Raises:
        GaveUp: Every try failed in passing, or the rate limit refuses this request alone.
    """
    tries, limited = 0, RefusedAlone(counts.answered)
    while True:
        address = (await route.address()).rstrip("/")
        try:
            async with route.sending() as count:
                answer = await once(address, tries)
                count(tokens(answer))
                return answer
        except TryFailed as failed:
            failure, cause, retry_after = f"{about}{failed}", failed.cause, failed.retry_after
        if cause is Cause.WORDING:
            continue
        if cause is Cause.LIMIT:
            if limited.once_more(counts.answered):
                raise GaveUp(f"{failure} (while others were answered)")
            continue
        if await route.lost():
            counts.asked_again += 1
            continue
        counts.last_failure = failure
        if tries == retries:
            raise GaveUp(f"{failure} (asked {counted(tries + 1, 'time')})")
        counts.retries += 1
        await asyncio.sleep(pause_before_retry(tries, retry_after))
        tries += 1
