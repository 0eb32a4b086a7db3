"""The worker: takes a plan and does it, wherever it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from northstar.benchmarks.loading import LoadedBenchmark, check_eval_config, load_benchmark
from northstar.compute.environments import helpers_of
from northstar.compute.pool import ComputePool
from northstar.config.plan import JudgePlan, JudgingPlan, Plan, ServerPlan
from northstar.core.atomic import remove_abandoned
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks
from northstar.data.attachments import Attachments
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.judging import Judging, finished_shards, judging_folder, open_judging
from northstar.engine.open_shard import OpenShard
from northstar.engine.registration import Note, Registration, check_judges, check_run, ending_noted
from northstar.engine.run_with_server import first_of, grading_processes, helper_processes, run_with_server
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.sandboxing import find_walls, sandbox_of
from northstar.engine.schedule.schedule import PendingSamples
from northstar.engine.shards import open_shards, shards_of
from northstar.engine.superseding import SetAside, supersede, supersede_outputs
from northstar.provenance.identified import models_of
from northstar.results.layout import Shard, benchmark_folder, logs_folder, results_folder
from northstar.results.state import judgement_folders
from northstar.sandbox.tiers import Tier
from northstar.servers.server import is_hosted, running
from northstar.task.grader import ComputeError, ComputeLost, SolverContext


async def do(plan: Plan, counters: RunCounters) -> None:
    """Generate, grade and judge what is missing of `plan`; count progress in `counters` for the display.

    Raises NorthstarError with what went wrong; whatever was done until then is in the journals.
    """
    with ExitStack() as stack:
        loaded = [await asyncio.to_thread(load_benchmark, plan, part) for part in plan.benchmarks]
        for part in loaded:
            stack.callback(part.rows.close)
            counters.benchmarks[part.name] = BenchmarkCounters(score_name=part.benchmark.metrics.live_score)
        if loaded:
            check_eval_config({part.name: part.grader for part in loaded}, plan.benchmarks[0].settings.eval_config)
        make_folders(plan.output_dir, (part.name for part in plan.benchmarks))
        run = check_run(plan, loaded, await models_of(plan.servers))
        walls = await find_walls(plan, loaded, counters)
        judges = [part.plan.judge.server for part in loaded if part.plan.judge is not None]
        if run.superseded is not None:
            await _check_there([plan.server, *judges], plan.output_dir)
        counters.begin(Stage.PREPARING, "reading what is done")
        locks = Locks(stack)
        aside = SetAside()
        if run.superseded is not None:
            mine = {part.name: list(shards_of(plan, part)) for part in loaded}
            for part in loaded:
                if part.plan.judge is not None:  # a folder has its name before anything is moved out of it, and back
                    judging_folder(plan.output_dir, part.name, part.plan.judge)
            aside = supersede_outputs(plan.output_dir, mine, locks, run.superseded)
        stack.enter_context(aside)
        shards = await open_shards(plan, loaded, counters.benchmarks, stack, locks)
        judgings = await _open_judgings(plan, loaded, shards, stack, locks)
        counters.resumed = counters.generated
        note = _entered(run, aside, counters, shards, judgings)
        with ending_noted(note, counters):
            if walls is not None:
                note.soon({"sandbox": walls.about})
            await _run(plan, loaded, shards, judgings, counters, note, walls)


async def judge(plan: JudgingPlan, counters: RunCounters) -> None:
    """Judge the finished generations in `plan` that have no judgement of its judge yet. Raises NorthstarError."""
    with ExitStack() as stack:
        make_folders(plan.output_dir, [part.name for part in plan.benchmarks])
        run = check_judges(plan, await models_of(plan.servers))
        if run.superseded is not None:
            await _check_there([part.judge.server for part in plan.benchmarks], plan.output_dir)
        counters.begin(Stage.PREPARING, "reading what is done")
        finished = {
            part.name: finished_shards(benchmark_folder(plan.output_dir, part.name), part.name, part.seeds)
            for part in plan.benchmarks
        }
        locks = Locks(stack)
        aside = SetAside()
        if run.superseded is not None:
            folders = {part.name: judging_folder(plan.output_dir, part.name, part.judge) for part in plan.benchmarks}
            places = [(folders[name], shards) for name, shards in finished.items()]
            judged = [benchmark_folder(plan.output_dir, name) for name in finished]
            aside = supersede(places, locks, run.superseded, judged)
        stack.enter_context(aside)
        judgings: list[Judging] = []
        for part in plan.benchmarks:
            await open_judging(_judging(judgings, part.judge, plan), part.name, finished[part.name], (), stack, locks)
        note = _entered(run, aside, counters, (), judgings)
        with ending_noted(note, counters):
            try:
                async with ComputePool(1) as pool:
                    await _judge_in_turn(judgings, SolverContext(compute=pool), counters, note)
            except BaseExceptionGroup as errors:
                raise first_of(errors) from errors


def _entered(
    run: Registration, aside: SetAside, counters: RunCounters, shards: Sequence[OpenShard], judgings: Sequence[Judging]
) -> Note:
    """Write the run into run.json, and let `counters` tell of its judges and say who answers. Raises NorthstarError."""
    counters.judging = [judging.counters for judging in judgings]
    for judge_counters in counters.judging:
        judge_counters.notices = counters.notices  # one list, for one user
    note = run.enter(aside, counters)
    counters.shards, counters.origins = shards, note.origins(counters)
    for judging in judgings:
        judging.counters.shards, judging.counters.origins = judging.shards, note.origins(judging.counters)
    return note


async def _check_there(servers: Iterable[ServerPlan], output_dir: Path) -> None:
    """Nothing is set aside for a server that isn't there; one that is started here is known only once it is."""
    for server in dict.fromkeys(servers):
        if not is_hosted(server):
            async with running(server, logs_folder(output_dir)):
                pass


async def _run(
    plan: Plan,
    loaded: Sequence[LoadedBenchmark],
    shards: Sequence[OpenShard],
    judgings: Sequence[Judging],
    counters: RunCounters,
    note: Note,
    walls: Tier | None,
) -> None:
    settings = plan.benchmarks[0].settings
    lost = ComputeError if settings.unanswered == "record_error" else ComputeLost

    def graded(shard: OpenShard, row: int) -> None:
        for judging in judgings:
            judging.generated(shard, row)

    def written(shard: Shard) -> None:
        for judging in judgings:
            judging.merge_judgements(shard)

    job = SampleLoop(shards, PendingSamples(shards), counters, graded=graded, written=written)
    beside = [judging for judging in judgings if judging.beside]
    clients = 1 + len(beside)
    try:
        async with (
            ComputePool(grading_processes(settings), lost=lost) as pool,
            helpers_of(
                loaded, plan.data_dir, helper_processes(settings), closed=plan.sandbox != "unsafe", lost=lost
            ) as helpers,
            sandbox_of(walls, settings) as sandbox,
        ):
            solver_context = SolverContext(
                compute=pool, helpers=helpers, sandbox=sandbox, attachments=Attachments(plan.data_dir), lost=lost
            )
            async with asyncio.TaskGroup() as group:
                for judging in beside:
                    group.create_task(judging.run(solver_context, note, clients))
                for judging in beside:  # a judge that can't be had is known before the model is paid for
                    await judging.ready.wait()
                    _raise_failure(judging)
                logs = logs_folder(plan.output_dir, plan.job)
                failure: BaseException | None = None
                try:
                    await run_with_server(
                        job, plan.server, settings, counters, solver_context, logs, note.hear, note.server, clients
                    )
                except* NorthstarError as errors:  # what the judges are at is paid for: they end it first
                    failure = first_of(errors)
                for judging in beside:
                    counters.begin(Stage.JUDGING)
                    judging.arrivals.close()
            if failure is not None:
                raise failure
            await _judge_in_turn(
                [judging for judging in judgings if not judging.beside], solver_context, counters, note
            )
        for judging in beside:
            _raise_failure(judging)
    except BaseExceptionGroup as errors:
        raise first_of(errors) from errors


async def _judge_in_turn(
    judgings: Sequence[Judging], solver_context: SolverContext, counters: RunCounters, note: Note
) -> None:
    """Judges that need the hardware for themselves."""
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
    plan: Plan, loaded: Sequence[LoadedBenchmark], shards: Sequence[OpenShard], stack: ExitStack, locks: Locks
) -> list[Judging]:
    judgings: list[Judging] = []
    for part in loaded:
        if part.plan.judge is not None:
            judging = _judging(judgings, part.plan.judge, plan)
            await open_judging(judging, part.name, list(shards_of(plan, part)), shards, stack, locks)
    return judgings


def _judging(judgings: list[Judging], judge_plan: JudgePlan, plan: Plan | JudgingPlan) -> Judging:
    """The one of `judgings` by this judge, added if there is none: benchmarks share a judge, its server and limits."""
    for judging in judgings:
        if judging.plan == judge_plan:
            return judging
    judgings.append(Judging(judge_plan, plan.output_dir, logs_folder(plan.output_dir, plan.job)))
    return judgings[-1]


def make_folders(output_dir: Path, benchmarks: Iterable[str]) -> None:
    """Make those of the logs and of each benchmark, and clear up what killed runs left there. Raises NorthstarError."""
    folders = [benchmark_folder(output_dir, name) for name in benchmarks]
    try:
        for folder in (logs_folder(output_dir), *folders):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        where = f"--output_dir={output_dir}: {error.filename}"
        raise NorthstarError(f"cannot write to {where}: {error.strerror}.") from None
    for folder in (output_dir, results_folder(output_dir), *folders):
        remove_abandoned(folder)
        for judged in judgement_folders(folder):
            remove_abandoned(judged)
