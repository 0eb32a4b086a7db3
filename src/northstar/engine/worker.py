"""Runs a plan in this process: generates, grades, judges."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from northstar.compute.environments import helpers_of
from northstar.compute.pool import ComputePool
from northstar.config.mounts import missing_mount
from northstar.config.plan import Plan
from northstar.core.atomic import remove_abandoned
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.data.attachments import Attachments
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.judging import Judging, judging_folder, open_judging
from northstar.engine.open_shard import OpenShard
from northstar.engine.pooled.joining import check_not_pooled, check_pooled, is_pooled, join
from northstar.engine.pooled.samples import PooledSamples
from northstar.engine.preflight.growing import Grown
from northstar.engine.preflight.obstacles import find_obstacles
from northstar.engine.preflight.preflight import Ready, judged_shards, preflight
from northstar.engine.registration import Note, Registration, ending_noted
from northstar.engine.run_with_server import first_of, grading_processes, helper_processes, run_with_server
from northstar.engine.sample_loop import SampleLoop, records_unanswered
from northstar.engine.sandboxing import find_walls, interpreters_of, sandbox_of
from northstar.engine.schedule.growing_samples import GrowingSamples
from northstar.engine.schedule.in_order import samples_of
from northstar.engine.schedule.schedule import PendingSamples, Schedule
from northstar.engine.shards import Opener, open_shards
from northstar.engine.superseding import SetAside, supersede, supersede_outputs
from northstar.provenance.identified import identify_models
from northstar.results.layout import Shard, benchmark_folder, logs_folder, results_folder
from northstar.results.state import judgement_folders
from northstar.sandbox.tiers import Tier
from northstar.servers.server import is_hosted, running
from northstar.task.grader import ComputeError, ComputeLost, SolverContext

JUDGE_LATER = "Several jobs share these samples, so none of them judges: ns judge {} does, once all are there."


async def do(plan: Plan, counters: RunCounters) -> None:
    """Generate, grade and judge what `plan` still lacks, and count the progress in `counters`.

    Raises:
        NorthstarError: the run cannot go on; the journals keep every answer until then.
    """
    with ExitStack() as stack:
        ready = await asyncio.to_thread(preflight, plan, stack, identify_models)
        for part in ready.loaded:
            counters.benchmarks[part.name] = BenchmarkCounters(score_name=part.benchmark.metrics.live_score)
        pooled = is_pooled(plan)
        if pooled:
            check_pooled(ready)
        (await asyncio.to_thread(find_obstacles, ready, os.environ)).tell(counters.notices.append)
        make_folders(plan.output_dir, plan.benchmarks)
        counters.begin(Stage.PREPARING, "starting the sandbox" if ready.runs_programs else "")
        walls = await find_walls(ready, counters.notices.append)
        if ready.anew or ready.grown:
            await _check_reachable(plan)
        counters.begin(Stage.PREPARING, "reading earlier results")
        locks = Locks(stack)
        aside = stack.enter_context(_set_aside(ready, locks))
        grown = Grown(ready, locks)
        stack.enter_context(grown.undone_without_answers())
        counters.notices += await asyncio.to_thread(grown.grow)
        ready = ready.set_aside() if ready.anew else ready
        openers = {
            part.name: Opener(plan.output_dir, part, counters.benchmarks[part.name], stack, locks)
            for part in ready.loaded
        }
        joined = join(ready, openers, counters.benchmarks, stack) if pooled else None
        if joined is not None:
            shards, judgings = joined.shards, list[Judging]()
            counters.notices += [JUDGE_LATER.format(plan.output_dir)] if plan.judges else []
        else:
            shards = await open_shards(plan.output_dir, openers, ready.shards, locks)
            check_not_pooled(plan)
            judgings = await _open_judgings(ready, shards, stack, locks)
        counters.resumed = counters.generated
        note = _register(ready.registration, aside, counters, shards, judgings)
        with ending_noted(note, counters), grown.undone_without_answers(note):
            if walls is not None:
                note.soon({"sandbox": walls.about})
            try:
                if plan.generate is None:
                    async with ComputePool(1) as pool:
                        await _judge_in_turn(judgings, SolverContext(compute=pool), counters, note)
                elif joined is not None:
                    async with joined.samples.shared():
                        await _generate(ready, shards, joined.samples, judgings, counters, note, walls)
                else:
                    schedule = _schedule(ready, shards, counters, openers)
                    await _generate(ready, shards, schedule, judgings, counters, note, walls)
                    counters.notices += filter(None, (seeds.verdict for seeds in ready.growing.values()))
            except BaseExceptionGroup as errors:
                raise first_of(errors) from errors


def _set_aside(ready: Ready, locks: Locks) -> SetAside:
    """Move away what --rerun_done makes anew. Raises NorthstarError."""
    plan, when = ready.plan, ready.registration.superseded
    if when is None:
        return SetAside()
    # judging_folder renames the folder of an earlier version: that comes first, so that a file goes back to its place.
    judged = [
        (judging_folder(plan.output_dir, name, judge), shards)
        for judge in plan.judges
        for name, shards in judged_shards(ready, judge).items()
    ]
    if plan.generate is not None:
        return supersede_outputs(plan.output_dir, ready.shards, locks, when)
    return supersede(judged, locks, when, [benchmark_folder(plan.output_dir, name) for name in ready.shards])


def _register(
    run: Registration, aside: SetAside, counters: RunCounters, shards: Sequence[OpenShard], judgings: Sequence[Judging]
) -> Note:
    """Add the run to run.json, and connect the counters of the model and its judges to it. Raises NorthstarError."""
    counters.judging = [judging.counters for judging in judgings]
    for judge_counters in counters.judging:
        judge_counters.notices = counters.notices  # one list, for one user
    note = run.enter(aside, counters)
    counters.shards, counters.origins = shards, note.origins(counters)
    for judging in judgings:
        judging.counters.shards, judging.counters.origins = judging.shards, note.origins(judging.counters)
    return note


async def _check_reachable(plan: Plan) -> None:
    """Reach each server at an address before earlier results are set aside, or grow, for it."""
    for server in dict.fromkeys(plan.servers):
        if not is_hosted(server):
            async with running(server, logs_folder(plan.output_dir)):
                pass


def _schedule(ready: Ready, shards: list[OpenShard], counters: RunCounters, openers: Mapping[str, Opener]) -> Schedule:
    """The model's samples; of a benchmark with a range of seeds, those of further seeds too, which it opens."""
    if not ready.growing:
        return samples_of(shards)

    def opened(benchmark: str, seed: int | None) -> OpenShard | None:
        return openers[benchmark].open(Shard(benchmark, seed, range(ready.growing[benchmark].rows)))

    return GrowingSamples(PendingSamples(shards), ready.growing, counters.benchmarks, shards, opened)


async def _generate(
    ready: Ready,
    shards: Sequence[OpenShard],
    schedule: Schedule,
    judgings: Sequence[Judging],
    counters: RunCounters,
    note: Note,
    walls: Tier | None,
) -> None:
    """Ask the model and grade its answers; judges at an address work beside it, the others after it."""
    loop = _model_loop(ready, shards, schedule, judgings, counters)
    beside = [judging for judging in judgings if judging.beside]
    clients = 1 + len(beside)
    async with solver_context_of(ready, walls) as solver_context:
        async with asyncio.TaskGroup() as group:
            for judging in beside:
                group.create_task(judging.run(solver_context, note, clients))
            for judging in beside:  # an unusable judge ends the run before the model's answers are paid for
                await judging.ready.wait()
                _raise_failure(judging)
            logs = logs_folder(ready.plan.output_dir, ready.plan.job)
            stage = ready.generate
            failure: BaseException | None = None
            try:
                await run_with_server(
                    loop,
                    stage.server,
                    stage.run,
                    counters,
                    solver_context,
                    logs,
                    note.add_description,
                    note.server,
                    clients,
                )
            except* NorthstarError as errors:  # raised once the judges have judged the answers that were paid for
                failure = first_of(errors)
            for judging in beside:
                counters.begin(Stage.JUDGING)
                judging.arrivals.close()
        if failure is not None:
            raise failure
        await _judge_in_turn([judging for judging in judgings if not judging.beside], solver_context, counters, note)
    for judging in beside:
        _raise_failure(judging)


def _model_loop(
    ready: Ready,
    shards: Sequence[OpenShard],
    schedule: Schedule,
    judgings: Sequence[Judging],
    counters: RunCounters,
) -> SampleLoop:
    """The loop over the model's samples, which passes each graded answer and each written output on to the judges."""

    def graded(shard: OpenShard, row: int) -> None:
        if isinstance(schedule, PooledSamples):
            schedule.graded(shard, row)
        for judging in judgings:
            judging.generated(shard, row)

    def written(shard: Shard) -> None:
        for judging in judgings:
            judging.merge_judgements(shard)
        if shard.benchmark in ready.growing:
            ready.growing[shard.benchmark].read()

    loop = SampleLoop(
        shards,
        schedule,
        counters,
        record_unanswered=records_unanswered(ready.generate.run),
        graded=graded,
        written=written,
    )
    if isinstance(schedule, PooledSamples):
        schedule.grade = loop.grade
    return loop


@asynccontextmanager
async def solver_context_of(ready: Ready, walls: Tier | None) -> AsyncIterator[SolverContext]:
    """Start the processes, helper environments and the sandbox that solvers and graders use."""
    stage, settings = ready.generate, ready.generate.run
    benchmarks = [part.benchmark for part in ready.loaded]
    lost = ComputeError if records_unanswered(settings) else ComputeLost
    async with (
        ComputePool(grading_processes(settings), lost=lost) as pool,
        helpers_of(
            benchmarks, stage.data_dir, helper_processes(settings), closed=stage.sandbox != "unsafe", lost=lost
        ) as helpers,
        sandbox_of(walls, settings) as sandbox,
        interpreters_of(walls, benchmarks, settings) as interpreters,
    ):
        yield SolverContext(pool, helpers, sandbox, Attachments(stage.data_dir), lost, interpreters=interpreters)


async def _judge_in_turn(
    judgings: Sequence[Judging], solver_context: SolverContext, counters: RunCounters, note: Note
) -> None:
    """Run the judges one after the other, each with the machine to itself."""
    for judging in judgings:
        counters.begin(Stage.JUDGING, f"judging by {judging.plan.name}")
        judging.arrivals.close()
        await judging.run(solver_context, note)
        _raise_failure(judging)


def _raise_failure(judging: Judging) -> None:
    if judging.failure is not None:
        raise NorthstarError(
            f"{judging.failure} (judge {judging.plan.name}; no generation is lost)"
        ) from judging.failure


async def _open_judgings(
    ready: Ready, generating: Sequence[OpenShard], stack: ExitStack, locks: Locks
) -> list[Judging]:
    plan = ready.plan
    logs = logs_folder(plan.output_dir, plan.job)
    judgings = [Judging(judge, plan.output_dir, logs, plan.first_judged_by(judge)) for judge in plan.judges]
    for judging in judgings:
        for name, shards in judged_shards(ready, judging.plan).items():
            await open_judging(judging, ready.benchmark(name), shards, generating, stack, locks)
    return judgings


def make_folders(output_dir: Path, benchmarks: Iterable[str]) -> None:
    """Create the folders of the logs and of each benchmark, and remove what killed runs left. Raises NorthstarError."""
    folders = [benchmark_folder(output_dir, name) for name in benchmarks]
    try:
        for folder in (logs_folder(output_dir), *folders):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        where = f"--output_dir={output_dir}: {error.filename}"
        raise NorthstarError(f"cannot write to {where}: {error.strerror}.{missing_mount(output_dir)}") from None
    for folder in (output_dir, results_folder(output_dir), *folders):
        remove_abandoned(folder)
        for judged in judgement_folders(folder):
            remove_abandoned(judged)
