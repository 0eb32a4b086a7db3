"""One server that is kept alive: started, found ready, watched, and started again when it dies or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from northstar.core.clock import monotonic, utc_text
from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.models.endpoint import Endpoint
from northstar.models.identity.served import ServedModel, read_served, read_version
from northstar.servers.fleet.fleet import Member
from northstar.servers.hosting.process import Process, Start
from northstar.servers.hosting.server_log import KnownFailure, cause_of, failure_screen, log_end, log_tail, with_cause
from northstar.servers.server import Restart, ServerState

POLL_SECONDS = 0.1
PROBE_SECONDS = 2.0
PROBE_TIMEOUT = 10.0
SETTLED_SECONDS = 600.0
"""A server that answered for so long was a good one: restarts are counted from the beginning again."""
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What is each life's own. process: starts it, here or in another step of the job. health: the address that answers
    200 while it is well. log: nobody else writes there.
    """

    port: int
    start: Start
    process: Callable[[], Awaitable[Process]]
    endpoint: Endpoint
    health: str
    log: Path


@dataclass(frozen=True, kw_only=True)
class ReplicaSpec:
    """How a replica is started, found ready and watched.

    title: 'vLLM', or 'vLLM 1 of 2'. launch: prepares a life, given the port of the one before. hung_after: seconds
    without an answer that it is well.
    """

    title: str
    launch: Callable[[int | None], Launch]
    known_failures: Sequence[KnownFailure]
    restarts: int
    start_timeout: float
    hung_after: float


class Replica(Member):
    """A server that Northstar starts, watches and starts again."""

    def __init__(
        self,
        recipe: ReplicaSpec,
        state: ServerState,
        changed: Callable[[], None],
        others_work: Callable[[], bool] = lambda: False,
    ) -> None:
        """changed: called when it comes up, goes down, or is given up on. others_work: whether another one answers.

        Raises NorthstarError when it can't be launched.
        """
        super().__init__()
        self.recipe = recipe
        self.launch = recipe.launch(None)
        self.served: ServedModel | None = None
        self.version: str | None = None
        self._state = state
        self._changed = changed
        self._others_work = others_work
        self._ready_at = 0.0
        self._session: aiohttp.ClientSession | None = None

    @property
    def address(self) -> str:
        return self.launch.endpoint.address

    async def live(self) -> None:
        """Start it, and again whenever it goes, until cancelled or given up on.

        Raises NorthstarError when it can't be started at all: the user has to hear of that at once.
        """
        in_a_row = 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROBE_TIMEOUT)) as self._session:
            while self.given_up is None:
                before = self.life
                trouble = await self._one_life()
                if self.life == 0 and not self._others_work():
                    raise NorthstarError(self._screen(f"{self.recipe.title}'s server {trouble}."))
                settled = self.life > before and monotonic() - self._ready_at > SETTLED_SECONDS
                in_a_row = 1 if settled else in_a_row + 1
                await self._after(trouble, in_a_row)

    async def _one_life(self) -> str:
        """From its start to its end, however that comes; returns what became of it."""
        process = await self.launch.process()
        trouble = ""
        try:
            trouble = await self._become_ready(process)
            if not trouble:
                self.life += 1
                self._ready_at = monotonic()
                self.up = True
                self._state.notice = ""
                self._changed()
                trouble = await self._watch(process)
            return trouble
        finally:
            self.up = False
            self._changed()
            await process.end(now=bool(trouble))

    async def _become_ready(self, process: Process) -> str:
        """'' once it answers, or what is wrong instead."""
        deadline = monotonic() + self.recipe.start_timeout
        while monotonic() < deadline:
            if (ended := process.ended) is not None:
                return f"{ended} before it was ready"
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with self._get(self.launch.endpoint.address + "/models", timeout=2) as answer:
                    body = await answer.read() if answer.status == 200 else None
                if body is not None and await self.probe():
                    self.served = read_served(body, self.launch.endpoint.model)
                    self.version = await self._read_version()
                    self._state.log = []
                    return ""
            self._state.log = log_end(self.launch.log, 5)
            await asyncio.sleep(POLL_SECONDS)
        return f"was not ready after {self.recipe.start_timeout:g} s"

    async def _watch(self, process: Process) -> str:
        """Returns when it has ended, or hangs: what happened."""
        failing_since: float | None = None
        probed = monotonic()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            now = monotonic()
            if (ended := process.ended) is not None:
                return ended
            if now - probed < PROBE_SECONDS:
                continue
            probed = now
            if await self.is_well(now):
                failing_since = None
            else:
                failing_since = failing_since or now
                if monotonic() - failing_since > self.recipe.hung_after:
                    return f"did not answer its health check for {self.recipe.hung_after:g} s"

    async def _after(self, trouble: str, in_a_row: int) -> None:
        """Wait before it is started again, or give it up."""
        cause = cause_of(trouble, log_tail(self.launch.log), self.recipe.known_failures)
        if in_a_row > self.recipe.restarts:
            times = f" (after {counted(self.recipe.restarts, 'restart')} in a row)" if self.recipe.restarts else ""
            self.given_up = self._screen(f"{self.recipe.title}'s server {trouble}{times}.")
            self._state.notice = with_cause(f"{self.recipe.title} {trouble}{times}; the others go on.", cause)
            self._changed()
            return
        when = utc_text()
        self._state.restarts.append(Restart(when, self.recipe.title, trouble, cause, str(self.launch.log)))
        self._state.notice = with_cause(f"{self.recipe.title} {trouble}; it is being started again.", cause)
        await asyncio.sleep(min(4.0 ** (in_a_row - 1), LONGEST_PAUSE))
        self.launch = self.recipe.launch(self.launch.port)

    async def _read_version(self) -> str | None:
        """What vLLM and TensorRT-LLM say of themselves; others don't."""
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            root = self.launch.endpoint.address.removesuffix("/v1")
            async with self._get(root + "/version", timeout=2) as answer:
                return read_version(await answer.read()) if answer.status == 200 else None
        return None

    async def probe(self) -> bool:
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with self._get(self.launch.health, timeout=PROBE_TIMEOUT) as answer:
                return answer.status == 200
        return False

    def _get(self, url: str, timeout: float) -> aiohttp.client._RequestContextManager:
        assert self._session is not None
        return self._session.get(url, timeout=aiohttp.ClientTimeout(total=timeout))

    def _screen(self, what: str) -> str:
        return failure_screen(what, self.launch.log, log_tail(self.launch.log), self.recipe.known_failures)
