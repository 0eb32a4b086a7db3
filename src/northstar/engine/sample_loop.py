"""Asks and grades the samples of a run: one queue, a bounded number of requests, graders beside them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from northstar.config.plan import ServerPlan
from northstar.config.settings import RunSettings
from northstar.core.clock import monotonic, now
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Row, Turn
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.grading import Graders, Grading
from northstar.engine.open_shard import OpenShard
from northstar.engine.refusals import Refusal, Refusals, error_generation
from northstar.engine.schedule.schedule import Due, Schedule
from northstar.models.client.client import ModelClient
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable, TemplateRefused
from northstar.models.sampling_words import SamplingWords
from northstar.models.structured.fields import check_structured
from northstar.models.templates.chat_template import check_shows_tools
from northstar.results.layout import Shard
from northstar.servers.arguments.told import unsaid_fields
from northstar.solvers.model_asker import ModelAsker
from northstar.task.grader import ComputeLost, SolverContext

MOST_GIVEN_UP_IN_A_ROW = 20
SYNC_SECONDS = 5.0
_STARTED_A_TURN = 32


def records_unanswered(settings: RunSettings) -> bool:
    """Whether a sample that no try answered is recorded as an error; else the next run asks it again."""
    return settings.unanswered == "record_error"


class SampleLoop:
    """Takes the samples of open shards from the queue to a grade.

    Args:
        shards: the open shards, whose journals say what is done.
        schedule: hands out the samples without a generation.
        counters: counts what happens.
        record_unanswered: record a sample that no try answered as an error, instead of leaving it for the next run.
        graded: called with the shard and row of each graded sample.
        written: called, in a thread, with each shard whose output was written.
    """

    def __init__(
        self,
        shards: Sequence[OpenShard],
        schedule: Schedule,
        counters: RunCounters,
        *,
        record_unanswered: bool = False,
        graded: Callable[[OpenShard, int], None] | None = None,
        written: Callable[[Shard], None] | None = None,
    ) -> None:
        self._shards = shards
        self._schedule = schedule
        self._counters = counters
        self._record_unanswered = record_unanswered
        self._grading: Grading[OpenShard] = Grading(counters, graded, written, schedule.settle)
        self._refusals = Refusals(answered=any(part.tokens for part in counters.benchmarks.values()))
        self._settled = asyncio.Event()
        self._unusable: NorthstarError | None = None
        self._given_up_in_a_row = 0

    @property
    def left_to_ask(self) -> int:
        return self._schedule.left

    @property
    def sends_seeds(self) -> bool:
        """Whether requests carry a seed; a judge's first question has none."""
        return not self._counters.judge and any(shard.shard.seed is not None for shard in self._shards)

    @property
    def asked_for(self) -> frozenset[str]:
        """The request fields that the user set for any of the benchmarks."""
        return frozenset().union(*(shard.procedure.settings.inference.asked_for for shard in self._shards))

    def check_structured(self, words: SamplingWords) -> None:
        """Raise NorthstarError if the server can't hold answers to the schema or pattern that is asked for."""
        for inference in {id(shard.procedure): shard.procedure.settings.inference for shard in self._shards}.values():
            check_structured(inference, words)

    def unsaid(self, server: ServerPlan) -> frozenset[str]:
        """The request fields that this server's endpoint has no word for, for any of the benchmarks."""
        return frozenset().union(*(unsaid_fields(shard.procedure.settings, server) for shard in self._shards))

    def sampling(self, words: SamplingWords | None, recommended: Mapping[str, float]) -> dict[str, Any]:
        """Each benchmark's sampling values and their sources, for run.json; words, recommended: see SamplingOf."""
        found: dict[str, Any] = {}
        for shard in self._shards:
            of, seed = shard.procedure, None if self._counters.judge else shard.shard.seed
            found[shard.shard.benchmark] = of.sampling(seed, words, recommended).as_json()
        return found

    @property
    def reasoning(self) -> dict[str, dict[str, str]]:
        """What each benchmark's prompts do with the model's reasoning, for run.json."""
        found = {shard.shard.benchmark: shard.procedure.opened.findings for shard in self._shards}
        return {name: findings for name, findings in found.items() if findings}

    def grade(self, shard: OpenShard, row: int) -> None:
        """Grade an answer that another run left ungraded, beside those of this one."""
        self._grading.put(shard, row)

    async def run(
        self,
        client: ModelClient | None,
        solver_context: SolverContext,
        at_once: int,
        graders: Graders,
        learnt: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask, grade and write until every sample is done or given up.

        Args:
            client: asks the model; None when nothing is left to ask.
            solver_context: what solvers and graders may use.
            at_once: the largest number of requests in flight.
            graders: how many gradings run at once.
            learnt: called when `reasoning` has changed.

        Raises:
            NorthstarError: the server is unusable, or the disk full; also in an ExceptionGroup.
        """
        for shard in self._shards:
            shard.procedure.opened.learnt = learnt
        if client is not None:
            self._counters.requests = client.counts
            await self._check_template(client)
        for shard in self._shards:
            await self._grading.begin(shard)
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(grading) for grading in self._grading.loops(solver_context, graders)]
            background.append(group.create_task(self._sync_now_and_then()))
            if client is not None:
                await self._ask_all(client, solver_context, at_once)
                self._counters.begin(Stage.GRADING)
            await self._grading.all_done()
            self._raise_stop()
            while client is not None and not self._ends and self._schedule.has_next:  # late refusals completed a seed
                self._counters.begin(Stage.ASKING)
                await self._ask_all(client, solver_context, at_once)
                self._counters.begin(Stage.GRADING)
                await self._grading.all_done()
                self._raise_stop()
            for task in background:
                task.cancel()

    @property
    def _stop(self) -> NorthstarError | None:
        """Why nothing more should be asked: an unusable server, or graders that are lost again and again."""
        return self._unusable or self._grading.unusable

    @property
    def _ends(self) -> bool:
        return self._stop is not None or bool(self._counters.spending.reached)

    def _raise_stop(self) -> None:
        if self._stop is not None:
            raise self._stop

    async def _check_template(self, client: ModelClient) -> None:
        """End the run before any answer is paid for if the chat template hides a benchmark's tools."""
        reading = next((shard.procedure for shard in self._shards if shard.procedure.reads_calls), None)
        if reading is not None:
            with client.conversation() as conversation:
                await check_shows_tools(conversation, reading.settings.chat_template_kwargs)

    async def _ask_all(self, client: ModelClient, solver_context: SolverContext, at_once: int) -> None:
        self._counters.asking_since = self._counters.asking_since or monotonic()
        self._counters.pace = client.gates
        self._counters.under_way.at_once = at_once
        async with self._counters.spending.in_time(), asyncio.TaskGroup() as group:
            for number in range(min(at_once, self._schedule.left)):
                group.create_task(self._keep_asking(client, solver_context))
                # Starting thousands in one go would block the event loop.
                if number % _STARTED_A_TURN == _STARTED_A_TURN - 1:
                    await asyncio.sleep(0)
        self._raise_stop()
        for refusal in self._refusals.rest():
            self._record(refusal.shard, refusal.row, refusal.generation)

    async def _keep_asking(self, client: ModelClient, solver_context: SolverContext) -> None:
        """Ask one sample after the other until none is left or the run must stop; requests in flight still end."""
        while not self._ends and (due := await self._schedule.take()) is not None:
            if self._ends:  # it has waited for a sample
                self._schedule.fail(due)
                return
            self._counters.asked.add(id(due.shard))
            shard, row = due.shard.shard, due.shard.rows.row(due.row)
            with self._counters.under_way.asking(shard.benchmark, shard.seed, due.row, str(row.get("id", ""))):
                await self._ask(due, row, client, solver_context)
            while self._refusals.too_many:
                if not self._counters.in_flight:
                    self._raise_stop()
                    raise self._refusals.error()
                await self._settled.wait()

    async def _ask(self, due: Due, row: Row, client: ModelClient, solver_context: SolverContext) -> None:
        shard = due.shard
        earlier_turns = shard.journal.turns(due.row)
        started = now()
        try:
            with client.conversation() as conversation:
                messages = None
                if shard.procedure.foreign_prompt:
                    messages = await shard.procedure.prompt.messages_apart(row, shard.procedure.settings.system_message)
                asker = ModelAsker(
                    shard.procedure.prompt,
                    shard.procedure.settings,
                    conversation,
                    solver_context.of(shard.shard.benchmark),
                    turns=earlier_turns,
                    keep=partial(self._keep_turn, shard, due.row),
                    opened=shard.procedure.opened,
                    row_id=row.get("id"),
                    differing=partial(self._counters.origins.compared, shard.results),
                    first=None if messages is None else (row, messages),
                )
                generation = await shard.procedure.solver(row, shard.shard.seed, asker)
        except Refused as refusal:
            self._schedule.fail(due)
            self._refused(due, refusal, started)
        except GaveUp as failure:
            self._schedule.fail(due)
            if self._record_unanswered:
                self._refused(due, failure, started)
            else:
                self._gave_up(shard, failure)
        except ComputeLost as loss:  # the conversation's tools were lost; the server is not to blame
            self._schedule.fail(due)
            shard.counters.tools_lost += 1
            self._grading.lose(shard, loss)
        except ServerUnusable as failure:
            self._schedule.fail(due)
            shard.counters.open += 1
            self._unusable = self._unusable or failure
        else:
            self._schedule.finish(due, generation.generation_end_time - generation.generation_start_time)
            self._given_up_in_a_row = 0
            if generation.generation_start_time:  # 0: a judge had nothing to judge, so the server was not asked
                # Turns of an earlier run bear the time of another clock; _keep_turn has counted those of this run.
                self._answered(-math.inf if earlier_turns else generation.generation_start_time)
            self._record(shard, due.row, generation)

    def _answered(self, started: float) -> None:
        """Record the refusals that an answer to a request sent at `started` settles."""
        for refusal in self._refusals.answer(started):
            self._record(refusal.shard, refusal.row, refusal.generation)
        self._settled.set()  # wakes the askers that wait
        self._settled.clear()

    def _keep_turn(self, shard: OpenShard, row: int, turn: Turn) -> None:
        """Keep one answer of a conversation in the journal; it shows that the server works."""
        shard.journal.add_turn(row, turn)
        self._counters.count_turn(turn)
        self._given_up_in_a_row = 0
        self._answered(turn.generation_start_time)

    def _refused(self, due: Due, failure: Refused | GaveUp, started: float) -> None:
        turns = due.shard.journal.turns(due.row)
        if turns:  # of this run or, by another clock, of an earlier one
            self._answered(-math.inf)
        generation = error_generation(failure, started, turns)
        of_context, of_template = isinstance(failure, OutOfContext), isinstance(failure, TemplateRefused)
        refusal = Refusal(due.shard, due.row, generation, of_context=of_context, of_template=of_template)
        for settled in self._refusals.add(refusal):
            self._record(settled.shard, settled.row, settled.generation)

    def _record(self, shard: OpenShard, row: int, generation: Generation) -> None:
        self._counters.count_generation(generation, shard.journal.turns(row))
        shard.journal.add_generation(row, generation)
        shard.counters.count_generation(generation)
        self._grading.put(shard, row)

    def _gave_up(self, shard: OpenShard, failure: GaveUp) -> None:
        shard.counters.open += 1
        self._given_up_in_a_row += 1
        if self._given_up_in_a_row >= MOST_GIVEN_UP_IN_A_ROW:
            self._unusable = self._unusable or ServerUnusable(
                f"{self._given_up_in_a_row} requests in a row got no answer ({failure}). What is done is kept; "
                "check the server, then run the same command again to go on."
            )

    async def _sync_now_and_then(self) -> None:
        """Sync the journals every few seconds: a power failure loses only the seconds since (kill -9 loses nothing)."""
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            for shard in self._shards:
                if not shard.journal.complete:
                    await asyncio.to_thread(shard.journal.sync)
