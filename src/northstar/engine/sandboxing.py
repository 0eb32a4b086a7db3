"""Chooses and opens the sandbox of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from northstar.config.settings import RunSettings
from northstar.core.cores import cores
from northstar.core.errors import NorthstarError
from northstar.engine.preflight.preflight import Ready
from northstar.sandbox.environment import PACKAGES, found_environment, make_environment, missing_packages
from northstar.sandbox.interpreters import Interpreters
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier, choose
from northstar.task.benchmark import Benchmark

_UNGRADED = "Programs that import them will fail; their records say so in grading_error."


async def find_walls(ready: Ready, tell: Callable[[str], None], *, making: bool = True) -> Tier | None:
    """Find the sandbox for the run's programs; None where the run executes none.

    Args:
        ready: the plan, after preflight.
        tell: called with sentences for the user.
        making: install missing packages for programs; else only look for them.

    Raises:
        NorthstarError: this machine has no such sandbox, or lacks packages that a benchmark's programs import.
    """
    mine = [part.benchmark for part in ready.loaded if ready.is_open(part.name)]
    return await walls_for(mine, ready.generate.sandbox, tell, making=making) if ready.loaded else None


async def walls_for(
    benchmarks: Sequence[Benchmark], sandbox: str, tell: Callable[[str], None], *, making: bool = True
) -> Tier | None:
    """Find the sandbox for the programs of these benchmarks; None where they run none. See `find_walls`."""
    mine = [benchmark for benchmark in benchmarks if benchmark.runs_programs]
    if not mine:
        return None
    interpreter = await asyncio.to_thread(_interpreter, mine, tell, making=making)
    tier = await choose(sandbox, interpreter, PACKAGES)
    if tier.lacks and interpreter is not None:
        if any(benchmark.programs == "import" for benchmark in mine):
            raise NorthstarError(missing_packages(tier.lacks))
        tell(f"note: {missing_packages(tier.lacks)} {_without(mine)}")
    tell(f"programs run in {tier.description}")
    return tier


def sandbox_of(tier: Tier | None, settings: RunSettings) -> AbstractAsyncContextManager[Sandbox | None]:
    """Open the sandbox for the duration of the context; None without a tier."""
    return (
        nullcontext() if tier is None else Sandbox(tier.name, programs_at_once(settings), tier.interpreter, tier.lacks)
    )


def interpreters_of(
    tier: Tier | None, benchmarks: Sequence[Benchmark], settings: RunSettings
) -> AbstractAsyncContextManager[Interpreters | None]:
    """Open the interpreters of models that are offered Python; None where none is."""
    if tier is None or not any(benchmark.offers for benchmark in benchmarks):
        return nullcontext()
    # A call that sleeps takes a place, too, and the model waits for each.
    return Interpreters(tier.name, settings.sandbox.workers or 2 * cores(), tier.interpreter)


def programs_at_once(settings: RunSettings) -> int:
    """How many programs run at once: ++sandbox.workers, else one less than the usable cores."""
    return settings.sandbox.workers or max(1, cores() - 1)


def _without(benchmarks: Sequence[Benchmark]) -> str:
    """Say what happens to programs that import packages which are missing."""
    graded = any(benchmark.programs != "none" for benchmark in benchmarks)
    return _UNGRADED if graded else "Calls of the Python tool that import them will fail."


def _interpreter(benchmarks: Sequence[Benchmark], tell: Callable[[str], None], *, making: bool) -> Interpreter | None:
    """Find or make the Python with the packages that programs import; None stands for a Python without them."""
    found = found_environment()
    if found is not None:
        return found
    if not making:
        tell("the packages that programs import are not there yet; the run installs them before it asks anything.")
        return None
    try:
        return make_environment(tell)
    except NorthstarError as error:
        if any(benchmark.programs == "import" for benchmark in benchmarks):
            raise
        tell(f"note: {error} {_without(benchmarks)}")
        return None
