"""Hands out the samples that this node claims from a pool, and claims more before it runs out of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from northstar.core.clock import monotonic
from northstar.engine.open_shard import OpenShard
from northstar.engine.pooled.share import Claimed, Share
from northstar.engine.pooled.taking_over import Found, find_done
from northstar.engine.schedule.schedule import Due, PendingSamples
from northstar.pool.leases import RENEW_SECONDS, SILENT_RENEWALS
from northstar.pool.parts import PartJournal, publish
from northstar.pool.sizes import ahead
from northstar.pool.tokens import ShardName, Token

FIRST_PAUSE = 0.1
"""Seconds until the pool is looked at again where nothing was free; twice as long each time, up to a renewal."""
_PACE_SECONDS = 1.0

Sample = tuple[ShardName, int]
"""A shard and a row."""


@dataclass(eq=False)
class _Claim:
    """A token of this node. left: its rows that are not done."""

    token: Token
    left: set[int]
    lost: bool = False


class PooledSamples:
    """The samples of a pool that this node claims. Implements Schedule.

    Args:
        share: This node's share of the pool.
        shards: The shards that it may work on; each journal is a PartJournal.
        renew: Seconds between two signs of life.
    """

    def __init__(self, share: Share, shards: Mapping[ShardName, OpenShard], renew: float = RENEW_SECONDS) -> None:
        self.grade: Callable[[OpenShard, int], None] = lambda *_: None
        """Called with answers of nodes that are gone, which are not graded yet."""
        self._share, self._shards, self._renew = share, shards, renew
        self._pending = PendingSamples([])
        self._claims: dict[Sample, _Claim] = {}
        self._asked: set[Sample] = set()
        self._waiting = 0
        self._in_flight = 0
        self._unclaimed = sum(len(shard.shard.rows) for shard in shards.values())
        self._over = False
        self._failure: Exception | None = None
        self._changed = asyncio.Event()
        self._refilling: asyncio.Task[None] | None = None
        self._empty_until = 0.0
        self._renewing, self._renewed = asyncio.Lock(), monotonic()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._taken, self._since, self._pace = 0, monotonic(), 0.0

    @property
    def left(self) -> int:
        return 0 if self._over else self._pending.left + self._unclaimed

    @property
    def has_next(self) -> bool:
        return self._pending.left > 0

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Take part in the pool for the block: say that this node is alive, and give back at its end what is left."""
        try:
            await asyncio.to_thread(self._share.enter)
            self._start(self._keep_renewing())
            await self._wait_for_work()
            yield
            while finishing := [task for task in self._tasks if task.get_name() == "finishing"]:
                await asyncio.wait(finishing)
            self._raise_failure()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.to_thread(self._share.leave)

    async def take(self) -> Due | None:
        while True:
            due = await self._pending.take()
            if due is not None and self._was_silent():  # others may have taken it while this node slept
                await self._renew_now()
            if due is not None and self._is_mine(due):
                self._asked.add(_sample(due.shard, due.row))
                self._in_flight += 1
                self._taken += 1
                if self._pending.left < ahead(self._pace) and monotonic() >= self._empty_until:
                    self._refill_soon()
                return due
            if due is not None:
                self._pending.fail(due)
                continue
            self._raise_failure()
            if self._over:
                return None
            self._refill_soon()
            self._waiting += 1
            try:
                await self._changed.wait()
            finally:
                self._waiting -= 1

    def finish(self, due: Due, seconds: float) -> None:
        self._in_flight -= 1
        self._pending.finish(due, seconds)

    def fail(self, due: Due) -> None:
        self._in_flight -= 1
        self._pending.fail(due)

    def settle(self, shard: OpenShard) -> None:
        """Do nothing: `graded` is told more."""

    def graded(self, shard: OpenShard, row: int) -> None:
        """Record that a sample is done, and on file."""
        claim = self._claims.get(_sample(shard, row))
        if claim is not None:
            claim.left.discard(row)
            self._retire_if_done(claim)

    def _is_mine(self, due: Due) -> bool:
        """Whether the sample is still to be asked: others may have taken it, or it may have come twice."""
        sample = _sample(due.shard, due.row)
        return sample not in self._asked and not self._claims[sample].lost

    def _has(self, name: ShardName, row: int) -> bool:
        """Whether a sample that is not done is in a token of this node."""
        claim = self._claims.get((name, row))
        return claim is not None and not claim.lost and row in claim.left

    def _unasked(self, claim: _Claim) -> list[int]:
        """Return the rows that this node has not asked, in order."""
        return sorted(row for row in claim.left if (claim.token.shard, row) not in self._asked)

    def _refill_soon(self) -> None:
        if self._refilling is None or self._refilling.done():
            self._refilling = self._start(self._refill())

    async def _refill(self) -> None:
        """Claim until enough samples are waiting; while a request has none, look again and again until all is over."""
        pause = FIRST_PAUSE
        while not self._over and (wanted := self._wanted()) > 0:
            claimed = await asyncio.to_thread(self._share.claim, wanted, self._waiting + self._in_flight)
            await self._take_in(claimed)
            if claimed.tokens:
                pause = FIRST_PAUSE
                self._wake()
                continue
            for name in claimed.orphans:
                await self._finish(name)
            is_idle = not self._in_flight and not self._pending.left
            if is_idle and claimed.over and not claimed.orphans:
                self._over = True
                self._wake()
            elif not self._waiting:
                self._empty_until = monotonic() + self._renew
                return
            else:
                await asyncio.sleep(0 if claimed.orphans else pause)
                pause = min(2 * pause, self._renew)

    def _wanted(self) -> int:
        passed = monotonic() - self._since
        if passed > _PACE_SECONDS:
            self._pace, self._taken, self._since = self._taken / passed, 0, monotonic()
        return self._waiting + ahead(self._pace) - self._pending.left

    async def _wait_for_work(self) -> None:
        """Wait until there is something to do: a server is started for nothing less. Raises NorthstarError."""
        pause = FIRST_PAUSE
        while True:
            claimed = await asyncio.to_thread(self._share.claim, 0, 0)
            await self._take_in(claimed)
            for name in claimed.orphans:
                await self._finish(name)
            if claimed.over and not claimed.orphans:
                self._over = True
                return
            if claimed.claimable:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._renew)
            self._raise_failure()

    async def _take_in(self, claimed: Claimed) -> None:
        """Add what was claimed to the samples to ask, and drop what was lost."""
        for token in claimed.lost:
            for claim in {id(each): each for each in self._claims.values() if each.token == token}.values():
                claim.lost = True
                # Those that were asked are answered here, too.
                self._shards[token.shard].counters.total -= len(self._unasked(claim))
        for token in claimed.tokens:
            await self._open(token)
        self._unclaimed = claimed.elsewhere
        for counters in {id(each.counters): each.counters for each in self._shards.values()}.values():
            counters.expected = 0
        for name, rows in claimed.waiting.items():
            self._shards[name].counters.expected += -(-rows // claimed.nodes)

    async def _open(self, token: Token) -> None:
        shard = self._shards[token.shard]
        journal = shard.journal
        assert isinstance(journal, PartJournal)
        journal.begin(token.epoch)
        claim = _Claim(token, set(token.rows))
        found = await asyncio.to_thread(find_done, shard, token.rows) if token.epoch else Found()
        claim.left -= found.done
        # A node that dies as it puts rows back leaves them in two tokens: they are done for the one that came first.
        claim.left -= {row for row in claim.left if self._has(token.shard, row)}
        self._claims.update({(token.shard, row): claim for row in claim.left})
        shard.counters.total += len(self._unasked(claim))
        self._take_over(shard, found)
        self._pending.add(shard, self._unasked(claim))
        self._retire_if_done(claim)

    def _take_over(self, shard: OpenShard, found: Found) -> None:
        """Copy into this node's journal what nodes that are gone have begun; answers have only to be graded."""
        for row, generation in found.answered.items():
            sample = _sample(shard, row)
            if sample not in self._asked:
                self._asked.add(sample)
                shard.journal.add_generation(row, generation)
                shard.counters.count_generation(generation)
                self.grade(shard, row)
        for row, turns in found.turns.items():
            if _sample(shard, row) not in self._asked and not shard.journal.turns(row):
                for turn in turns:
                    shard.journal.add_turn(row, turn)

    def _retire_if_done(self, claim: _Claim) -> None:
        if not claim.left and not claim.lost:
            self._start(self._retire(claim), "finishing")

    async def _retire(self, claim: _Claim) -> None:
        name = claim.token.shard
        journal = self._shards[name].journal
        assert isinstance(journal, PartJournal)
        if await asyncio.to_thread(self._share.retire, claim.token, journal):
            await self._finish(name)

    async def _finish(self, name: ShardName) -> None:
        """Write the output of a shard that no node has any rows of; put in again what none has done."""
        if self._share.begin_finishing(name):
            shard = self._shards[name]
            missing = await publish(shard.folder, shard.shard, shard.rows, shard.procedure.record)
            await asyncio.to_thread(self._share.end_finishing, name, missing)

    async def _keep_renewing(self) -> None:
        while True:
            await asyncio.sleep(self._renew)
            await self._renew_now()

    async def _renew_now(self) -> None:
        """Say that this node is alive; after a silence, drop what others have taken from it."""
        async with self._renewing:
            if not await asyncio.to_thread(self._share.renew) or self._was_silent():
                await self._take_in(await asyncio.to_thread(self._share.claim, 0, 0))
            self._renewed = monotonic()

    def _was_silent(self) -> bool:
        return monotonic() - self._renewed > SILENT_RENEWALS * self._renew

    def _start(self, work: Coroutine[Any, Any, None], name: str = "") -> asyncio.Task[None]:
        """Run in the background; what it fails of ends the run at the next `take`."""

        async def caught() -> None:
            try:
                await work
            except Exception as failure:  # whoever waits for work would wait for good
                self._failure = self._failure or failure
                self._wake()

        task = asyncio.create_task(caught(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _wake(self) -> None:
        self._changed.set()
        self._changed.clear()


def _sample(shard: OpenShard, row: int) -> Sample:
    return ShardName(shard.shard.benchmark, shard.shard.stem), row
