"""The sandbox of a run: which walls there are is found out before anything is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.plan import Plan
from northstar.config.settings import EvalSettings
from northstar.core.cores import cores
from northstar.core.errors import NorthstarError
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.shards import shards_of
from northstar.results.layout import benchmark_folder
from northstar.results.state import done_path
from northstar.sandbox.environment import PACKAGES, found_environment, make_environment, what_it_lacks
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier, choose

_UNGRADED = "Programs that import them will fail; their records say so in grading_error."


async def find_walls(plan: Plan, loaded: Sequence[LoadedBenchmark], counters: RunCounters) -> Tier | None:
    """What keeps the run's programs in; None where it runs none. Raises NorthstarError where nothing does."""
    mine = [part for part in loaded if part.benchmark.programs != "none" and _has_work(plan, part)]
    if not mine:
        return None
    counters.begin(Stage.PREPARING, "starting the sandbox")
    interpreter = await asyncio.to_thread(_interpreter, mine, counters)
    tier = await choose(plan.sandbox, interpreter, PACKAGES)
    if tier.lacks and interpreter is not None:
        if any(part.benchmark.programs == "import" for part in mine):
            raise NorthstarError(what_it_lacks(tier.lacks))
        counters.notices.append(f"note: {what_it_lacks(tier.lacks)} {_UNGRADED}")
    counters.notices.append(f"programs run in {tier.description}")
    return tier


def sandbox_of(tier: Tier | None, settings: EvalSettings) -> AbstractAsyncContextManager[Sandbox | None]:
    """The sandbox, open while its context is."""
    return (
        nullcontext() if tier is None else Sandbox(tier.name, programs_at_once(settings), tier.interpreter, tier.lacks)
    )


def programs_at_once(settings: EvalSettings) -> int:
    """++sandbox.workers, else one less than the cores that this process may use."""
    return settings.sandbox.workers or max(1, cores() - 1)


def _has_work(plan: Plan, part: LoadedBenchmark) -> bool:
    folder = benchmark_folder(plan.output_dir, part.name)
    return plan.rerun_done or any(done_path(folder, shard) is None for shard in shards_of(plan, part))


def _interpreter(parts: Sequence[LoadedBenchmark], counters: RunCounters) -> Interpreter | None:
    """The Python with the packages that programs import; None is one without, where none of them must have them."""
    found = found_environment()
    if found is not None:
        return found
    try:
        return make_environment(counters.notices.append)
    except NorthstarError as error:
        if any(part.benchmark.programs == "import" for part in parts):
            raise
        counters.notices.append(f"note: {error} {_UNGRADED}")
        return None
