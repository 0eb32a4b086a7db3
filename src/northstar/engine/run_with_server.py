"""Runs a sample loop: with a server if there is anything to ask, without one if only grading is left."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from northstar.config.plan import ServerPlan
from northstar.config.settings import RunSettings
from northstar.core.cores import cores
from northstar.core.errors import NorthstarError
from northstar.core.open_files import connections, limit_text
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.grading import Graders
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.sandboxing import programs_at_once
from northstar.models.client.client import ModelClient
from northstar.models.client.dialect import Dialect
from northstar.models.sampling_words import OF_PROVIDER, is_neutral
from northstar.servers.arguments.model_files import recommended_by_model
from northstar.servers.hosting.holding import held
from northstar.servers.metrics.polling import keep_load
from northstar.servers.server import RunningServer, is_hosted, running
from northstar.task.grader import SolverContext

GRADERS_A_PROCESS = 4
"""Gradings in flight for each grading process, so that none waits for its next."""


def grading_processes(settings: RunSettings) -> int:
    return settings.grading_workers or max(1, cores() - 1)


def helper_processes(settings: RunSettings) -> int:
    """How many processes to start in a benchmark's own environment.

    At least two: conversations wait for their tools, and one process computes while the other's result is on its way.
    """
    return settings.grading_workers or max(2, cores() - 1)


async def run_with_server(
    loop: SampleLoop,
    server_plan: ServerPlan,
    settings: RunSettings,
    counters: RunCounters,
    solver_context: SolverContext,
    logs: Path,
    ready: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]],
    about: Callable[[Mapping[str, Any]], None],
    clients: int = 1,
) -> None:
    """Start or reach the server, run the loop, stop the server.

    Args:
        loop: asks and grades.
        server_plan: the server to start, or its address.
        settings: of the run.
        counters: counts what happens, for the display.
        solver_context: what solvers and graders may use.
        logs: the folder for the server's log.
        ready: called with the server's facts once it answers, before anything is asked; returns them with additions.
        about: called with these facts for run.json, and again whenever more are known.
        clients: how many loops of this process ask servers at the same time.

    Raises:
        NorthstarError: also in an ExceptionGroup.
    """
    graders = Graders(GRADERS_A_PROCESS * grading_processes(settings), 2 * programs_at_once(settings))
    if not loop.left_to_ask:
        counters.begin(Stage.GRADING)
        about(await ready({}))
        await loop.run(None, solver_context, 0, graders)
        return
    counters.begin(Stage.PREPARING, _before_it_answers(server_plan))
    counters.server.tell = counters.notices.append
    async with held(server_plan) as counters.holding, running(server_plan, logs, counters.server) as server:
        counters.holding.is_ready()
        counters.notices += server.notices
        loop.check_structured(server.endpoint.words or OF_PROVIDER)
        words, recommended = server.endpoint.words, await asyncio.to_thread(recommended_by_model, server_plan)
        facts = await ready({**server.facts, "neutral": bool(is_neutral(None, words))})
        facts = {**facts, "sampling": loop.sampling(words or OF_PROVIDER, recommended)}
        noted = _Noted(facts, server.endpoint.model, counters, about, loop)
        at_once = _at_once(server, settings, counters, clients)
        endpoint = server.endpoint
        endpoint = replace(endpoint, left_out=endpoint.left_out | loop.unsaid(server_plan))
        async with _client(replace(server, endpoint=endpoint), settings, loop.asked_for, at_once, noted) as client:
            counters.begin(Stage.ASKING)
            noted(client.dialect)
            metrics = asyncio.create_task(_shown_load(server, counters))
            try:
                await loop.run(client, solver_context, at_once, graders, lambda: noted(client.dialect))
            finally:
                metrics.cancel()
                await asyncio.wait([metrics])


async def _shown_load(server: RunningServer, counters: RunCounters) -> None:
    with surviving(counters, "The display does not show how busy the server is"):
        await keep_load(server.endpoint, server.measured, counters.server)


class _Noted:
    """Notes the dialect that the server is asked in, each time more of it is known.

    The user gets each notice once; run.json gets the dialect and what the prompts do with the model's reasoning.
    """

    def __init__(
        self,
        facts: Mapping[str, Any],
        model: str,
        counters: RunCounters,
        about: Callable[[Mapping[str, Any]], None],
        loop: SampleLoop,
    ) -> None:
        self._facts, self._model, self._counters, self._about, self._loop = facts, model, counters, about, loop
        self._shown: set[str] = set()

    def __call__(self, dialect: Dialect) -> None:
        reasoning = {"reasoning": self._loop.reasoning} if self._loop.reasoning else {}
        self._about({**self._facts, **dialect.facts(), **reasoning})
        for notice in dialect.notices(self._model, seeds=self._loop.sends_seeds):
            if notice not in self._shown:
                self._shown.add(notice)
                self._counters.notices.append(notice)


def _before_it_answers(plan: ServerPlan) -> str:
    """What to display until the server answers. Shows only the host of an address, for its path may hold a key."""
    if is_hosted(plan):
        return f"starting {plan.type}"
    if plan.addresses_file is not None:
        return f"reaching the servers of {plan.addresses_file.name}"
    if plan.more_addresses:
        return f"reaching {1 + len(plan.more_addresses)} servers"
    return f"reaching the server at {urlsplit(plan.address or '').netloc}"


def _at_once(server: RunningServer, settings: RunSettings, counters: RunCounters, clients: int) -> int:
    wanted = min(settings.max_concurrent_requests, server.slots or sys.maxsize)
    possible = connections(clients)
    if possible is None or possible >= wanted:
        return wanted
    counters.notices.append(
        f"{possible} requests go out at once, not {wanted}: this machine allows a process {limit_text()}."
    )
    return possible


def _client(
    server: RunningServer,
    settings: RunSettings,
    asked_for: frozenset[str],
    at_once: int,
    tell: Callable[[Dialect], None],
) -> ModelClient:
    return ModelClient(
        server.endpoint,
        request_timeout=settings.request_timeout,
        max_retries=settings.max_retries,
        new_route=server.routes and server.routes(at_once),
        kept=asked_for,
        tell=tell,
    )


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error of a group to show: the first NorthstarError, else the first of all."""
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves.append(first_of(error) if isinstance(error, BaseExceptionGroup) else error)
    return next((leaf for leaf in leaves if isinstance(leaf, NorthstarError)), leaves[0])
