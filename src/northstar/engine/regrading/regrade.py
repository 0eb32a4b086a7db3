"""Grades the finished generations of an output folder anew. No server is started, reached or asked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any, NamedTuple

from northstar.compute.environments import helpers_of
from northstar.compute.pool import ComputePool
from northstar.config.regrading import RegradePlan
from northstar.core.atomic import cannot_write, remove_abandoned
from northstar.core.clock import utc_stamp, utc_text
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.core.text import counted
from northstar.data.attachments import Attachments
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.grading import Graders, Grading
from northstar.engine.regrading.finished import Finished, find_finished
from northstar.engine.regrading.opening import OpenOutput, answers_for, lock_outputs, open_output
from northstar.engine.run_with_server import GRADERS_A_PROCESS, first_of, grading_processes, helper_processes
from northstar.engine.sample_loop import SYNC_SECONDS, records_unanswered
from northstar.engine.sandboxing import programs_at_once, sandbox_of, walls_for
from northstar.engine.superseding import SetAside, supersede
from northstar.provenance import provenance
from northstar.provenance.earlier_plan import is_unfinished
from northstar.provenance.invocation import this_run
from northstar.results.layout import Shard, logs_folder
from northstar.results.state import output_files
from northstar.task.benchmark import Benchmark
from northstar.task.grader import ComputeError, ComputeLost, SolverContext

Identities = Mapping[str, Mapping[str, Any]]


class _Begun(NamedTuple):
    """A regrading that run.json has, and what it set aside."""

    entry: provenance.Entry
    aside: SetAside


async def regrade(plan: RegradePlan, counters: RunCounters) -> None:
    """Grade what `plan` names, unless that is done, and count the progress in `counters`.

    Raises:
        NorthstarError: The regrading cannot go on; what is graded is kept, and the next one goes on from there.
    """
    counters.begin(Stage.PREPARING, "reading finished outputs")
    finished = await asyncio.to_thread(find_finished, plan)
    answers = await asyncio.to_thread(answers_for, plan.answers, finished)
    for part in finished:
        score = part.benchmark.metrics.live_score
        counters.benchmarks.setdefault(part.name, BenchmarkCounters(score_name=score))
        if part.unfinished:
            counters.notices.append(_unfinished(part))
    with ExitStack() as stack:
        identities = {part.results: part.identity(answers) for part in finished if part.seeds}
        begun = await asyncio.to_thread(_register, plan, finished, identities, Locks(stack))
        try:
            opened: list[OpenOutput] = []
            for part in finished:
                for seed in part.seeds:
                    counts = counters.benchmarks[part.name]
                    one = await asyncio.to_thread(open_output, part, seed, answers, counts, stack)
                    opened += [one] if one is not None else []
            counters.begin(Stage.GRADING)
            await _grade(plan, finished, opened, counters)
        except BaseException as error:
            _note_ending(plan, begun, "stopped" if isinstance(error, asyncio.CancelledError) else "failed", counters)
            if isinstance(error, BaseExceptionGroup):
                raise first_of(error) from error
            raise
        _note_ending(plan, begun, "gradings left open" if counters.grades_lost else "done", counters)


def _unfinished(part: Finished) -> str:
    seeds = ", ".join("the greedy generation" if seed is None else f"seed {seed}" for seed in part.unfinished)
    return (
        f"note: {part.name}: {seeds} not complete, and not graded anew; "
        "the same ns eval goes on, then the same ns regrade."
    )


def _register(plan: RegradePlan, finished: Sequence[Finished], identities: Identities, locks: Locks) -> _Begun:
    """Lock the new results, set aside what they replace, and write the regrading into run.json."""
    for folder in (logs_folder(plan.output_dir), *(part.regraded for part in finished)):
        with cannot_write(folder):
            folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
    lock_outputs(finished, locks)
    aside = SetAside()
    if not plan.rerun_done:
        _check_same(plan, finished, identities)
    elif not _goes_on(plan, identities):
        shards = [(part.regraded, [Shard(part.name, each, range(0)) for each in part.seeds]) for part in finished]
        aside = supersede(shards, locks, utc_stamp(), [])
    with aside:
        entry = provenance.register(plan.output_dir, identities, this_run(sys.argv, plan.as_json()), rerun=True)
        aside.handed_over = True
    return _Begun(entry, aside)


def _goes_on(plan: RegradePlan, identities: Identities) -> bool:
    """Whether a --rerun_done of the same graders and answers was begun; the plan has neither, only the file's name."""
    return is_unfinished(plan.output_dir, plan.as_json()) and not provenance.differing(plan.output_dir, identities)


def _check_same(plan: RegradePlan, finished: Sequence[Finished], identities: Identities) -> None:
    """Refuse to mix the results of two graders, or of two sets of reference answers, under one name."""
    differing = provenance.differing(plan.output_dir, identities)
    for part in finished:
        if (lines := differing.get(part.results)) and output_files(part.regraded):
            shown = "".join(f"\n  {line}" for line in lines)
            raise NorthstarError(
                f"{plan.output_dir} holds a regrading '{plan.name}' of {part.name} that was made "
                f"differently:{shown}\nGive this one another --name, or replace that one with --rerun_done."
            )


async def _grade(
    plan: RegradePlan, finished: Sequence[Finished], opened: Sequence[OpenOutput], counters: RunCounters
) -> None:
    """Grade the open outputs in the processes and the sandbox that a run has."""
    left = {shard.shard.benchmark for shard in opened}
    needed = [part.benchmark for part in finished if part.name in left]
    grading: Grading[OpenOutput] = Grading(counters)
    graders = Graders(GRADERS_A_PROCESS * grading_processes(plan.run), 2 * programs_at_once(plan.run))
    async with _solver_context(plan, needed, counters) as solver_context:
        for shard in opened:
            await grading.begin(shard)
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(each) for each in grading.loops(solver_context, graders)]
            background.append(group.create_task(_sync_now_and_then(opened)))
            await grading.all_done()
            for task in background:
                task.cancel()
    if grading.unusable is not None:
        raise grading.unusable


@asynccontextmanager
async def _solver_context(
    plan: RegradePlan, benchmarks: Sequence[Benchmark], counters: RunCounters
) -> AsyncIterator[SolverContext]:
    settings = plan.run
    lost = ComputeError if records_unanswered(settings) else ComputeLost
    walls = await walls_for(benchmarks, plan.sandbox, counters.notices.append)
    closed = plan.sandbox != "unsafe"
    async with (
        ComputePool(grading_processes(settings), lost=lost) as pool,
        helpers_of(benchmarks, plan.data_dir, helper_processes(settings), closed=closed, lost=lost) as helpers,
        sandbox_of(walls, settings) as sandbox,
    ):
        attachments = Attachments(plan.data_dir)
        yield SolverContext(compute=pool, helpers=helpers, sandbox=sandbox, attachments=attachments, lost=lost)


async def _sync_now_and_then(opened: Sequence[OpenOutput]) -> None:
    while True:
        await asyncio.sleep(SYNC_SECONDS)
        for shard in opened:
            if not shard.journal.complete:
                await asyncio.to_thread(shard.journal.sync)


def _note_ending(plan: RegradePlan, begun: _Begun, ending: str, counters: RunCounters) -> None:
    """Write into run.json how the regrading ended; one that graded nothing leaves nothing there but that it was.

    What such a one set aside is put back.
    """
    counts = counters.benchmarks.values()
    facts = {"ended": utc_text(), "ending": ending, "regraded": counters.new_grades, "left_open": counters.grades_lost}
    if ending != "done" and not any(each.graded or each.finished for each in counts):
        provenance.forget(plan.output_dir, begun.entry)
        if begun.aside.put_back():
            facts["put_back"] = True
    provenance.update_run(plan.output_dir, begun.entry.place, facts)


def check_all_graded(counters: RunCounters) -> None:
    """Raise NorthstarError if the grading of some generations was lost."""
    if counters.grades_lost:
        raise NorthstarError(
            f"{counted(counters.grades_lost, 'generation')} could not be graded ({counters.last_loss}); seeds that "
            "miss some are not in the table. Run the same command again to grade them."
        )
