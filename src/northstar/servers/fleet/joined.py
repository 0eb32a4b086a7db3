"""Servers at several addresses as one: those that answer share the work, others join as soon as they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from northstar.config.plan import ServerPlan
from northstar.core.clock import monotonic
from northstar.core.credentials import shown_address
from northstar.core.errors import NorthstarError
from northstar.core.text import counted, duration
from northstar.servers.fleet.address_list import AddressList
from northstar.servers.fleet.fleet import Fleet
from northstar.servers.fleet.remote import Remote
from northstar.servers.fleet.shares import SharesBySpeed
from northstar.servers.server import RunningServer, ServerState

LOOK_SECONDS = 2.0
"""From one look into the file to the next."""
PATIENCE_SECONDS = 10.0
"""So long a slow server is waited for at the start, once another one has answered."""

Reached = Callable[[str, str, ServerState], Awaitable[RunningServer]]
"""Asks the server at an address, which stands somewhere, for its models. Raises NorthstarError."""


@asynccontextmanager
async def fleet_at(
    plan: ServerPlan, reached: Reached, checked: Callable[[str, str], str], state: ServerState
) -> AsyncIterator[RunningServer]:
    """Have the servers of a plan share the work; at least one answers when this begins.

    Args:
        plan: Names the addresses, or a file of them.
        reached: Asks one.
        checked: Completes an address, or raises UsageError.
        state: Is told who joins and leaves.

    Raises:
        NorthstarError: No server answers; of given addresses at once, of a file's within --server_start_timeout.
    """
    given = [address for address in (plan.address, *plan.more_addresses) if address is not None]
    addresses = AddressList(given, plan.addresses_file, checked, state.tell)
    source = plan.option("server_address" if plan.addresses_file is None else "server_addresses")
    reach = partial(_reach, reached, source)
    first = await _first(addresses, reach, plan, state)
    roster = _Roster(addresses, reach, first, plan, state)
    try:
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(roster.keep(group))
            await roster.fleet.any_up()
            facts = {**first.facts, "addresses": [shown_address(address) for address in addresses.look()]}
            try:
                yield replace(first, routes=roster.fleet.routes, facts=facts, measured=roster.fleet.addresses)
            finally:
                keeping.cancel()
                roster.end()
    except BaseExceptionGroup as errors:
        if len(errors.exceptions) > 1:
            raise
        raise errors.exceptions[0] from None


async def _reach(reached: Reached, source: str, address: str) -> RunningServer:
    return await reached(address, source, ServerState())


async def _first(
    addresses: AddressList,
    reach: Callable[[str], Awaitable[RunningServer]],
    plan: ServerPlan,
    state: ServerState,
) -> RunningServer:
    """Return the first in their order that answers, of those that list their models if any does: all must have its."""
    deadline = monotonic() + plan.start_timeout
    while True:
        listed = addresses.look()
        found = await _answers([asyncio.ensure_future(reach(address)) for address in listed])
        for each in found:
            if isinstance(each, BaseException) and not isinstance(each, NorthstarError):
                raise each
        servers = [each for each in found if isinstance(each, RunningServer)]
        if servers:
            state.log = []
            return next((each for each in servers if each.facts.get("served_models")), servers[0])
        why = next((str(each) for each in found if isinstance(each, NorthstarError)), "")
        if plan.addresses_file is None or monotonic() > deadline:
            raise NorthstarError(_why_none(plan, why, len(found)))
        state.log = [f"waiting for a server in {plan.addresses_file}" + (f": {why}" if why else "")]
        await asyncio.sleep(LOOK_SECONDS)


def _why_none(plan: ServerPlan, why: str, number: int) -> str:
    if not number:
        return f"{plan.addresses_file} has named no server for {duration(plan.start_timeout)}."
    return why if number == 1 else f"none of {number} servers can be asked; of the first: {why}"


async def _answers(tasks: Sequence[asyncio.Future[RunningServer]]) -> list[RunningServer | BaseException | None]:
    """Wait until all have answered, or some and PATIENCE_SECONDS are over; None for one that hasn't."""
    if not tasks:
        return []
    try:
        _, pending = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        while pending and not any(task.done() and task.exception() is None for task in tasks):
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    return [None if not task.done() else task.exception() or task.result() for task in tasks]


class _Roster:
    """Keeps the fleet as the list of addresses has it."""

    def __init__(
        self,
        addresses: AddressList,
        reach: Callable[[str], Awaitable[RunningServer]],
        first: RunningServer,
        plan: ServerPlan,
        state: ServerState,
    ) -> None:
        self.fleet = Fleet(SharesBySpeed())
        self._addresses = addresses
        self._reach = reach
        self._first = first
        self._plan = plan
        self._state = state
        self._lives: dict[Remote, asyncio.Task[None]] = {}
        self._none_since: float | None = None

    async def keep(self, group: asyncio.TaskGroup) -> None:
        """Look at the list now and then, until cancelled."""
        while True:
            self._follow(await asyncio.to_thread(self._addresses.look), group)
            self._take_stock()
            await asyncio.sleep(LOOK_SECONDS)

    def end(self) -> None:
        """Watch none of them any longer."""
        for life in self._lives.values():
            life.cancel()

    def _follow(self, listed: Sequence[str], group: asyncio.TaskGroup) -> None:
        for remote in [each for each in self._lives if each.address not in listed]:
            self._lives.pop(remote).cancel()
            remote.retire()
        known = {remote.address for remote in self._lives}
        for address in (each for each in listed if each not in known):
            remote = Remote(address, partial(self._reach, address), self._first, self._state, self.fleet.changed)
            self._lives[remote] = group.create_task(remote.live())
        self.fleet.members = tuple(self._lives)

    def _take_stock(self) -> None:
        """Say who is missing; give up once nobody has answered for as long as a server may take to start."""
        missing = [remote.shown for remote in self._lives if not remote.up and remote.waits_for_it]
        shown = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        count = f"{len(missing)} of {counted(len(self._lives), 'server')}"
        self._state.notice = f"{count} {'does' if len(missing) == 1 else 'do'} not work ({shown})" if missing else ""
        if self.fleet.works():
            self._none_since = None
            return
        self._none_since = self._none_since or monotonic()
        if monotonic() - self._none_since > self._plan.start_timeout:
            why = next((f": {remote.waits_for_it}" for remote in self._lives if remote.waits_for_it), "")
            self.fleet.given_up = (
                f"no server has answered for {duration(self._plan.start_timeout)}{why}. What is done is kept; run the "
                "same command again once one does."
            )
            self.fleet.changed()
