"""The worker: takes a plan and does it, wherever it runs."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from northstar.config.plan import Plan
from northstar.engine import provenance
from northstar.engine.compute_pool import ComputePool
from northstar.engine.loading import LoadedBenchmark, check_eval_config, load_benchmark
from northstar.engine.outputs import set_aside
from northstar.engine.stats import BenchmarkStats, RunStats
from northstar.engine.unit import benchmark_folder, logs_folder
from northstar.engine.units import open_units
from northstar.engine.work import Job
from northstar.errors import NorthstarError
from northstar.graders.grader import Workbench
from northstar.models.client import ChatClient
from northstar.servers.server import running

GRADERS_A_PROCESS = 4
"""Gradings under way for each grading process: enough that none waits for its next."""


async def do(plan: Plan, stats: RunStats) -> None:
    """Ask, grade and write everything in `plan` that isn't done yet. `stats` is kept up to date for a display.

    Raises NorthstarError with what went wrong; whatever was done until then is in the journals.
    """
    with ExitStack() as stack:
        loaded = [load_benchmark(plan, part) for part in plan.benchmarks]
        for part in loaded:
            stack.callback(part.rows.close)
            stats.benchmarks[part.name] = BenchmarkStats(score_name=part.benchmark.metrics.scores[0])
        if loaded:
            check_eval_config({part.name: part.grader for part in loaded}, plan.benchmarks[0].settings.eval_config)
        _make_folders(plan)
        place = _register(plan, loaded)
        stats.stage = "reading what is done"
        units = open_units(plan, loaded, stats.benchmarks, stack)
        stats.resumed = stats.generated
        job = Job(plan, units, stats)
        try:
            if units:
                await _run(plan, job, stats, place)
        except BaseException as error:
            ending = "stopped" if isinstance(error, asyncio.CancelledError) else "failed"
            with suppress(NorthstarError):  # a disk that is full may be why; say that, not this
                provenance.update_run(plan.output_dir, place, _ending(ending, stats))
            raise
        provenance.update_run(plan.output_dir, place, _ending("samples left open" if stats.open else "done", stats))


async def _run(plan: Plan, job: Job, stats: RunStats, place: int) -> None:
    settings = plan.benchmarks[0].settings
    processes = settings.grading_workers or max(1, (os.cpu_count() or 2) - 1)
    try:
        async with ComputePool(processes) as pool:
            workbench = Workbench(compute=pool)
            graders = GRADERS_A_PROCESS * processes
            if not job.left_to_ask:
                stats.stage = "grading"
                await job.run(None, workbench, 0, graders)
                return
            stats.stage = f"starting {plan.server.type}"
            async with (
                running(plan.server, logs_folder(plan.output_dir)) as server,
                ChatClient(
                    server.endpoint, request_timeout=settings.request_timeout, max_retries=settings.max_retries
                ) as client,
            ):
                provenance.update_run(plan.output_dir, place, {"server": server.facts})
                stats.stage = "running"
                at_once = min(settings.max_concurrent_requests, server.slots or sys.maxsize)
                await job.run(client, workbench, at_once, graders)
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _register(plan: Plan, loaded: Sequence[LoadedBenchmark]) -> int:
    """Check the folder against this plan, set aside what is to be done again, note the run."""
    identities = {
        f"{part.name}.{provenance.kind_of(part.plan.seeds[0])}": provenance.identity(
            part, part.plan.seeds[0], plan.server.model or ""
        )
        for part in loaded
    }
    run = provenance.this_run(sys.argv, plan.model_dump(mode="json"))
    place = provenance.register(plan.output_dir, identities, run, plan.rerun_done)
    if plan.rerun_done:
        for part in loaded:
            set_aside(plan.output_dir, part.name, set(part.plan.seeds))
    return place


def _make_folders(plan: Plan) -> None:
    try:
        logs_folder(plan.output_dir).mkdir(parents=True, exist_ok=True)
        for part in plan.benchmarks:
            benchmark_folder(plan.output_dir, part.name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NorthstarError(f"cannot write to --output_dir={plan.output_dir}: {error.strerror}.") from None


def _ending(ending: str, stats: RunStats) -> dict[str, object]:
    """How a run ended, for run.json."""
    return {
        "ended": provenance.now(),
        "ending": ending,
        "samples": stats.total,
        "resumed": stats.resumed,
        "generated": stats.new_generations,
        "errors": sum(part.errors for part in stats.benchmarks.values()),
        "left_open": stats.open,
        "retries": stats.retries,
    }


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a person should hear of several failures: one meant for people, else the first."""
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves.append(_first(error) if isinstance(error, BaseExceptionGroup) else error)
    return next((leaf for leaf in leaves if isinstance(leaf, NorthstarError)), leaves[0])
